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
_FORBIDDEN = re.compile("不(?:同意|让|许|准|肯|愿意|答应)[卖买降出延要]?")  # 家里人不同意，不卖
_ASKS_NOTHING = re.compile("u*[wW]+(?:[luvg+SP]+\\??|\\?|$)")
_AGREED = re.compile(".{1,6}(?:[也都]说?(?:同意|答应|赞成|支持|没意见)|[也都]?(?:说|觉得)(?:行|好|可以|成))了?")
"""老婆也同意: with one's own yes."""
_WOULD_DO = re.compile(
    "(?:(?:这个?|那个?)?(?:价格?|价钱|价位))?[也都倒嘛]?还(?:行|可以|凑合|不错|过得去|说得过去)[吧了啊的]?"
)
"""价格还行，卖了: faint praise."""
_HOPES = re.compile("[就只我]*(?:希望|但愿|只要|想|盼|求)能?(?:早点|快点|尽快)?(?:卖|出)(?:掉|出去|手|了)(?:就[行好])?")
"""希望能卖掉，同意."""
_ULTIMATUM = re.compile(
    "(?:不(?:行|要|同意|接受|成|可以|愿意|干)|低了|少了)(?:的话)?[我咱]?[就那]*(?:算了?|拉倒|作罢|免谈|不卖|不改|不降)[了吧]*"
)
"""16000，不行就算了."""
_TIME_LATER = re.compile(
    "(?:时间|日期|哪天|几号|过几天|过两天|晚点|回头|稍后|到时候?).{0,4}(?:再说|再定|再约|告诉|通知|联系|另定|待定|商量)"
)
"""改期，具体时间再说: what is put off is only the new time."""
_NOT_SO = re.compile("[ulaU0]*0[ul]+")
"""没有发票，卖吧: what there is not is no answer."""
_OF_ANSWERING = re.compile("[想说讲答选点按回要定记看听懂清明认收]|发(?!票)")
_SOMEWHAT = re.compile("有[点些]|不[太大]|不怎么|得太[多少]|再.{1,3}[也都]")
_FEARS = re.compile("[我就也]?(?:主要)?(?:怕|担心)")
_LATER = re.compile(
    "(?:以后|过段时间|过一?阵子?|过些时候|下次|年后)再(?:说|约|卖|降|看|谈|考虑)吧?|先看看|(?:先|就)?[放挂]着吧?|再(?:看看|挂挂看?|放放看?)"
)
"""不降，以后再说: a no for now."""
_CHANGED = re.compile("我?又?改变?主意了?|我?反悔了|呵呵+")
"""改主意了，不卖 is one answer."""
_BARGAIN = re.compile(
    "(?:麻烦|请|你们?|您|帮忙?|我|再|[跟和](?:买家|他|她|对方))*(?:谈谈?|争取|说说|商量)(?:商量|一?下|看)?[吧啊]?"
    "|您?你?看?(?:可以|行)吗\\??"
)
"""帮我谈谈，16000."""
_OR_ELSE = re.compile("(?:要)?不然|否则")  # 降吧，不然卖不掉: why
_TAG_QUESTION = re.compile(r"[yp]*M\??|[yp]+\?")
_TOO_MUCH = re.compile("[ul]*[+S]+P?[ulg]*|[ul]*P[+S]+[ulg]+")
_FAR_TOO = re.compile("^[降减调砍].?太[多狠猛快]了?$")
_HOW_MUCH = re.compile("[太这那]|[0-9一二两三四五六七八九十百千万]|得")
"""降太多了，不同意; 一下降这么多，不行; 降一千九，不行."""


def goes_with(act: Act, remark: Remark, question: Question) -> bool:
    """Does the remark belong to the answer, whatever its words would say elsewhere?"""
    if _ENGAGED.fullmatch(remark.core) or _tells_why(remark):
        return True
    match act.intent:
        case "affirm":
            return any(said.fullmatch(remark.text) for said in (_AGREED, _WOULD_DO, _HOPES))
        case "deny":
            later = _LATER.fullmatch(remark.text) or _CHANGED.fullmatch(remark.text)
            return later is not None or _explains(act, remark) or _names_asked(remark, question)
        case "return_item" | "withdraw_item":
            changed = _CHANGED.fullmatch(remark.text) or (
                not remark.core.strip("mul+") and _FORBIDDEN.search(remark.text)
            )
            return bool(changed) or _asks_politely(remark)
        case "reschedule":
            put_off = act.slots == {"when": None} and _TIME_LATER.search(remark.text) is not None
            return put_off or _asks_politely(remark)
        case "counter_offer":
            bargains = _ULTIMATUM.fullmatch(remark.text) or _BARGAIN.fullmatch(remark.text)
            return bargains is not None or _asks_politely(remark)
    return _asks_politely(remark)


def _tells_why(remark: Remark) -> bool:
    """没有发票，卖吧; 怕再跌，卖吧: it names no answer, and asks for nothing."""
    if _OR_ELSE.match(remark.text):
        return not remark.core.strip("cul")
    if _FEARS.match(remark.text):
        return not remark.core.strip("ulgch")
    if _OF_ANSWERING.search(remark.text) or remark.text.startswith("又"):  # 同意吧又舍不得
        return False
    told = _NOT_SO.fullmatch(remark.core) is not None
    return told or (not remark.core.strip("ulg0nd") and _SOMEWHAT.search(remark.text) is not None)


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
    if not remark.core.strip("mul+") and _FORBIDDEN.search(remark.text):
        return True
    firm = not act.mild and not act.rule.startswith("choices.")
    if firm and _WHO_SAID.match(remark.text) and not remark.core.strip("mulw+"):
        return True
    return firm and _ASKS_NOTHING.fullmatch(remark.core) is not None and _RHETORICAL.search(remark.text) is not None
