"""Everything `step` may look up, in one value: the flows, their older versions, the cards' choices, the limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from flows.fields import read
from flows.limits import Limits
from flows.model import Flow, FlowFileError, load_flow
from flows.state import Choice, Question, Reading, Slots
from flows.understand import understand as _understand

SHIPPED = Path(__file__).parent
"""The folder of the flows that come with the program."""

SERVICE_CARDS = frozenset(
    f"service/{name}"
    for name in (
        *(
            "again",
            "being_confirmed",
            "both",
            "closed",
            "failed",
            "held",
            "help",
            "human",
            "plain",
            "resumed",
            "stale",
            "stopped",
        ),
        *("repeated", "thanks", "unclear", "unclear_nothing", "unclear_person", "which"),
    )
)
"""What the engine itself says, whatever the flow."""

Choices = Callable[[str, Slots], tuple[Choice, ...]]
"""(card, data) -> its choices in the order text numbers them. A carousel's follow from the data."""
Understand = Callable[[str, Question, datetime], Reading]
"""(words, question, now in the contact's zone) -> what they mean."""


class MissingVersion(Exception):
    """A thread began with a flow version this library does not hold; load it from the store and step again."""

    def __init__(self, version: str, why: str) -> None:
        super().__init__(f"flow version {version} is not in the library: {why}")
        self.version = version


@dataclass(frozen=True)
class Library:
    """The program a conversation runs.

    Attributes:
        flows: newest version of each flow, by name.
        versions: every version that may still be in use, by content hash.
        sources: content hash -> YAML of the newest versions, to be stored before their first use.
        unreadable: content hash -> why a stored version cannot be read any more; its threads go to staff.
        by_event, by_intent: which flow an event or an intent starts. An event may concern several flows.
        moves: event -> flows whose open threads it moves.

    """

    flows: Mapping[str, Flow]
    versions: Mapping[str, Flow]
    sources: Mapping[str, str]
    choices: Choices
    understand: Understand = _understand
    limits: Limits = field(default_factory=Limits)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    by_event: Mapping[str, tuple[Flow, ...]] = field(init=False)
    by_intent: Mapping[str, Flow] = field(init=False)
    moves: Mapping[str, tuple[Flow, ...]] = field(init=False)

    def __post_init__(self) -> None:
        starts: dict[str, tuple[Flow, ...]] = {}
        moves: dict[str, tuple[Flow, ...]] = {}
        intents: dict[str, Flow] = {}
        for flow in self.flows.values():
            if flow.starts_on.event:
                starts[flow.starts_on.event] = (*starts.get(flow.starts_on.event, ()), flow)
            for event in flow.events:
                moves[event] = (*moves.get(event, ()), flow)
            for intent in flow.starts_on.intent:
                if intent in intents:
                    raise ValueError(f"{flow.flow} and {intents[intent].flow} both start on the intent {intent!r}")
                intents[intent] = flow
        for name, value in (("by_event", starts), ("moves", moves), ("by_intent", intents)):
            object.__setattr__(self, name, value)

    def version(self, version: str) -> Flow:
        """The flow of that content hash. Raises MissingVersion."""
        flow = self.versions.get(version)
        if flow is None:
            raise MissingVersion(version, self.unreadable.get(version, "it was stored after this library was loaded"))
        return flow

    @property
    def events(self) -> frozenset[str]:
        """The types of event that some flow takes."""
        return frozenset(self.by_event) | frozenset(self.moves)

    @property
    def cards(self) -> frozenset[str]:
        """Every card that a flow of any version in the library, or the engine, may say."""
        return SERVICE_CARDS.union(*(flow.cards for flow in self.versions.values()))

    @property
    def actions(self) -> frozenset[str]:
        """Every action that a flow of any version in the library may run."""
        return frozenset().union(*(flow.actions for flow in self.versions.values()))

    def check_event(self, type: str, data: Slots) -> None:
        """Is this event's data what the flows it concerns declare? Raises FieldError for the first field at fault."""
        for flow in self.by_event.get(type, ()):
            read(flow.data, data)
        for flow in self.moves.get(type, ()):
            read(flow.data, data, only=key_fields(flow))


def key_fields(flow: Flow) -> frozenset[str]:
    """The fields of its data that make the key of a flow."""
    return flow.key.names if flow.key else frozenset()


def load_library(
    flows_dir: Path,
    choices: Choices,
    stored: Mapping[str, str] | None = None,
    understand: Understand = _understand,
    limits: Limits | None = None,
) -> Library:
    """The flows of a folder (<flows_dir>/<folder>/<name>.yml), with the older versions (hash -> YAML) the store kept.

    Raises FlowFileError with the problems of all files of the folder.
    """
    versions, unreadable = _older(stored or {})
    problems: list[str] = []
    flows: dict[str, Flow] = {}
    sources: dict[str, str] = {}
    for path in sorted(flows_dir.glob("*/*.yml")):
        name, text = str(path.relative_to(flows_dir)), path.read_text("utf-8")
        try:
            flow = load_flow(text, name)
        except FlowFileError as error:
            problems += error.problems
            continue
        if name != f"{flow.flow}.yml":
            problems.append(f"{name}:1: the flow {flow.flow} belongs in {flow.flow}.yml")
        flows[flow.flow] = versions[flow.version] = flow
        sources[flow.version] = text
    if problems:
        raise FlowFileError(problems)
    return Library(flows, versions, sources, choices, understand, limits or Limits(), unreadable)


def with_stored(library: Library, stored: Mapping[str, str]) -> Library:
    """The library with versions (hash -> YAML) that another process stored meanwhile."""
    versions, unreadable = _older(stored)
    return replace(
        library,
        versions={**versions, **library.versions},
        unreadable={**library.unreadable, **unreadable},
    )


def _older(stored: Mapping[str, str]) -> tuple[dict[str, Flow], dict[str, str]]:
    versions: dict[str, Flow] = {}
    unreadable: dict[str, str] = {}
    for version, text in stored.items():
        try:
            versions[version] = load_flow(text, f"stored version {version}")
        except FlowFileError as error:
            unreadable[version] = str(error)
    return versions, unreadable
