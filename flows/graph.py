"""A flow as a Mermaid state diagram, for `bot graph`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from flows.model import HAND_OVER, Flow, State, Timeout


def mermaid(flow: Flow) -> str:
    """Mermaid text (stateDiagram-v2): what is said in each state, and what leads where."""
    start = flow.starts_on.event or ", ".join(flow.starts_on.intent)
    lines = ["---", f"title: {flow.flow}", "---", "stateDiagram-v2", f"    [*] --> {flow.first}: {start}"]
    for name, state in flow.states.items():
        lines += [f"    {line}" for line in _state(name, state)]
    lines += [f"    [*] --> {target}: {event}" for event, target in flow.events.items()]
    return "\n".join(lines) + "\n"


def _state(name: str, state: State) -> Iterator[str]:
    said = ", ".join(filter(None, (state.say, state.do, state.emit)))
    if said:
        yield f"{name}: {name} ({said})"
    if state.then:
        yield f"state {name}_then <<choice>>"
    yield from (f"{name} --> {target}: {_label(label)}" for label, target in _arrows(name, state))
    for branch in state.then:
        yield f"{name}_then --> {branch.target}: {_label(str(branch.when.source) if branch.when else 'else')}"
    if state.end:
        yield f"{name} --> [*]"


def _arrows(name: str, state: State) -> Iterator[tuple[str, str]]:
    for intent, answer in state.expect.items():
        yield f"{intent} / {answer.do}" if answer.do else intent, answer.go or f"{name}_then"
        yield from ((f"{intent} without {slot}", target) for slot, target in answer.needs.items())
    if state.then and not state.expect:
        yield state.do or "", f"{name}_then"
    if state.failed != HAND_OVER:
        yield "failed", state.failed
    if state.timeout:
        yield _when(state.timeout), state.timeout.go
    if state.undelivered:
        yield "not delivered", state.undelivered


def _when(timeout: Timeout) -> str:
    return f"at {timeout.at.source}" if timeout.at else f"after {_short(timeout.after or timedelta())}"


def _short(duration: timedelta) -> str:
    """As flow files write it: 36h, 3d."""
    seconds = int(duration.total_seconds())
    unit, size = next(one for one in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)) if seconds % one[1] == 0)
    return f"{seconds // size}{unit}"


def _label(text: str) -> str:
    """Mermaid ends a label at a line's end and reads these signs itself."""
    return text.translate(str.maketrans("", "", "{};#")).strip()
