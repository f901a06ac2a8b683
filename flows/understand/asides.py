"""What stands beside an answer and leaves it what it is: why it is given, who agrees, what happens otherwise."""

from __future__ import annotations

import re
from decimal import Decimal

from flows.state import Question
from flows.understand.acts import Act, Remark

_ENGAGED = re.compile("(?=.*[ul])[DTA]+[ulV+]+")  # 周二要接孙子: why that day does not suit
_RHETORICAL = re.compile(
    "凭什么|凭啥|何必|何苦|难道|谁[会肯愿卖干]|哪[能有]|怎么(?:可能|又|老)|又[要降]|岂|至于吗|像话吗|合适吗|有意思吗|值吗|(?:为什么|为啥|干嘛|干吗)要"
)
_WHO_SAID = re.compile("谁(?:说|让|叫|允许|同意|答应)")
_FORBIDDEN = re.compile("不(?:同意|让|肯|愿意|答应)")  # 家里人不同意，不卖
_ASKS_NOTHING = re.compile("u*[wW]+(?:[luvg+SP]+\\??|\\?|$)")
_AGREED = re.compile(".{1,6}(?:[也都]说?(?:同意|答应|赞成|支持|没意见)|[也都]?(?:说|觉得)(?:行|好|可以|成))了?")
"""老婆也同意: with one's own yes."""
_WOULD_DO = re.compile(
    "(?:(?:这个?|那个?)?(?:价格?|价钱|价位))?[也都倒嘛]?还(?:行|可以|凑合|不错|过得去|说得过去)[吧了啊的]?"
)
"""价格还行，卖了: faint praise."""
_ULTIMATUM = re.compile(
    "(?:不(?:行|要|同意|接受|成|可以|愿意|干)|低了|少了)(?:的话)?[我咱]?[就那]*(?:算了?|拉倒|作罢|免谈|不卖|不改|不降)[了吧]*"
)
"""16000，不行就算了."""
_TIME_LATER = re.compile(
    "(?:时间|日期|哪天|几号|过几天|过两天|晚点|回头|稍后|到时候?).{0,4}(?:再说|再定|再约|告诉|通知|联系|另定|待定|商量)"
)
"""改期，具体时间再说: what is put off is only the new time."""
_OR_ELSE = re.compile("(?:要)?不然|否则")  # 降吧，不然卖不掉: why
_TAG_QUESTION = re.compile(r"[yp]*M\??|[yp]+\?")
_TOO_MUCH = re.compile("[ul]*[+S]+P?[ulg]*|[ul]*P[+S]+[ulg]+")
_FAR_TOO = re.compile("^[降减调砍].?太[多狠猛快]了?$")
_HOW_MUCH = re.compile("[太这那]|[0-9一二两三四五六七八九十百千万]|得")
"""降太多了，不同意; 一下降这么多，不行; 降一千九，不行."""


def goes_with(act: Act, remark: Remark, question: Question) -> bool:
    """Does the remark belong to the answer, whatever its words would say elsewhere?"""
    if _ENGAGED.fullmatch(remark.core) or (_OR_ELSE.match(remark.text) and not remark.core.strip("cul")):
        return True
    match act.intent:
        case "affirm":
            return (_AGREED.fullmatch(remark.text) or _WOULD_DO.fullmatch(remark.text)) is not None
        case "deny":
            return _explains(act, remark) or _names_asked(remark, question)
        case "reschedule":
            put_off = act.slots == {"when": None} and _TIME_LATER.search(remark.text) is not None
            return put_off or _asks_politely(remark)
        case "counter_offer":
            return _ULTIMATUM.fullmatch(remark.text) is not None or _asks_politely(remark)
    return _asks_politely(remark)


def _asks_politely(remark: Remark) -> bool:
    """一万六，行不 asks for what it names."""
    return _TAG_QUESTION.fullmatch(remark.core) is not None


def _names_asked(remark: Remark, question: Question) -> bool:
    """才15200，不卖: the price that was asked about, which is refused."""
    asked = question.facts.get("price")
    named = [word.value for word in remark.words if word.tag == "P"]
    return isinstance(asked, str) and named == [Decimal(asked)] and not remark.core.strip("ulP?+$Vv")


def _explains(act: Act, remark: Remark) -> bool:
    """Why it is refused, or rhetoric (凭什么降价, 做慈善呢？)."""
    if (_TOO_MUCH.fullmatch(remark.core) and _HOW_MUCH.search(remark.text)) or _FAR_TOO.search(remark.text):
        return True
    if "z" in remark.core and not remark.core.strip("zulw?0"):
        return True
    if not remark.core.strip("mul") and _FORBIDDEN.search(remark.text):
        return True
    firm = not act.mild and not act.rule.startswith("choices.")
    if firm and _WHO_SAID.match(remark.text) and not remark.core.strip("mulw+"):
        return True
    return firm and _ASKS_NOTHING.fullmatch(remark.core) is not None and _RHETORICAL.search(remark.text) is not None
