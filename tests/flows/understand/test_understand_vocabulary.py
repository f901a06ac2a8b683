"""The words of a subject, as they are found in a text."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.understand.vocabulary import TAGS, TAIL, Vocabulary
from flows.understand.words import vocabulary

TABLE = {"y": "好 好的 接受 sounds_good", "n": "不 不要", "": "接受"}
SUBJECTS = ("offer", "reprice", "expiring", "payout", "appointment", "order", "rating", "none")
FEW = 1_000
"""Objects; a subject has some 20,000 words."""


def test_a_later_word_wins_and_no_tag_removes_one() -> None:
    """A word is its tag's mark and a tail for each further character; what is unknown stays."""
    marks = Vocabulary.of([TABLE, {"x": "不要"}], ()).chinese("好的不要不接受")
    assert [TAGS.get(mark, mark) for mark in marks] == ["y", TAIL, "x", TAIL, "n", "接", "受"]


@pytest.mark.parametrize("subject", SUBJECTS)
@given(said=st.lists(st.sampled_from("好的 不卖 延期 3天 🎆 ok 改到周三 取回 x y z 银行卡 ， 龘".split())).map("".join))
def test_a_text_and_its_marks_stay_side_by_side(subject: str, said: str) -> None:
    """Places in the one are places in the other."""
    marks = vocabulary(subject).chinese(said)
    assert len(marks) == len(said)
    assert all(mark in TAGS or mark in (TAIL, letter) for mark, letter in zip(marks, said, strict=True))


def test_a_subject_is_few_objects_to_the_collector() -> None:
    """What a word says is in its mark: thousands of words are none of them an object that is kept."""
    words = " ".join(chr(0x4E00 + first) + chr(0x4E00 + second) for first in range(50) for second in range(50))
    gc.collect()
    before = len(gc.get_objects())
    kept = Vocabulary.of([{"y": words}], ())
    gc.collect()
    assert len(gc.get_objects()) - before < FEW
    assert kept.chinese("一丁") != "一丁"
