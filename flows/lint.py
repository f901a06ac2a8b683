"""What `bot check` says about flows: legal files that would leave a person without an answer or a way out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from flows.expressions import Condition, Template
from flows.library import SERVICE_CARDS, Library
from flows.model import SUBJECT_OF, Flow, State

REPLY = "reply"
"""The name expressions have for what the words said."""
TEMPLATE_GLOBALS = frozenset({"range", "dict", "lipsum", "cycler", "joiner", "namespace"})


class Finding(NamedTuple):
    """where: "<flow>" or "<flow>/<state>". what: the problem, and what to do."""

    where: str
    what: str


def lint(library: Library, cards: Collection[str], actions: Collection[str]) -> list[Finding]:
    """Everything that is wrong with the library's flows, given the names of the cards and actions there are."""
    findings = [Finding("service", f"the card {name} is missing") for name in sorted(SERVICE_CARDS - set(cards))]
    for flow in library.versions.values():
        newest = library.flows.get(flow.flow) is flow
        where = flow.flow if newest else f"{flow.flow}@{flow.version}"
        findings += [Finding(where, f"the card {name} is missing") for name in sorted(flow.cards - set(cards))]
        findings += [Finding(where, f"the action {name} is missing") for name in sorted(flow.actions - set(actions))]
        if newest:
            findings += _flow(flow)
    return findings


def _flow(flow: Flow) -> Iterator[Finding]:
    reached = _reachable(flow)
    for name, state in flow.states.items():
        where = f"{flow.flow}/{name}"
        if name not in reached:
            yield Finding(where, "no state leads here; lead to it or delete it")
        if state.expect and state.timeout is None:
            yield Finding(where, "it waits for ever; give it a `timeout`")
        if not _ends(flow, name):
            yield Finding(where, "no way from here ends; lead to a state with `end: true`")
        yield from (Finding(where, what) for what in _reading(state))
        yield from (Finding(where, what) for what in _names(flow, state))
    if flow.starts_on.event and flow.data and not flow.key:
        yield Finding(flow.flow, "without a `key` every event opens a thread, and none is ever revised")


def _leads(flow: Flow, name: str) -> list[str]:
    return [target for _, target in flow.states[name].targets()]


def _reachable(flow: Flow) -> set[str]:
    found: set[str] = set()
    todo = [flow.first, *flow.events.values(), *flow.moved.values()]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += _leads(flow, name)
    return found


def _ends(flow: Flow, name: str) -> bool:
    """Can the flow end from here?"""
    seen: set[str] = set()
    todo = [name]
    while todo:
        name = todo.pop()
        if flow.states[name].end:
            return True
        if name not in seen:
            seen.add(name)
            todo += _leads(flow, name)
    return False


def _reading(state: State) -> Iterator[str]:
    """Are its answers ones that its grammar can read?"""
    if not state.expect:
        return
    subjects = {SUBJECT_OF[intent] for intent in state.expect if intent in SUBJECT_OF}
    if len(subjects) > 1 and state.subject not in {"expiring", "reprice"} and not state.reads_as:
        yield f"its answers belong to several grammars ({', '.join(sorted(subjects))}); say which with `reads_as`"


def _names(flow: Flow, state: State) -> Iterator[str]:
    """Do its expressions read only what can be there? An action's slots cannot be known, so they are let through."""
    known = {*flow.data, *flow.starts_on.set, *state.set, REPLY, "revision", *TEMPLATE_GLOBALS}
    for other in flow.states.values():
        known |= other.set.keys()
        known |= {slot for answer in other.expect.values() for slot in answer.set}
    if flow.actions:
        return
    for expression in _expressions(state):
        for name in sorted(expression.names - known):
            yield f"{expression.source!r} reads {name!r}, which nothing sets"


def _expressions(state: State) -> Iterator[Template | Condition]:
    yield from state.set.values()
    yield from state.facts.values()
    for answer in state.expect.values():
        yield from answer.set.values()
    for branch in state.then:
        if branch.when:
            yield branch.when
    if state.timeout and state.timeout.at:
        yield state.timeout.at
