"""Every short answer of the labelled files, put in doubt in the ways people do: then it acts no more."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from flows.understand import score
from flows.understand.contexts import read

NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
LONGEST = 10
STRIDE = 4
"""Each doubt is tried on every fourth answer, each on others."""
DOUBTS = (
    *"如果{} 要是降价就{} {}的话再说 倘若{} 假如我{} 万一{} 只要你们先付款就{} 先付款再{} 只要加钱就{}".split(),
    *"包邮就{} 除非加钱，否则不{} {}的前提 {}以后 {}之后 有条件{} 等我回来再{}".split(),
    *"等会{} 考虑一下再{} 考虑{} 改天{}".split(),
    *"下次{} 哪天{} 以后{} 明年{} 迟早{} 早晚{} 可能{} 也许{} 应该会{} 估计{} 好像{} 看样子{} 差不多{}".split(),
    *"倾向于{} 不一定{} 不确定{} 不见得{} {}，看情况 {}，我再想想 {}再说 {}再议 {}且慢 {}，等等 {}试一下".split(),
    *"{}随便 {}听你的 逼我{} 骗我{} 教我{}".split(),
    *"他说{} 她说{} 老公说{} 听说{} 据说{} 你们说{} 客服让我{} 朋友叫我{} 让他自己{} 让我{}？".split(),
    *"我没说{} 不是说{} 谁说{} 谁说要{} 没想过{} 昨天说的{} 早知道{} 差点{} 忘了{} 后悔{} 撤回{} 不算数{}".split(),
    *"作废{} 点错{} {}，不对 {}还是算了 {}骗你的 {}逗你玩 {}开玩笑的 {}才怪".split(),
    *"{}就怪了 下辈子{} 岂能{} 难道{} 何必{}".split(),
    *"凭什么{} 怎么可能{} 哪有{} 谁会{} 为什么要{} {}是什么意思 什么叫{} 意思是{} 我问的是{} 帮我问问能不能{}".split(),
    *"是不是{} 要不要{} {}与否 {}了吗 {}了没 {}怎么样 {}会怎样 {}有什么好处 除了{} 与其{} 比起{} 部分{}".split(),
    *"{}{{{{x}}}} {}| {}=1".split(),
    *"到时再{} 忙完再{} 想好了再{} 有空再{} 不行再{} 实在不行就{} 收到钱再{} 劝我{} 朋友建议{} 买家要求{}".split(),
    *"用不用{} 该不该{} 需要我{} 在想要不要{} 有必要{} 何苦{} 巴不得{} 就算{} 大不了{} 质疑{} 本该{}".split(),
    *"平台要求{} 换作是我{}".split(),
    *"慎重{} 你们同意{} {}是我儿子按的 {}失败 {}🙃 {}，先别 {}，我猜 {}，你觉得呢 {}，待定".split(),
    "he said {}",
    "if {}",
    "{} if cash",
    "maybe {}",
    "i didn't say {}",
    "not sure {}",
    "{} or not",
)


def _answers() -> list[score.Labelled]:
    """Short answers in one piece that act, of every labelled file; behind thanks nothing is put in doubt."""
    files = sorted(Path(__file__).parent.glob("*.jsonl"))
    rows = [row for path in files for row in score.labelled(path.read_text("utf-8").splitlines())]
    return [
        row
        for row in rows
        if row.expect["intent"] in score.MONEY
        and row.text.isalnum()
        and len(row.text) <= LONGEST
        and not row.text.endswith("谢谢")
    ]


@pytest.mark.parametrize("doubt", DOUBTS)
def test_an_answer_in_doubt_does_not_act(doubt: str) -> None:
    """Conditions, reports, delays, corrections and questions round an answer make it none."""
    rows = _answers()[DOUBTS.index(doubt) % STRIDE :: STRIDE]
    assert len(rows) > 500
    acted = [
        (row.context, text)
        for row in rows
        if read(row.context, text := doubt.format(row.text), NOW).intent in score.MONEY
    ]
    assert not acted
