"""Words that put off, hedge or hand over the act right behind them, and the same act when nothing of that is said."""

from __future__ import annotations

from datetime import datetime

import pytest

from flows.understand import score
from flows.understand.contexts import read

NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
ACTS = {
    "offer": ("affirm", "同意 成交 卖了".split()),
    "reprice": ("affirm", "同意 降价 调吧".split()),
    "expiring": ("extend", "延期 继续卖 延期7天".split()),
    "appointment": ("affirm", "准时到 确认".split()),
    "order": ("return_item", "退货 申请退货".split()),
}
PUT_OFF = (
    "到时再 到时候再 忙完再 忙完了再 想好了再 商量好了再 有空再 当面再 收到钱再 看完再 下班再 过会儿再 不行再 "
    "搞清楚再 实在不行就 大不了 用不用 该不该 需不需要 在想要不要 巴不得 劝我 朋友建议 买家要求"
).split()
TAKEN_BACK = "，先别 ，我猜 ，你觉得呢 ，待定 ，听老婆的 🙃".split()


@pytest.mark.parametrize("context", ACTS)
def test_what_is_put_off_or_taken_back_does_not_act(context: str) -> None:
    """The act by itself is read, so that it is these words that make it none."""
    intent, acts = ACTS[context]
    assert [read(context, act, NOW).intent for act in acts] == [intent] * len(acts)
    said = [before + act for before in PUT_OFF for act in acts] + [act + after for after in TAKEN_BACK for act in acts]
    assert not [text for text in said if read(context, text, NOW).intent in score.MONEY]


@pytest.mark.parametrize(
    ("context", "text", "intent"),
    [
        ("offer", "你们同意就行", "unclear"),
        ("offer", "打算同意", "unclear"),
        ("offer", "暂时不卖", "deny"),
        ("offer", "不行，16000还可以", "counter_offer"),
        ("offer", "16000还可以", "unclear"),
        ("expiring", "希望再延一周", "extend"),
        ("expiring", "再放一周", "extend"),
        ("expiring", "取回太麻烦", "unclear"),
        ("expiring", "降价，不可能", "unclear"),
        ("payout", "微信，不", "unclear"),
        ("payout", "银行卡太麻烦，支付宝", "choose"),
        ("appointment", "明天确认", "unclear"),
        ("appointment", "不能确认", "unclear"),
        ("appointment", "到时见", "affirm"),
        ("appointment", "周二要接孙子，改到周四下午三点", "reschedule"),
        ("order", "先别急着退货", "unclear"),
    ],
)
def test_the_word_behind_decides(context: str, text: str, intent: str) -> None:
    """A plan is no yes, a wish that names its act is one; what follows tells them apart."""
    assert read(context, text, NOW).intent == intent
