"""Numbers: written in many ways, known by one keyed hash, sealed so that only their own contact opens them."""

from __future__ import annotations

import base64

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.messages import ContactId, PhoneNumber
from bot.sealing import Sealer, e164

SEALER = Sealer(b"k" * 32)
NUMBERS = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True).map(PhoneNumber)
MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@given(NUMBERS)
def test_what_is_sealed_opens_for_its_contact(number: PhoneNumber) -> None:
    """As text and as the bytes a store gives back; two seals of one number differ."""
    contact = SEALER.contact(number)
    sealed = SEALER.seal(contact, number)
    assert SEALER.open(contact, sealed) == number
    assert SEALER.open(contact, sealed.encode()) == number
    assert sealed != SEALER.seal(contact, number)
    assert number.removeprefix("+") not in base64.b64decode(sealed).decode("latin-1")


@given(NUMBERS, NUMBERS)
def test_a_seal_is_bound_to_its_contact_and_its_key(number: PhoneNumber, other: PhoneNumber) -> None:
    """Moved to another person's record, or read with another master key, it does not open."""
    contact = SEALER.contact(number)
    sealed = SEALER.seal(contact, number)
    if other != number:
        assert SEALER.contact(other) != contact
        with pytest.raises(InvalidTag):
            SEALER.open(SEALER.contact(other), sealed)
    with pytest.raises(InvalidTag):
        Sealer(b"x" * 32).open(contact, sealed)


@given(NUMBERS, st.integers(0, 400))
def test_a_seal_that_was_touched_does_not_open(number: PhoneNumber, bit: int) -> None:
    """Any bit of nonce, text or tag."""
    contact = SEALER.contact(number)
    raw = bytearray(base64.b64decode(SEALER.seal(contact, number)))
    bit = 8 + bit % (8 * (len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidTag):
        SEALER.open(contact, base64.b64encode(bytes(raw)))


def test_contact_ids_are_the_same_for_ever() -> None:
    """For one master key; they hold no digit of the number and need the key to be made."""
    assert SEALER.contact(PhoneNumber("+8613800138000")) == "eb1056983451658369d8a21b9c8c3c8a"
    assert SEALER.fingerprint == "3c7bed2160edfaef"
    assert Sealer(b"x" * 32).contact(PhoneNumber("+8613800138000")) != SEALER.contact(PhoneNumber("+8613800138000"))


@given(MOBILES)
def test_a_mainland_mobile_is_one_number_however_it_is_written(digits: str) -> None:
    """With and without country code, blanks, dashes, and in full-width digits."""
    wide = digits.translate({ord("0") + n: ord("０") + n for n in range(10)})
    spaced = f"{digits[:3]} {digits[3:7]} {digits[7:]}"
    for written in (
        digits,
        f"+86{digits}",
        f"86{digits}",
        f"0086{digits}",
        f"+86 {spaced}",
        spaced.replace(" ", "-"),
        wide,
    ):
        assert e164(written, "CN") == f"+86{digits}"


@given(st.text(max_size=24) | st.from_regex(r"[+0-9 ()-]{5,20}", fullmatch=True))
@example("+8612345678901")
@example("000000000")
@example("１３８００１３８０００")
def test_a_number_is_refused_or_in_its_last_form(text: str) -> None:
    """Written again it stays as it is; the refusal does not quote it."""
    number = read(text)
    if isinstance(number, Refused):
        assert number.status == 422
        assert len(text) < 5 or text not in str(number)
    else:
        assert read(number) == number
        assert number.startswith("+")
        assert number[1:].isascii()
        assert number[1:].isdigit()


def read(text: str) -> PhoneNumber | Refused:
    try:
        return e164(text, "CN")
    except Refused as refused:
        return refused


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("+14155552671", "CN", "+14155552671"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("13800138000", "US", "+13800138000"),
        ("010-6552 9988", "CN", "+861065529988"),
        ("+86138001380", "CN", "+86138001380"),
        ("12", "CN", None),
        ("", "CN", None),
        ("hello", "CN", None),
        ("+", "CN", None),
        ("+1" * 40, "CN", None),
    ],
)
def test_numbers_of_other_places_need_their_country(written: str, country: str, number: str | None) -> None:
    """A number without + is one of the configured country."""
    if number is None:
        with pytest.raises(Refused, match=r"E\.164"):
            e164(written, country)
    else:
        assert e164(written, country) == number


def test_an_id_is_no_number() -> None:
    """A contact id opens nothing by itself."""
    with pytest.raises(InvalidTag):
        SEALER.open(ContactId("0" * 32), SEALER.seal(ContactId("1" * 32), PhoneNumber("+8613800138000")))
