"""Tokens → clauses: cut where one thing said ends.

At punctuation, after a closing particle (吧, 了), before a "but", before a second value. Nobody types commas by voice.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from itertools import zip_longest
from typing import NamedTuple

from flows.understand.spoiling import spoils, spoilt, waits
from flows.understand.tokens import Token

_WANTS = frozenset("想 要 我要 我想 想要 需要".split())


class Clause(NamedTuple):
    """Tokens between two breaks. `core` is their tags without fillers, people and things."""

    tokens: tuple[Token, ...]
    core: str
    tags: str

    def value(self, tag: str) -> object:
        """The value of the first token with that tag; None when there is none."""
        return next((token.value for token in self.tokens if token.tag == tag), None)

    def values(self, tag: str) -> list[object]:
        return [token.value for token in self.tokens if token.tag == tag]

    def told_as_done(self, tag: str) -> bool:
        """True for an act and nothing but 了 behind it (延期了, 我取了): it may be done already."""
        done = self.tokens[-1].text == "了" and self.tokens[-2].tag == tag
        return done and self.core == tag and not any(token.text in _WANTS for token in self.tokens)

    @property
    def text(self) -> str:
        return "".join(token.text for token in self.tokens)


_BACKGROUND = str.maketrans("", "", "fiIo")
_ENDS_AN_ACT = frozenset("吧 啊 呀 啦 喇 哈 呗 嘛 咯 喽 嘞 啰 哦 噢 喔 滴 哒 了 的".split())
_CONTENT = frozenset("yxpn+-esqGBEPNLDTOVRZSQHJltadu")
_SHORT_ANSWER = frozenset("fiIoyxa")
_OPENERS = frozenset(",brPEOFvVDeq")
_CLOSERS = frozenset("?ryxa")
_SHRUGS = frozenset("算了 算了吧 算啦 就算了".split())
_DECIDED = frozenset("商量好了 考虑好了 想好了 考虑过了 想过了 考虑清楚了 商量过了 沟通过了 琢磨过了 说好了".split())
_MAY_CLOSE = _ENDS_AN_ACT | _SHRUGS | _DECIDED
_ONE_EACH = frozenset("PEOF")
_ANSWERS = frozenset("yxpPNEDLSeqG+-BOF")
_AND = frozenset("和 与 跟 及 也 and".split())
_OTHER_SIDE = frozenset("你 您 你们 您们 平台 商家 贵平台 贵公司 贵方 贵司".split())
_BOUND_BEHIND = frozenset("以上 以下 以内 起 起步 不够 没到 不到 达不到".split())
_AFTER_LE = frozenset("?PNLDTsgAuv")


def clauses(tokens: Sequence[Token]) -> list[Clause]:
    """Tokens cut where one thing said ends."""
    if _one_thing(tokens):
        return [_clause(tokens)]
    done: list[Clause] = []
    current: list[Token] = []
    tags: set[str] = set()
    for this, following, third in zip_longest(tokens, tokens[1:], tokens[2:]):
        token = this
        if token.text == "还是" and not _ANSWERS.isdisjoint(tags):
            token = Token("r", token.text)  # 延期还是取回; at the head of a clause it is "after all"
        if current and token.tag in _OPENERS and _opens(token, current, tags):
            verbs = _trailing_verbs(current, "Vv+f" if token.tag == "P" else "Vnd0f") if token.tag in "PE" else []
            done.append(_clause(current))
            current = verbs
            tags = {verb.tag for verb in verbs}
        if token.tag == ",":
            continue
        current.append(token)
        tags.add(token.tag)
        if third is not None and third.text == "就" and token.tag in "yx":
            continue  # 你同意我就同意
        if third is not None and token.text in TAKES_OBJECT and _forbids(following, third):
            continue
        if (token.tag in _CLOSERS or token.text in _MAY_CLOSE) and _closes(token, following, current, tags):
            done.append(_clause(current))
            current, tags = [], set()
    if current:
        done.append(_clause(current))
    return done


def _forbids(following: Token | None, third: Token) -> bool:
    """不同意你们改价: what the others may not do; 不同意我取回 are two things said."""
    return following is not None and following.text in _OTHER_SIDE and third.tag in "+-eqSGBf"


def _one_thing(tokens: Sequence[Token]) -> bool:
    """Is there nowhere to cut, as in most sentences?"""
    tags = [token.tag for token in tokens]
    texts = [token.text for token in tokens]
    opens = not _OPENERS.isdisjoint(tags[1:]) or tags[:1] == [","] or "还是" in texts
    return not opens and _CLOSERS.isdisjoint(tags[:-1]) and _MAY_CLOSE.isdisjoint(texts[:-1])


def _opens(token: Token, current: Sequence[Token], tags: set[str]) -> bool:
    """A break, a "but", an "or"; a second price or option (14900不行16200可以), with the verb before it."""
    if token.tag in ",b":
        return True
    if token.tag == "r":
        return current[-1].tag not in "DTA"
    if token.tag in "eq" and not tags.isdisjoint("Sqe+") and not tags.isdisjoint("ndx"):
        return tags.isdisjoint("0mwchU")  # 不降价继续卖, 别卖了还给我
    if token.tag == "D" and "D" in tags:
        return next((other.tag for other in reversed(current) if other.tag not in "fiIo"), "") in "lx"  # 周二没空周三吧
    if token.tag in _ONE_EACH:
        beside = current[-1].tag == "E" or (current[-1].text in _AND and current[-2:-1] and current[-2].tag == "E")
        return token.tag in tags and (token.tag == "E" or current[-1].tag not in "vV") and not beside
    return token.tag in "vV" and token.text not in _BOUND_BEHIND and "P" in tags


def _trailing_verbs(current: list[Token], tags: str) -> list[Token]:
    """Taken off the end of `current`: the verbs that lead to the value that follows (从16800 降到 15500)."""
    at = len(current)
    while at and current[at - 1].tag in tags:
        at -= 1
    verbs = current[at:]
    del current[at:]
    return verbs


def _closes(token: Token, following: Token | None, current: Sequence[Token], tags: set[str]) -> bool:
    """A question mark, an "or" by itself, a particle that ends an act, a yes or no before the next sentence's I."""
    if following is not None and waits(current, following):
        return False
    if token.text in _SHRUGS or token.text in _DECIDED or token.text == "?" or (token.tag == "r" and len(current) == 1):
        return True
    if following is None:
        return False
    if token.text in _ENDS_AN_ACT:
        if following.text in _ENDS_AN_ACT or following.tag in "f?" or _CONTENT.isdisjoint(tags):
            return False
        if token.text == "的":
            return len(current) > 1 and current[-2].tag in "yp" and following.tag in "idxn+-eqGEPDTy"
        return token.text != "了" or following.tag not in _AFTER_LE
    return token.tag in "yxa" and following.tag == "i" and tags <= _SHORT_ANSWER


def _clause(tokens: Sequence[Token]) -> Clause:
    tags = "".join([token.tag for token in tokens])
    texts = [token.text for token in tokens]
    if "V" in tags or "I" in tags or not _PLACED.isdisjoint(texts):
        tokens = _in_place(tokens)
        tags = "".join([token.tag for token in tokens])
    if spoils(texts):
        tokens = spoilt(tokens)
        tags = "".join([token.tag for token in tokens])
    return Clause(tuple(tokens), tags.translate(_BACKGROUND), tags)


_REPLIES = frozenset("回 回复 回答 答复 发 输入 按 点 写 打".split())
_FORGOT = frozenset("忘了 忘记 忘记了".split())
_TRIES = frozenset("看看 看 看一看 看一下 看看吧 看看先 再看 再看看".split())
_EITHER = frozenset("都行 都可以 都好 均可".split())
TAKES_OBJECT = frozenset(
    "不同意 不接受 不答应 不愿意 不赞成 不赞同 不认可 拒绝 不可能 没可能 不得 不考虑 never".split()
)
"""Refusals that, right before an act, refuse that act."""
_HARDLY = frozenset("不好 不方便 不太方便 不便 不大方便".split())
_NO_CHANCE = frozenset("没门 没门儿 门儿都没有 没戏 休想 别想 想都别想 做梦 想得美 不可能 没可能".split())
_NO_WAY = _NO_CHANCE | frozenset("免谈 没商量 没得商量 没得谈 不行 不可以 不得".split())
AGAINST = frozenset(
    "太亏 太亏了 亏 亏了 亏死 亏死了 吃亏 不划算 划不来 不合算 不值 不值得 没用 没啥用 没什么用 没意思 "
    "有风险 不安全 可惜 太可惜 太可惜了 多可惜 怪可惜 怪可惜的 好可惜 太麻烦 太麻烦了 很麻烦 好麻烦 麻烦死了 挺麻烦 "
    "费事 费劲 太费劲 浪费 太浪费 太贵 太贵了 很贵 好贵 不甘心 不忍心 多余 头疼 太慢 太慢了 可怕 免了 "
    "不合适 不好 不妥 心疼 肉疼 舍不得 不舍得".split()
)
_AS_PER = frozenset("按 照 依 按照 就按 就照 就依".split())
_PRICE = re.compile("[价数额]$|价[格钱位]$|价钱$")
_ALSO = frozenset("也行 也可以 也成 也好 也中".split())
WOULD_DO = frozenset("还可以 还行 还成 还能接受 倒可以 倒是可以 倒还可以 倒行 倒还行".split())
_RELUCTANT = frozenset(
    degree + word
    for degree in ("", *"好 真 太 很 挺 有点 有些 实在 真的 确实 还是".split())
    for word in ("舍不得", "不舍得", "不舍")
)
_NOT_DOING = re.compile("不.{0,2}(?:[降卖延续调改减价期]|同意|接受)")
_BEFORE_PRICE = {
    **dict.fromkeys("原价 市场价 新的 全新的 同款 同样的 市面上 网上 外面 别家".split(), "$"),  # 原价三万
    **dict.fromkeys("出 卖 售 沽".split(), "V"),  # 出16000就卖
}
_OUTSIDERS = frozenset("别人 别个 其他人 别家".split())
_PLACED = frozenset("就 便 晚 早 不 伐 没 没有 未 呢 再 才".split()).union(
    _REPLIES,
    _EITHER,
    _TRIES,
    _FORGOT,
    TAKES_OBJECT,
    _NO_WAY,
    AGAINST,
    _AS_PER,
    _ALSO,
    _HARDLY,
    WOULD_DO,
    _RELUCTANT,
    _BEFORE_PRICE,
)
_OBJECTS = frozenset("eqSGB-")
_CONDITIONED = frozenset("lunxdyp+eqSGBEFh")
_ASKABLE = frozenset("pMyeqSGBPDT+")
_NAMED = frozenset("PENODTLqSeGB-")
_NEGATES = frozenset("nd0x")
_TIMES = frozenset("DTAL")
_BEHIND = {
    **dict.fromkeys(_ALSO, (frozenset("PL"), "y")),  # 9900也行
    **dict.fromkeys(WOULD_DO, (frozenset("P"), "y")),  # 降到16000还可以; 16000还可以 only behind a refusal (`prices`)
    **dict.fromkeys(_FORGOT, (frozenset("E"), "n")),  # 卡号忘了
}
"""What a word says behind one of these tags."""


def _in_place(tokens: Sequence[Token]) -> list[Token]:
    """Tags that depend on what stands before and after."""
    value, named, length, content = (_last(tokens, kind) for kind in ("PNDL", "PN", "Ls", _CONTENT))
    before: set[str] = set()
    placed: list[Token] = []
    for index, token in enumerate(tokens):
        tag = token.tag
        if tag == "V" and index > value:
            tag = "f"  # 要 leads to a value only when one follows
        elif tag == "I":
            tag = "m" if named < 0 and not before - _SILENT and _decides(tokens, index) else tag
        elif token.text in _AS_PER:
            priced = index + 1 < len(tokens) and tokens[index + 1].tag == "o" and _PRICE.search(tokens[index + 1].text)
            tag = "+" if priced else tag  # 按他出的价 agrees to it
        elif token.text == "呢" and index and index == len(tokens) - 1 and _NOT_DOING.fullmatch(tokens[index - 1].text):
            tag = "?"  # 不降呢: what then?
        elif token.text in _BEFORE_PRICE and _priced_next(tokens, index):
            tag = _BEFORE_PRICE[token.text]
        elif token.text in TAKES_OBJECT and any(later.tag in _OBJECTS for later in tokens[index + 1 :]):
            tag = "n"  # 不同意取回
        elif token.text in _HARDLY and _acts_next(tokens, index):
            tag = "0"  # 不方便寄回
        elif token.text == "再" and any(other.text == "先" for other in tokens[:index]) and "u" in before:
            tag = "c"  # 先付款再延期
        elif index >= content and token.text in _RELUCTANT and _OBJECTS.isdisjoint(before):
            tag = "l"  # 舍不得，但还是卖吧; 舍不得卖 refuses
        elif token.text in _PLACED:
            tag = _by_place(token, before, last=index >= content, lengths=index < length)
        before.add(tag)
        placed.append(token if tag == token.tag else Token(tag, token.text, token.value))
    return placed


def _priced_next(tokens: Sequence[Token], index: int) -> bool:
    return next((token.tag for token in tokens[index + 1 :] if token.tag not in "fioV"), "") == "P"


def _acts_next(tokens: Sequence[Token], index: int) -> bool:
    following = next((token.tag for token in tokens[index + 1 :] if token.tag not in "fi"), "")
    return following != "" and following in "eqSGB-+EPLV"


_SILENT = frozenset("fioI")
_BESIDE = frozenset("跟 和 给 向 对 按 照 同 与 替 为 就按 按照".split())
_DECIDING = frozenset("ypxXdn+-eqSGBM")


def _decides(tokens: Sequence[Token], index: int) -> bool:
    """True when the person at `index` is who says yes or no (他同意), not whom it is for (按他出的价)."""
    if index and tokens[index - 1].text in _BESIDE:
        return False
    passed = "fiVo" if tokens[index].text in _OUTSIDERS else "fiV"  # 别人这个价可以, but 他这个价可以 agrees
    following = [token for token in tokens[index + 1 :] if token.tag not in passed]
    owned = any(token.text == "的" for token in tokens[index + 1 :])
    until = bool(following) and following[0].tag == "D" and any(token.tag == "V" for token in tokens[index + 1 :])
    return until or (bool(following) and following[0].tag in _DECIDING and not owned)  # 老婆想延到月底


def _by_place(token: Token, before: set[str], *, last: bool, lengths: bool) -> str:
    """The tag of a word by what was said before it, whether anything follows, and whether a length does."""
    text, tag = token.text, token.tag
    if text in ("就", "便") and not _CONDITIONED.isdisjoint(before):
        return "c"  # 合适就卖: what stands before is the condition, unless it is a value
    if text in ("晚", "早") and not lengths:
        return "f"
    if tag != "n" and _undone(text, before):
        return "h"
    if text == "才" and tag == "f" and _TIMES.isdisjoint(before):
        return "c"  # 见到钱才确认; 周四才有空 names a time
    if text in _BEHIND and not _BEHIND[text][0].isdisjoint(before):
        return _BEHIND[text][1]
    if text in ("不", "伐", "没", "没有", "未") and last and not _ASKABLE.isdisjoint(before):
        return "?"  # 能改周三不
    if text == "呢" and last and not _NAMED.isdisjoint(before) and _ANSWERED.isdisjoint(before):
        return "?"  # 微信呢
    if text in _REPLIES and tag == "f" and not _NEGATES.isdisjoint(before):
        return "m"  # 不要回复同意 is about replying
    if text in _TRIES and last and "L" in before:
        return "f"  # 延7天看看
    if text in _EITHER and tag == "f" and _TIMES.isdisjoint(before):
        return "h"  # 取消都行; 周三周四都行 names times
    return tag


def _undone(text: str, before: set[str]) -> bool:
    """True for words that turn down the act in front of them (取回没门), or say that it is no good (降价太亏)."""
    if text in _NO_WAY:
        return not _OBJECTS.isdisjoint(before) or (text in _NO_CHANCE and "x" in before)
    return text in AGAINST and not (_OBJECTS | {"E", "O", "+", "y"}).isdisjoint(before) and _NEGATES.isdisjoint(before)


_ANSWERED = frozenset("ypxX")


def _last(tokens: Sequence[Token], kind: Container[str]) -> int:
    """Index of the last token of that kind, -1 without one."""
    return next((index for index in range(len(tokens) - 1, -1, -1) if tokens[index].tag in kind), -1)
