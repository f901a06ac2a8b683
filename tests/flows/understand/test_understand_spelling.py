from __future__ import annotations

import pytest

from flows.understand.spelling import correct


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("同义", "同意"),
        ("可已", "可以"),
        ("确任", "确认"),
        ("取肖预约", "取消预约"),
        ("严期3天", "延期3天"),
        ("退顶", "退订"),
        ("威信", "微信"),
        ("之付宝", "支付宝"),
        ("我要退或", "我要退货"),
        ("取回来把", "取回来吧"),
        ("不同易", "不同意"),
    ],
)
def test_a_homophone_is_what_was_meant(typed: str, meant: str) -> None:
    """One obvious reading, and a negation before it stays."""
    assert correct(typed) == meant


@pytest.mark.parametrize("said", ["讲价", "快递", "通知", "同一个价", "接手", "延七天", "去会所", "推荐"])
def test_real_words_are_left_alone(said: str) -> None:
    """A word of its own is no typo of another."""
    assert correct(said) == said


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("tong yi", "同意"),
        ("bu xing", "不行"),
        ("yanqi 5 tian", "延期 5 天"),
        ("zfb", "支付宝"),
        ("dao na le", "到哪了"),
    ],
)
def test_pinyin_is_read_when_all_of_it_is_known(typed: str, meant: str) -> None:
    """Syllables with or without blanks."""
    assert correct(typed) == meant


@pytest.mark.parametrize("said", ["hao are you", "no", "yes", "i want it back", "banana", "a"])
def test_english_is_no_pinyin(said: str) -> None:
    """One unknown word leaves the whole run as it is."""
    assert correct(said) == said
