"""A flow file: its schema, reading one with line-numbered errors, its content hash, its JSON Schema.

The file is the program: everything a dialogue does is in it. `flows.lint` finds what is legal but unwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from flows.expressions import Condition, Duration, Template
from flows.fields import TYPES
from flows.source import Path, Source
from flows.state import Kind

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
"""A state, an action, an intent, a slot."""
CardName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$", max_length=120)]
EventName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$", max_length=120)]
Subject = Literal["offer", "reprice", "expiring", "payout", "appointment", "order", "rating", "plain"]
SUBJECTS: tuple[str, ...] = get_args(Subject)
SUBJECT_OF = {
    "extend": "expiring",
    "extend_until": "expiring",
    "reschedule": "appointment",
    "rate": "rating",
    "return_item": "order",
    "counter_offer": "offer",
}
"""Intents that only one grammar reads; the first that a state expects names how its answers are read."""
HAND_OVER = "hand_over"
"""`failed: hand_over`: a person sees to it."""


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _field_type(value: str) -> str:
    if value.removesuffix("?") not in TYPES:
        raise ValueError(
            f"{value!r} is no type; use one of {', '.join(TYPES)}, with ? behind it where it may be missing"
        )
    return value


FieldType = Annotated[str, AfterValidator(_field_type)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Start(_Strict):
    """What opens a thread: an event of the platform, or an intent the person states out of the blue.

    set: slots to begin with; `reply` holds what the words said.
    """

    event: EventName | None = None
    intent: Annotated[tuple[Name, ...], BeforeValidator(_one_or_more)] = ()
    set: dict[Name, Template] = {}

    @model_validator(mode="after")
    def _one_of_them(self) -> Start:
        if bool(self.event) == bool(self.intent):
            raise ValueError("name either an event or an intent")
        return self


class Answer(_Strict):
    """What a state does when the person answers with an intent.

    needs: slots the reply must hold, and the state that asks for one that is missing.
    set: slots to set; a value that is None makes the answer incomplete, and it counts as not understood.
    do: the action to run; `go` beside it applies after it succeeded, otherwise the state's `then` decides.
    """

    needs: dict[Name, Name] = {}
    set: dict[Name, Template] = {}
    do: Name | None = None
    go: Name | None = None

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Answer:
        if not (self.do or self.go):
            raise ValueError("an answer needs `do` (an action) or `go` (a state)")
        return self


class Branch(_Strict):
    """One line of `then`: {when, go}, or {else} as the last one."""

    when: Condition | None = None
    go: Name | None = None
    otherwise: Name | None = Field(None, alias="else")

    @model_validator(mode="after")
    def _when_or_else(self) -> Branch:
        if (self.otherwise is None) == (self.when is None) or (self.when is None) != (self.go is None):
            raise ValueError("write {when: …, go: …} or {else: …}")
        return self

    @property
    def target(self) -> str:
        return self.go or self.otherwise or ""


class Remind(_Strict):
    """One more message, this long after the question was first sent."""

    after: Duration
    say: CardName


class Timeout(_Strict):
    """Where a state goes by itself: `after` it asked, or `at` a time of the thread's slots."""

    after: Duration | None = None
    at: Template | None = None
    go: Name

    @model_validator(mode="after")
    def _after_or_at(self) -> Timeout:
        if (self.after is None) == (self.at is None):
            raise ValueError("write `after` (a duration) or `at` (a time)")
        return self


class State(_Strict):
    """One state: what it says on entering, the answers it takes, and where it goes.

    say: a card. changed: the card instead of it when the same question is put again because its terms changed.
    set, do: slots to set (each may use those before it), and an action to run, on entering.
    then: where to go after an action, or at once where there is none.
    expect: intent -> what to do; a state that expects something asks, and waits.
    failed: where a failed action leads; a state, or hand_over.
    undelivered: where to go when the question could not be delivered; by default the thread ends and
        "<event's first part>.undelivered" is emitted.
    reads_as: the grammar of its answers, where it does not follow from what it expects.
    facts: what an answer may be compared with (price, when, until), where the slots of that name do not say.
    """

    say: CardName | None = None
    changed: CardName | None = None
    set: dict[Name, Template] = {}
    do: Name | None = None
    expect: dict[Name, Answer] = {}
    then: tuple[Branch, ...] = ()
    failed: Name = HAND_OVER
    remind: Remind | None = None
    timeout: Timeout | None = None
    undelivered: Name | None = None
    emit: EventName | None = None
    end: bool = False
    essential: bool | None = None
    reads_as: Subject | None = None
    facts: dict[Name, Template] = {}

    @property
    def subject(self) -> str:
        """How its answers are read."""
        if self.reads_as:
            return self.reads_as
        return next((subject for intent, subject in SUBJECT_OF.items() if intent in self.expect), "plain")

    def targets(self) -> Iterator[tuple[Path, str]]:
        """Every state it leads to, with the place in the file that says so."""
        for intent, answer in self.expect.items():
            if answer.go:
                yield ("expect", intent, "go"), answer.go
            yield from ((("expect", intent, "needs", slot), target) for slot, target in answer.needs.items())
        for index, branch in enumerate(self.then):
            yield ("then", index, "go" if branch.go else "else"), branch.target
        if self.failed != HAND_OVER:
            yield ("failed",), self.failed
        if self.timeout:
            yield ("timeout", "go"), self.timeout.go
        if self.undelivered:
            yield ("undelivered",), self.undelivered

    @property
    def actions(self) -> tuple[str, ...]:
        return tuple(name for name in (self.do, *(answer.do for answer in self.expect.values())) if name)

    @property
    def cards(self) -> tuple[str, ...]:
        return tuple(name for name in (self.say, self.changed, self.remind and self.remind.say) if name)


class Flow(_Strict):
    """One dialogue. The first state is where it starts.

    key: the platform's word for a thread ("{{ offer_id }}"); the same key again is a new revision of it.
    data: what its event tells. events: other events that move an open thread of that key to a state.
    title: the line that names a thread when several are open; by default made of its item and price.
    essential: its messages are notices of a deal under way, which an opt-out does not stop (states may differ).
    moved: states of older versions of this flow -> where threads that wait in them go on in this one.
    """

    flow: CardName
    about: str
    starts_on: Start
    key: Template | None = None
    kind: Kind
    topic: Name
    essential: bool = False
    title: Template | None = None
    data: dict[Name, FieldType] = {}
    events: dict[EventName, Name] = {}
    moved: dict[Name, Name] = {}
    states: dict[Name, State] = Field(min_length=1)

    _version: str = PrivateAttr("")

    @property
    def version(self) -> str:
        """Hash of the file's content: what a thread that began with it keeps."""
        return self._version

    @property
    def first(self) -> str:
        return next(iter(self.states))

    @property
    def stem(self) -> str:
        """The first part of the outcomes' names: "offer" for offer.made; the flow's own name without an event."""
        return (self.starts_on.event or self.flow.rpartition("/")[2]).partition(".")[0]

    @property
    def cards(self) -> frozenset[str]:
        return frozenset(card for state in self.states.values() for card in state.cards)

    @property
    def actions(self) -> frozenset[str]:
        return frozenset(action for state in self.states.values() for action in state.actions)


class FlowFileError(Exception):
    """A flow file that cannot be used. `problems` are "<file>:<line>: <where>: <what>", all that were found."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def version_of(text: str) -> str:
    """Content hash of a flow file: 16 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_flow(text: str, name: str = "flow.yml") -> Flow:
    """Read one flow file. `name` is what errors call it. Raises FlowFileError."""
    source = Source(text, name)
    if source.problems:
        raise FlowFileError(source.problems)
    try:
        flow = Flow.model_validate(source.data)
    except ValidationError as error:
        raise FlowFileError([source.at(found["loc"], _plain(found["msg"])) for found in error.errors()]) from None
    problems = [source.at(path, what) for path, what in _broken(flow)]
    if problems:
        raise FlowFileError(problems)
    flow._version = version_of(text)  # noqa: SLF001 - our own private attribute, set once here
    return flow


def json_schema() -> dict[str, Any]:
    """JSON Schema of a flow file, for editors."""
    return Flow.model_json_schema(by_alias=True)


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")


def _broken(flow: Flow) -> Iterator[tuple[Path, str]]:
    """What no single field can know: names of states that are not there, answers that lead nowhere."""
    for name, state in flow.states.items():
        here: Path = ("states", name)
        for path, target in state.targets():
            if target not in flow.states:
                yield (*here, *path), f"there is no state {target!r}; there are {', '.join(flow.states)}"
        yield from (((*here, *path), what) for path, what in _dead_ends(state))
    for event, target in flow.events.items():
        if target not in flow.states:
            yield ("events", event), f"there is no state {target!r}; there are {', '.join(flow.states)}"
    for old, target in flow.moved.items():
        if target not in flow.states:
            yield ("moved", old), f"there is no state {target!r}; there are {', '.join(flow.states)}"
    if flow.events and not flow.key:
        yield ("events",), "an event can only find its thread by a key; write `key:`"
    unknown = flow.key.names - flow.data.keys() if flow.key else ()
    for slot in sorted(unknown):
        yield ("key",), f"{slot!r} is not in data"


def _dead_ends(state: State) -> Iterator[tuple[Path, str]]:
    acts = bool(state.do) or any(answer.do and not answer.go for answer in state.expect.values())
    if acts and not state.then:
        yield (), "an action without `go` needs `then`"
    if any(branch.otherwise for branch in state.then[:-1]) or (state.then and not state.then[-1].otherwise):
        yield ("then",), "`else` is required, once, as the last line"
    if state.expect and not state.say:
        yield ("expect",), "a state that expects an answer must `say` its question"
    if (state.remind or state.timeout or state.undelivered or state.changed) and not state.expect:
        yield (), "remind, timeout, undelivered and changed belong to a state that expects an answer"
    if state.end and (state.expect or state.then or state.do):
        yield ("end",), "an end takes no answer and goes nowhere"
    if not (state.end or state.expect or state.then or state.do):
        yield (), "it neither ends nor leads on; write `end: true`, `expect` or `then`"
