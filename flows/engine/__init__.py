"""The engine: `step(library, conversation, stimulus, now) -> Turn`, pure.

step.py      which rule a stimulus falls under, and the guard against loops
words.py     what the person said: commands, binding to an ask, asking back
taps.py      a button: fresh, stale, or of a question that was put again
binding.py   which ask the person was looking at (a pure table of times)
answers.py   an answer to an ask: set, go, do
which.py     several asks fit: ask which, keep the answer, take the pick
events.py    the platform's events: start, new revision, superseded
both.py      an answer and a stop at once: ask, and do what is picked
states.py    entering a state: say, ask, timers, emit, end
calls.py     calls: decide, retry, return, deadline
replies.py   what an action's rasa-sdk events and responses do
timers.py    what elapses, and what an undelivered ask leads to
staff.py     take, hand back, say, apply
draft.py     the turn being built
"""

from flows.engine.step import step

__all__ = ["step"]
