"""Yes and no: the sign of a clause that holds nothing but words of agreeing, refusing and the asked-for act.

One negation turns the sign, two are no answer (不是不行). No measure of likeness decides anything here.
"""

from __future__ import annotations

import re
from itertools import pairwise

from flows.understand.acts import Act
from flows.understand.clauses import TAKES_OBJECT, Clause

_PADDING = str.maketrans("", "", "ta")
_YES = re.compile(r"[yp+]+")
_NO = re.compile(r"[ul]{0,8}(?:x+|d{1,3}|[xX]*(?:[nd][yp+]+|x[+]+|[+]{1,2}x{1,2})[xX]*|x*-+x*|[xX]+)l*")
_TOO_LOW = re.compile("太低|太少|太便宜|低了|少了|便宜了|太亏|亏了|离谱|太黑|差太多|差远|太过分|过分了")
_SIGNS = frozenset("yp+xXnd-")
_PREDICATES = frozenset("不好 不行 不行的 不妥 不妥当 不成 不中 不得 不可以 不可".split())
_MUST = frozenset("不行 不可以 不成 不可".split())
BARE_NO = frozenset("不 不行 不可以 不了 不是 no n no? nope nah ❌ x".split())
UNWILLING = "yes_no.unwilling"
"""Rule of a no that names a wish, which a "but yes" may overrule (不想降，但还是降吧)."""
_WISHES = frozenset("不想 不愿 不愿意 不乐意 舍不得 不舍得 不想要 唔想".split())
SETTLED = "yes_no.settled"
"""Rule of a yes that may only underline what stands beside it (是的，不卖; 取消，就这么定了)."""
_SETTLES = frozenset("对 对的 是的 没错 没错的 就这么定了 就这么定 就这样定了 就这么办 定了 说定了 一言为定".split())
_NO_CHANCE = frozenset("不可能 没可能 没门 没门儿 没戏 休想 别想 做不到 办不到 不存在的".split())
"""Behind an answer they may turn it down (降价，不可能)."""
_MILD = frozenset(
    "好 好的 好吧 好好 好好好 好呀 好啊 好哦 好喔 好噢 好的呢 好滴 好哒 好嘞 对 是的 对的 可以的 "
    "ok okay okey okie oki okk fine alright great good".split()
)


def _refuses_a_refusal(clause: Clause) -> bool:
    """不同意不降, in one breath, may mean either; 不降不行 has to be; 不亏 refuses a reason."""
    return any(
        (token.text == "不" and following.tag == "l")
        or (
            (token.text in TAKES_OBJECT or (token.text[0] == "不" and following.text in _MUST))
            and following.tag in "xnd-"
            and following.text != token.text
        )
        for token, following in pairwise(clause.tokens)
    )


def read(clause: Clause) -> Act | None:
    """The intent "yes" or "no" when the whole clause is one."""
    if _SIGNS.isdisjoint(clause.core):
        return None
    core = clause.core.translate(_PADDING)
    if _YES.fullmatch(core):
        mild = all(token.text in _MILD for token in clause.tokens if token.tag in "yp+")
        settled = all(token.text in _SETTLES for token in clause.tokens if token.tag in "yp+")
        return Act(
            "yes", SETTLED if settled else "yes_no.yes", f"“{clause.text}” agrees, with nothing against it", mild=mild
        )
    if _NO.fullmatch(core) and not (_predicate(clause, core) or _refuses_a_refusal(clause) or _double(clause)):
        mild = all(
            token.text in BARE_NO or token.text in _NO_CHANCE for token in clause.tokens if token.tag not in "fiIo"
        )
        rule = UNWILLING if any(token.text in _WISHES for token in clause.tokens) else "yes_no.no"
        return Act("no", rule, f"“{clause.text}” refuses, once", mild=mild)
    return None


_WHATEVER = frozenset("gPR+VlufoiS")
_LESS = re.compile("[少低降减扣抹便]|以[上下]|不到")


def even_so(clause: Clause) -> bool:
    """再高也不卖, 加多少都不卖, 16000也不卖: whatever is paid."""
    refused = [token for token in clause.tokens if token.tag not in "fi" or token.text in _EVEN]
    if len(refused) < 3 or refused[-1].tag != "x" or refused[-2].text not in _EVEN:
        return False
    said = refused[:-2]
    sums = any(token.tag in "PRV" or token.text.startswith("再") for token in said)
    return sums and not any(token.tag not in _WHATEVER or _LESS.search(token.text) for token in said)


_EVEN = frozenset("也 都".split())
_DOUBLE = re.compile("(?<!就)(?<!还)是(?:绝对|完全|根本)?(?:不可能|没可能|不会|没门|不行的|不成的)")


def _double(clause: Clause) -> bool:
    """不接受是不可能的 accepts, if anything; 不行就是不行 insists."""
    return _DOUBLE.search(clause.text) is not None


def _predicate(clause: Clause, core: str) -> bool:
    """行情不好 says something of the market and refuses nothing (太低了不行 does); 别降太狠 refuses the amount."""
    last = [token.text for token in clause.tokens if token.tag not in "fiIo"][-1]
    about = (
        core[0] in "ul"
        and not _TOO_LOW.search(clause.text)
        and any(token.tag == "x" and token.text in _PREDICATES for token in clause.tokens)
    )
    if core[0] == "+" and last == "不了":
        return True  # 成交不了 reports a fault; 降价不行 refuses
    return about or (last.startswith("太") and re.search("[nd][yp+]+l+$", core) is not None)
