"""A clause that names a price, and one that asks for the item back: offer, reprice and expiring share them."""

from __future__ import annotations

import re
from decimal import Decimal

from flows.understand import amounts
from flows.understand.acts import Act
from flows.understand.clauses import WOULD_DO, Clause
from flows.understand.yes_no import BARE_NO

_PADDING = str.maketrans("", "", "ta")
# What may stand round a price that is named: yes, no, a verb, a bound, a complaint about another one.
_NAMED = re.compile(r"[yxXpMV+vulSdn-]*P[yxXpMV+vln-]*\?{0,2}")
_REFUSED = re.compile(r"[yu]*(?:[nd]V?P[yp+]*|j[V]?P|[+Vu]*P(?:[+]?l+|[nd]+[yp+]+|[+]?x+|[nd]))")
_UP_TO = frozenset("以下 以内".split())
_BELOW = frozenset("低于 少于 小于 不到 没到 没有到 达不到 不够 够不到 below under".split())
_UNABLE = re.compile("不[了起出到上]了?$")
_NET = re.compile("到手|实收|净收")
_BOUNDED = re.compile(
    r"[xuyl]*(?:[nd]?v[V+]*P(?:[nd]?[yp+]+|x)?|[nd0]P[nd][yp+]+|[nd0]Px|[V+]?Pv(?:[nd]?[yp+]+|x)?)[yp]*"
)


def read(clause: Clause) -> Act | None:
    """The counter offer of a clause with exactly one price; denied when that price is turned down."""
    core = clause.core.translate(_PADDING)
    if core.count("P") != 1:
        return None
    value = clause.value("P")
    assert isinstance(value, Decimal)
    slots = {"price": amounts.spelt(value)}
    said = next(token.text for token in clause.tokens if token.tag == "P").strip()
    if clause.tags == "P":
        return Act("counter_offer", "prices.named", f"{said} is named as the price", slots)
    if _by_amount(clause) or _of_something_else(clause) or _only(clause):
        return None
    if any(token.text in _UP_TO for token in clause.tokens) and not re.search("[xnd]", core):
        return None  # 降到15000以下 is any price there; 15000以下不卖 names one
    at = clause.tags.index("P")
    if any(token.text in _BELOW for token in clause.tokens[at:]):
        return Act("counter_offer", "prices.refused", f"{said} is turned down", slots, denied=True)
    if _BOUNDED.fullmatch(core):
        half = any(token.text in _BELOW for token in clause.tokens) and not re.search("[xXnd]", core)
        return Act("counter_offer", "prices.bound", f"{said} is the least they would take", slots, mild=half)
    if _REFUSED.fullmatch(core) and not _fits(clause):
        return Act("counter_offer", "prices.refused", f"{said} is turned down", slots, denied=True)
    if _turned_down(clause):
        return Act("counter_offer", "prices.refused", f"{said} is turned down", slots, denied=True)
    if not _NAMED.fullmatch(core) or ("?" in core and not re.search(r"[ypMV+]", core)):
        return None
    if re.search("[nd]", core) and "v" not in core:
        return None
    half = "V" not in core and "+" not in core and any(token.text in WOULD_DO for token in clause.tokens)
    return Act("counter_offer", "prices.named", f"{said} is named as the price", slots, mild=half)


_NOT_HEARD = frozenset("好了 👍 👏 🤝 💪".split())


def _only(clause: Clause) -> bool:
    """才15200 complains, 16000收到了 tells, 到手16000吗 asks: none of them names a price."""
    at = clause.tags.index("P")
    told = clause.tags[at + 1 : at + 2] == "a" and clause.tokens[at + 1].text not in _NOT_HEARD
    if told or any(token.text == "才" for token in clause.tokens[:at]):
        return True
    asks = "?" in clause.core and not re.search("[Mp]", clause.core)
    return asks and any(_NET.search(token.text) for token in clause.tokens)


_CHANGES = frozenset(
    "加 降 减 少 多 涨 补 添 扣 抹 砍 优惠 便宜 降价 减价 加价 提价 下调 调低 降低 减少 下降 让利 降了 便宜了 "
    "lower reduce drop".split()
)


def _by_amount(clause: Clause) -> bool:
    """降500 changes by 500; only 降到500 names a price."""
    at = next(index for index, token in enumerate(clause.tokens) if token.tag == "P")
    return at > 0 and clause.tokens[at - 1].text in _CHANGES


_FITS = frozenset("合适 挺合适 比较合适 还合适 公道 划算 挺好 很好 不错".split())


def _fits(clause: Clause) -> bool:
    """15500合适 names the price; 14900太低 turns it down."""
    return any(token.text in _FITS for token in clause.tokens[clause.tags.index("P") + 1 :])


def _turned_down(clause: Clause) -> bool:
    """不接受16000 refuses that price; a bare no before one only makes room for it (不行16000)."""
    before = [token for token in clause.tokens[: clause.tags.index("P")] if token.tag not in "fiIotaV+S"]
    if not before:
        return False
    last = before[-1]
    return (last.tag in "nxX" and last.text not in BARE_NO) or (last.tag == "l" and bool(_UNABLE.search(last.text)))


_OTHER_SUM = re.compile(
    "(?:亏|赔|差|赚|欠|罚|存了|中了|亏了|赔了|赚了|亏损|差价|[借转赔]我|[给转赔]你|佣金|押金|[定订]金|工资|月薪|均价|估价|税费?|保险|利息|租金|贷款|首付"
    "|运费|手续费|邮费|卖过|[昨前]天|[去前]年|每[月年])$"
)
_OTHERS_OFFER = re.compile("(?:他们?|她|买家|对方|客户|客人|买主)[只才就]?(?:出价?|给|报价?|还价?|开价?|出到|给到)")
_SO = re.compile(
    "could|can|would|[还让叫请给跟和问向卖按同就能行才愿肯]|对(?!方)|要[他她买对佢客]|可以|成交|接受|出[到个]"
)
_THEN = re.compile("让|叫|要|请|能|卖|成交|同意|接受|就|可以|行")


def _of_something_else(clause: Clause) -> bool:
    """押金16000, 亏了16000, 买家出16000: not what they want for it; an unknown word in front may be anything."""
    before = clause.tokens[: clause.tags.index("P")]
    if before and before[-1].tag in "uD" and not before[-1].text.isascii():
        return True
    if _OTHER_SUM.search("".join(token.text for token in before)):
        return True
    if any(token.tag == "I" for token in before) and not _SO.search(clause.text):
        return True
    return bool(_OTHERS_OFFER.search(clause.text)) and not _THEN.search(clause.text)


_RATHER = re.compile("宁[可愿].*也[不别]")  # 宁可取回也不降 is about lowering
_SOME_DAY = re.compile("[过隔昨上近]|最近|这几|大?前天")
_OTHERWISE = re.compile("[卖出延续降挂放]")
_BACK = re.compile(r"[ultaxypMV+DTA]*q[aqultp+xM]*(\??)")
_NOT_BACK = re.compile(r"[ultaypx]*[nd]+[p]?q[qult]*")


def take_back(clause: Clause) -> Act | None:
    """Wants the item returned; denied when they say not to."""
    if _NOT_BACK.fullmatch(clause.core):
        return Act("withdraw_item", "prices.not_back", "taking it back is turned down", denied=True)
    refused = [token.text for token in clause.tokens if token.tag == "x"]
    if clause.told_as_done("q") or _RATHER.search(clause.text):
        return None
    if any(token.tag == "D" and _SOME_DAY.match(token.text) for token in clause.tokens):
        return None  # 昨天取回, 过几天去拿; 周末去拿 is soon enough
    if refused and not all(_OTHERWISE.search(text) for text in refused):  # 不同意取回
        return None
    match = _BACK.fullmatch(clause.core)
    if match is None or (match[1] and not re.search("[pM]", clause.core)):
        return None
    said = next(token.text for token in clause.tokens if token.tag == "q")
    return Act("withdraw_item", "prices.take_back", f"“{said}” names taking the item back")
