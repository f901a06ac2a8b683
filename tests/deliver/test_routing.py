"""Which account and which form a message gets."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.deliver.routing import AccountView, NoRoute, Route, Shape, channel, choose
from bot.messages import AccountName, Form, MessageId
from flows.values import replace

RBM, SMS, SPARE, BOTH = (AccountName(name) for name in ("rbm", "sms", "spare", "both"))
TEXT: frozenset[Form] = frozenset({"text"})
RICH: frozenset[Form] = frozenset({"rbm"})
rbm = AccountView(RBM, RICH)
sms = AccountView(SMS, TEXT)
spare = AccountView(SPARE, TEXT)
both = AccountView(BOTH, TEXT | RICH)

CARD = True
PLAIN = False

Case = tuple[str, bool, dict[AccountName, bool | None], set[AccountName], list[AccountView], tuple[AccountName, Form]]
TABLE: list[Case] = [
    ("a card goes as RCS to a phone that shows it", CARD, {RBM: True}, set(), [rbm, sms], (RBM, "rbm")),
    ("a card goes as text to a phone without RCS", CARD, {RBM: False}, set(), [rbm, sms], (SMS, "text")),
    ("a card goes as text to a phone nobody asked about", CARD, {RBM: None}, set(), [rbm, sms], (SMS, "text")),
    ("a card goes as text to a phone we know nothing of", CARD, {}, set(), [rbm, sms], (SMS, "text")),
    ("what does not gain goes as text", PLAIN, {RBM: True}, set(), [rbm, sms], (SMS, "text")),
    ("what does not gain goes as RCS where nothing sends text", PLAIN, {RBM: True}, set(), [rbm], (RBM, "rbm")),
    ("RCS that did not send is followed by text", CARD, {RBM: True}, {RBM}, [rbm, sms], (SMS, "text")),
    ("text that did not send is followed by another account", PLAIN, {}, {SMS}, [sms, spare], (SPARE, "text")),
    ("a sole account is tried again", PLAIN, {}, {SMS}, [sms], (SMS, "text")),
    ("an account that does both sends the card as RCS", CARD, {BOTH: True}, set(), [both], (BOTH, "rbm")),
    ("an account that does both sends text to other phones", CARD, {BOTH: False}, set(), [both], (BOTH, "text")),
    ("capability of another account does not count", CARD, {RBM: True}, set(), [both], (BOTH, "text")),
    ("unhealthy accounts are passed", CARD, {RBM: True}, set(), [replace(rbm, healthy=False), sms], (SMS, "text")),
    (
        "a text that is not approved there goes elsewhere",
        PLAIN,
        {},
        set(),
        [replace(sms, barred="?"), spare],
        (SPARE, "text"),
    ),
    ("weight 0 gets nothing", PLAIN, {}, set(), [replace(sms, weight=0), spare], (SPARE, "text")),
]


@pytest.mark.parametrize(
    ("gains", "rich", "tried", "accounts", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_each_case_has_its_route(
    gains: bool,
    rich: dict[AccountName, bool | None],
    tried: set[AccountName],
    accounts: list[AccountView],
    expected: tuple[AccountName, Form],
) -> None:
    """The agreed cases, one by one; every route says why."""
    route = choose(MessageId("m"), Shape(gains), rich=rich, tried=tried, accounts=accounts)
    assert isinstance(route, Route)
    assert (route.account, route.form) == expected
    assert route.why


PRICED = replace(rbm, rcs_cost=1.5)
CHEAP: list[tuple[str, Shape, AccountView, AccountName]] = [
    ("a text of two segments costs more", Shape(PLAIN, segments=2), PRICED, RBM),
    ("a text of one costs less", Shape(PLAIN, segments=1), PRICED, SMS),
    ("a price that nobody told is not compared", Shape(PLAIN, segments=9), rbm, SMS),
    ("a card that gains does not ask what it costs", Shape(CARD, segments=1), replace(rbm, rcs_cost=99), RBM),
]


@pytest.mark.parametrize(("shape", "priced", "expected"), [row[1:] for row in CHEAP], ids=[row[0] for row in CHEAP])
def test_what_gains_nothing_goes_the_cheaper_way(shape: Shape, priced: AccountView, expected: AccountName) -> None:
    """Where the operator told the prices; never to a phone that does not show RCS."""
    route = choose(MessageId("m"), shape, rich={RBM: True}, tried=set(), accounts=[priced, sms])
    assert isinstance(route, Route)
    assert route.account == expected
    without = choose(MessageId("m"), shape, rich={RBM: False}, tried=set(), accounts=[priced, sms])
    assert isinstance(without, Route)
    assert without.account == SMS


Stuck = tuple[str, tuple[AccountName, Form], bool, dict[AccountName, bool | None], set[AccountName], AccountName]
STICKY: list[Stuck] = [
    ("words go back by RCS", (RBM, "rbm"), PLAIN, {RBM: True}, set(), RBM),
    ("also when nobody asked what the phone can do: it just wrote", (RBM, "rbm"), PLAIN, {}, set(), RBM),
    ("not when the phone lost RCS meanwhile", (RBM, "rbm"), PLAIN, {RBM: False}, set(), SMS),
    ("not where it was tried in vain", (RBM, "rbm"), PLAIN, {RBM: True}, {RBM}, SMS),
    ("a card goes back to who answered by SMS as text", (SMS, "text"), CARD, {RBM: True}, set(), SMS),
    ("an account that is gone holds nothing", (BOTH, "rbm"), PLAIN, {}, set(), SMS),
]


@pytest.mark.parametrize(
    ("stick", "gains", "rich", "tried", "expected"), [row[1:] for row in STICKY], ids=[row[0] for row in STICKY]
)
def test_an_answer_goes_back_where_the_person_wrote(
    stick: tuple[AccountName, Form],
    gains: bool,
    rich: dict[AccountName, bool | None],
    tried: set[AccountName],
    expected: AccountName,
) -> None:
    """One conversation shows on one sender."""
    route = choose(MessageId("m"), Shape(gains, stick=stick), rich=rich, tried=tried, accounts=[rbm, sms])
    assert isinstance(route, Route)
    assert route.account == expected


def test_who_was_tried_by_rcs_in_vain_gets_text_only() -> None:
    """Whatever else speaks for RCS."""
    shape = Shape(CARD, text_only=True, stick=(RBM, "rbm"))
    assert choose(MessageId("m"), shape, rich={RBM: True}, tried=set(), accounts=[rbm, sms]) == Route(
        SMS, "text", "RCS did not reach this phone"
    )
    assert isinstance(choose(MessageId("m"), shape, rich={RBM: True}, tried=set(), accounts=[rbm]), NoRoute)


@pytest.mark.parametrize(
    ("forms", "last", "form"),
    [(RICH, "", "rbm"), (TEXT, "rbm rbm", "text"), (TEXT | RICH, "both rbm", "rbm"), (TEXT | RICH, "both text", None)],
)
def test_how_somebody_wrote(forms: frozenset[Form], last: str, form: Form | None) -> None:
    """Told by what the account carries, else by what they had from it."""
    assert channel(BOTH, last, forms) == form


@pytest.mark.parametrize(
    ("accounts", "why"),
    [
        ([], "no account is configured"),
        ([replace(sms, healthy=False)], "no account is healthy"),
        ([replace(sms, weight=0)], "every account has weight 0"),
        ([rbm], "no account reaches this phone: none sends text, none shows RCS on it"),
    ],
)
def test_no_route_says_what_is_missing(accounts: list[AccountView], why: str) -> None:
    """Where nothing can carry the message, the reason names what to look at."""
    assert choose(MessageId("m"), Shape(True), rich={RBM: False}, tried=set(), accounts=accounts) == NoRoute(why)


def shares(accounts: list[AccountView], messages: int = 4_000) -> dict[str, AccountName]:
    chosen = {}
    for n in range(messages):
        route = choose(MessageId(f"m{n}"), Shape(False), rich={}, tried=set(), accounts=accounts)
        assert isinstance(route, Route)
        chosen[f"m{n}"] = route.account
    return chosen


def test_weights_share_the_traffic() -> None:
    """An account of weight 3 gets three times what one of weight 1 gets."""
    counts = Counter(shares([replace(sms, weight=3), spare]).values())
    assert counts[SMS] / counts[SPARE] == pytest.approx(3, rel=0.1)


def test_an_account_that_leaves_moves_only_its_own_messages() -> None:
    """The messages of the accounts that stay keep their account."""
    before = shares([sms, spare, both], 500)
    after = shares([sms, spare], 500)
    assert {m: a for m, a in before.items() if a != BOTH} == {m: after[m] for m, a in before.items() if a != BOTH}


views = st.builds(
    AccountView,
    name=st.sampled_from([RBM, SMS, SPARE, BOTH]),
    forms=st.sampled_from([TEXT, RICH, TEXT | RICH]),
    weight=st.integers(0, 3),
    healthy=st.booleans(),
)
account_lists = st.lists(views, max_size=4, unique_by=lambda view: view.name)


@given(
    st.text(),
    st.booleans(),
    st.dictionaries(st.sampled_from([RBM, SMS, SPARE, BOTH]), st.none() | st.booleans()),
    st.sets(st.sampled_from([RBM, SMS, SPARE, BOTH])),
    account_lists,
)
def test_a_route_can_be_walked_and_never_changes(
    message: str,
    gains: bool,
    rich: dict[AccountName, bool | None],
    tried: set[AccountName],
    accounts: list[AccountView],
) -> None:
    """A route names a healthy account that carries the form to this phone, prefers untried ones, and is repeatable."""
    route = choose(MessageId(message), Shape(gains), rich=rich, tried=tried, accounts=accounts)
    again = choose(MessageId(message), Shape(gains), rich=rich, tried=tried, accounts=accounts[::-1])
    assert again == route
    able = {
        a.name: {form for form in a.forms if form == "text" or rich.get(a.name) is True}
        for a in accounts
        if a.healthy and a.weight
    }
    if isinstance(route, NoRoute):
        assert not any(able.values())
        return
    assert route.form in able[route.account]
    if route.account in tried:
        assert not any(forms for name, forms in able.items() if name not in tried)


def test_what_no_account_may_send_says_why_for_each() -> None:
    """Staff read which template is not approved where."""
    barred = [replace(sms, barred="template 1 is under review"), replace(spare, barred="no template")]
    route = choose(MessageId("m"), Shape(gains=False), rich={}, tried=(), accounts=barred)
    assert route == NoRoute("sms: template 1 is under review; spare: no template")
