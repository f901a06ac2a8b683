"""Flow files: what can be written, how mistakes are told, what lint finds, what graph draws."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from flow_world import library, offer, shipped, shipped_cards

from flows.actions import ACTIONS
from flows.fields import FieldError, read
from flows.graph import mermaid
from flows.library import load_library
from flows.lint import lint
from flows.model import FlowFileError, json_schema, load_flow
from flows.state import Slots
from flows.transcript import Player

SMALL = """\
flow: service/survey
about: Asks one thing.
starts_on: {event: survey.due}
key: "{{ survey_id }}"
kind: transactional
topic: surveys
data: {survey_id: text}
states:
  asked:
    say: service/survey
    expect:
      affirm: {go: done}
    timeout: {after: 3d, go: done}
  done: {end: true}
"""

AS_DESIGNED = Path(__file__).with_name("offer_as_designed.yml").read_text("utf-8")


def folder(tmp_path: Path, name: str, text: str) -> Path:
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_the_designs_example_works_as_written(tmp_path: Path) -> None:
    """The offer flow of the design: `go` beside a `do` applies after success."""
    flows = folder(tmp_path, "consignment/offer.yml", AS_DESIGNED)
    player = Player(load_library(flows, library().choices, understand=library().understand))
    player.play(offer())
    assert player.play({"said": "16000"})["do"] == ["counter_offer"]
    assert player.play({"returned": {}})["emit"] == ["offer.countered"]
    player.play(offer(revision=2))
    player.play({"said": "Y"})
    assert player.play({"returned": {"deal": "changed", "price": "1", "revision": 3}})["say"] == ["consignment/offer"]
    player.play({"said": "Y"})
    assert player.play({"returned": {"deal": "made"}})["emit"] == ["offer.accepted"]


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ("topic: surveys", "topics: surveys", "6: topics: Extra inputs are not permitted"),
        ("survey_id: text", "survey_id: txt", "7: data.survey_id: 'txt' is no type"),
        ("affirm: {go: done}", "affirm: {go: dome}", "12: states.asked.expect.affirm.go: there is no state 'dome'"),
        ("affirm: {go: done}", "affirm: {set: {a: 1}}", "12: states.asked.expect.affirm: an answer needs `do`"),
        ("affirm: {go: done}", "affirm: {do: act}", "10: states.asked: an action without `go` needs `then`"),
        ("after: 3d", "after: 3 days", "13: states.asked.timeout.after: '3 days' is not a duration"),
        ("after: 3d", "after: 3d, at: x", "13: states.asked.timeout: write `after` (a duration) or `at`"),
        ("{{ survey_id }}", "{{ survey }}", "4: key: 'survey' is not in data"),
        ("{{ survey_id }}", "{{ survey_id", "4: key: '{{ survey_id' is not a template"),
        ("{event: survey.due}", "{event: a.b, intent: c}", "3: starts_on: name either an event or an intent"),
        ("done: {end: true}", "done: {}", "14: states.done: it neither ends nor leads on"),
        ("done: {end: true}", "done: {end: true}\n  done: {end: true}", "15: 'done' is written twice"),
        ("    say: service/survey\n", "", "11: states.asked.expect: a state that expects an answer must `say`"),
        ("data: {", "data: {{", "8: expected"),
        (
            "timeout:",
            "then: [{else: done}, {when: a, go: done}]\n    timeout:",
            "13: states.asked.then: `else` is required",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(right: str, wrong: str, problem: str) -> None:
    """File, line, place and what to do."""
    with pytest.raises(FlowFileError) as caught:
        load_flow(SMALL.replace(right, wrong, 1), "survey.yml")
    assert any(found.startswith(f"survey.yml:{problem}") for found in caught.value.problems), caught.value.problems


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """One round of fixing, not one per mistake; and a flow lives in the file of its name."""
    folder(tmp_path, "service/survey.yml", SMALL.replace("topic:", "topics:").replace("3d", "3"))
    folder(tmp_path, "misc/other.yml", SMALL)
    with pytest.raises(FlowFileError) as caught:
        load_library(tmp_path, library().choices)
    assert [problem.split(": ")[0] for problem in caught.value.problems] == [
        "misc/other.yml:1",
        "service/survey.yml:1",
        "service/survey.yml:13",
        "service/survey.yml:6",
    ]


def test_the_version_is_the_hash_of_the_content() -> None:
    """Any change of the file is another version; the same text always is the same one."""
    assert load_flow(SMALL).version == load_flow(SMALL, "elsewhere.yml").version
    assert load_flow(SMALL).version != load_flow(SMALL + "# changed\n").version


def test_the_schema_for_editors_takes_the_shipped_flows() -> None:
    """What an editor flags is what the program would refuse."""
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for text in shipped().sources.values():
        assert not list(validator.iter_errors(json.loads(json.dumps(yaml.safe_load(text)))))
    broken = yaml.safe_load(SMALL.replace("topic:", "topics:"))
    assert list(validator.iter_errors(broken))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("{{ days }}", 7),
        ("{{ item.code }}", "3287"),
        ("{{ none.of.this }}", None),
        ("in {{ days }} d", "in 7 d"),
        (7, 7),
    ],
)
def test_a_value_keeps_its_type(expression: object, value: object) -> None:
    """One expression alone gives what it finds; a name that is not there is None; text is rendered."""
    flow = load_flow(SMALL.replace("{end: true}", f"{{set: {{x: {json.dumps(expression)}}}, end: true}}"))
    assert flow.states["done"].set["x"]({"days": 7, "item": {"code": "3287"}}) == value


@pytest.mark.parametrize("attack", ["{{ ''.__class__.__mro__ }}", "{{ item.update({'a': 1}) }}", "{{ cycler }}"])
def test_expressions_are_sandboxed(attack: str) -> None:
    """A flow file reads slots; it reaches nothing else."""
    flow = load_flow(SMALL.replace("{end: true}", f'{{set: {{x: "{attack}"}}, end: true}}'))
    try:
        value = flow.states["done"].set["x"]({"item": {}})
    except Exception as error:  # noqa: BLE001 - which error is the sandbox's choice
        value = type(error).__name__
    assert value is None or "Error" in value


# ---------------------------------------------------------------- data


@pytest.mark.parametrize(
    ("kind", "value", "slot"),
    [
        ("money", 15200, "15200"),
        ("money", "15200.5", "15200.50"),
        ("money", 15200.0, "15200"),
        ("time", "2026-11-24T12:00:00+08:00", "2026-11-24T04:00:00+00:00"),
        ("date", "2026-11-24", "2026-11-24"),
        ("number", 3, 3),
        ("text?", None, None),
        ("item", {"code": "1", "category": "表", "name": "n", "more": 1}, {"code": "1", "category": "表", "name": "n"}),
    ],
)
def test_data_is_read_by_type(kind: str, value: object, slot: object) -> None:
    """What comes out is what slots hold."""
    assert read({"field": kind}, {"field": value, "unknown": 1}) == {"field": slot}


@pytest.mark.parametrize(
    ("kind", "value", "field"),
    [
        ("money", "a lot", "field"),
        ("money", -1, "field"),
        ("money", "1.234", "field"),
        ("money", True, "field"),
        ("money", "NaN", "field"),
        ("time", "2026-11-24T12:00:00", "field"),
        ("time", 5, "field"),
        ("date", "2026-02-30", "field"),
        ("text", "", "field"),
        ("text", None, "field"),
        ("number", "3", "field"),
        ("item", {"code": "1"}, "field.category"),
    ],
)
def test_wrong_data_names_the_field(kind: str, value: object, field: str) -> None:
    """The platform is told which field is at fault."""
    with pytest.raises(FieldError) as caught:
        read({"field": kind}, {"field": value})
    assert caught.value.field == field


def test_an_event_is_checked_against_every_flow_it_concerns() -> None:
    """listing.sold starts a notice, which needs a price, and moves others, which need only the key."""
    sold: Slots = {"listing_id": "L-1", "item": {"code": "1", "category": "表", "name": "n"}, "price": 1}
    shipped().check_event("listing.sold", sold)
    with pytest.raises(FieldError, match=r"data\.price: is missing"):
        shipped().check_event("listing.sold", {**sold, "price": None})


# ---------------------------------------------------------------- lint and graph


def test_the_shipped_flows_are_clean() -> None:
    """Every card and action is there, every state has a way out."""
    names = {action().name() for action in ACTIONS}
    assert lint(shipped(), shipped_cards().names(), names) == []


@pytest.mark.parametrize(
    ("right", "wrong", "finding"),
    [
        ("    timeout: {after: 3d, go: done}\n", "", "it waits for ever; give it a `timeout`"),
        ("  done:", "  lost: {end: true}\n  done:", "no state leads here; lead to it or delete it"),
        ("{end: true}", "{then: [{else: asked}]}", "no way from here ends; lead to a state with `end: true`"),
        ("{go: done}", "{set: {a: '{{ nothing }}'}, go: done}", "'{{ nothing }}' reads 'nothing', which nothing sets"),
        (
            "affirm:",
            "return_item: {go: done}\n      rate:",
            "its answers belong to several grammars (order, rating); say ",
        ),
    ],
)
def test_lint_finds_what_leaves_a_person_alone(tmp_path: Path, right: str, wrong: str, finding: str) -> None:
    """Legal files that are unwise."""
    flows = load_library(folder(tmp_path, "service/survey.yml", SMALL.replace(right, wrong)), library().choices)
    found = [one.what for one in lint(flows, flows.cards, flows.actions)]
    assert any(what.startswith(finding) for what in found), found


def test_lint_names_missing_cards_and_actions(tmp_path: Path) -> None:
    """A version in use that names something missing cannot be served."""
    text = SMALL.replace("{go: done}", "{do: act, go: done}")
    flows = load_library(folder(tmp_path, "service/survey.yml", text), library().choices)
    found = [one.what for one in lint(flows, flows.cards - {"service/survey", "service/help"}, ())]
    assert found == [
        "the card service/help is missing",
        "the card service/survey is missing",
        "the action act is missing",
    ]


def test_the_graph_shows_every_state_and_way() -> None:
    """One node a state, a diamond where an action's result decides."""
    text = mermaid(shipped().flows["consignment/offer"])
    assert "stateDiagram-v2" in text
    assert "asked --> asked_then: affirm / accept_offer" in text
    assert "asked_then --> accepted: deal == 'made'" in text
    assert "asked --> lapsed: at  expires_at" in text
    for name in shipped().flows["consignment/offer"].states:
        assert f" {name} " in text or f" {name}:" in text
