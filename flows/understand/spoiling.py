"""Words that spoil what stands right behind them: plans, fears, hedges, "not before that" (忙完再来, 到时再确认)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flows.understand.tokens import Token

_PLANS = frozenset("感觉 打算 准备 计划 想着 偏向 希望 但愿 暂时 暂且 姑且".split())
"""A yes behind one of them is not given yet; what names its act (希望延期一周) is a wish, and stands."""
_ALMOST = frozenset("基本 基本上 原则上 理论上 大体上 多半".split())
AVERSE = frozenset("怕 担心 害怕 担忧 免得 省得 以免 防止 讨厌 反感 嫌弃 抗议 后悔".split())
_OTHER_SIDE = frozenset("你 您 你们 您们 平台 人家 大家 贵平台 贵公司".split())
_SELF = frozenset("自己 都 也 倒是 当然".split())
_WILLING = frozenset("同意 接受 答应 愿意 认可 赞成 批准 允许 确认 确认一下 确定".split())
_LATER = frozenset("再 到时 到时候 回头 晚点 晚些 迟点 改天 改日 过几天 过两天 下次 下周 下个月 下星期".split())
_ANSWER = frozenset("定 答复 回复 通知 联系 告诉".split())
_SOON = _LATER | frozenset("明天 今晚 明早 明晚 晚上".split())
_DECIDES = ("确认", "确定", "confirm")
_FIRST = re.compile(
    "(?:[完醒]了?|(?:考虑|商量|思考|讨论|研究|权衡|斟酌)[之以]?[后过]|(?:消息|回复|答复|通知|结果|电话)|(?:想|虑|量|谈|确定|确认|准备|安排)(?:好|清楚)?了|清楚了?|收到[钱款货]?了?|到[账帐款家]了?|见了?面|看过|吃过?饭|下班|回家"
    "|有空|得空|得闲|有时间|方便了|方便的?时候?|(?:天气|身体|行情|价格|心情)好[点些了转]?|好[点些]|到时候?|当面|[过等待]一?会儿?|[以之]后|迟点|不行|卖不[掉出动]去?|没人要)$"
)
_ACTS = "yp+eqSGB-xEV"
_NAMES_AN_ACT = frozenset("PLNDTEeqSGB")
_DONE_WITHOUT = frozenset("不行 实在不行 不可以 不成".split())

SPOILING = _PLANS | _ALMOST | AVERSE | _WILLING | _LATER | _DONE_WITHOUT | _ANSWER | {"能不"}
"""A clause without one of these, and without a word that begins with 再, holds nothing that spoils."""
_LOOKED_AT = SPOILING | _OTHER_SIDE
_BEGIN = (*_DECIDES, "再", "就")


def spoils(texts: Sequence[str]) -> bool:
    return not SPOILING.isdisjoint(texts) or "再" in "".join(texts)


def waits(said: Sequence[Token], following: Token) -> bool:
    """Is `following` a "then" (再) to what was said: 想好了再延期, 忙完再来?"""
    return following.text.startswith("再") and _FIRST.search("".join([token.text for token in said])) is not None


def spoilt(tokens: Sequence[Token]) -> list[Token]:
    """The tokens, those that spoil what follows tagged for it."""
    return [
        Token(tag, token.text, token.value) if (tag := _tag(tokens, index)) != token.tag else token
        for index, token in enumerate(tokens)
    ]


def _next(tokens: Sequence[Token], index: int) -> Token:
    """The word behind that one, without 自己, 都 and other people."""
    following = (token for token in tokens[index + 1 :] if token.tag not in "iI" and token.text not in _SELF)
    return next(following, tokens[index])


def _tag(tokens: Sequence[Token], index: int) -> str:
    text, tag = tokens[index].text, tokens[index].tag
    if text not in _LOOKED_AT and not text.startswith(_BEGIN):
        return tag
    behind = [token for token in tokens[index + 1 :] if token.tag not in "fiIo"]
    following = behind[0].tag if behind else ""
    if text in _PLANS and following and following in "yp+":
        return tag if any(token.tag in _NAMES_AN_ACT for token in behind) else "h"
    if text in _ALMOST and following and following in _ACTS + "dnPNLDO":
        return "h"
    if text in AVERSE and following and following in _ACTS + "NO":
        return "m"
    if text in _OTHER_SIDE and _next(tokens, index).text in _WILLING:
        return "m"  # 你们同意: they, not the person
    if text == "能不" and following and following in "eqSG-BEV":
        return "w"  # 能不取消 asks not to
    if text.startswith(_DECIDES) and any(token.text in _LATER for token in tokens[:index]):
        return "h"  # 到时再确认, 晚点确认: it is decided then
    if text in _ANSWER and index and tokens[index - 1].text in _SOON:
        return "K"  # 晚点定, 明天答复: no hurry
    if text.startswith("再") and tag != "G" and following != "G" and waits(tokens[:index], tokens[index]):
        return "c"
    if text.startswith("就") and index and tokens[index - 1].text in _DONE_WITHOUT:
        return "c"  # 实在不行就成交
    return tag
