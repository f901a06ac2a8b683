"""Days and clocks, against the contact's own calendar.

A week starts on Monday: 下周三 lies in the next one, 周三 is the next Wednesday, 这周三 may be past. 5号 is the next
5th, 12月5号 this year's. A clock hour from 1 to 6 without a part of the day is in the afternoon.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, time, timedelta

from flows.understand import numerals
from flows.understand.tokens import Found, Reader


@dataclass(frozen=True, slots=True)
class Day:
    """on: the day, None when it is not one day that can still come; flaw says why, in words for staff."""

    on: date | None
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """at: the hour and minute, None for a part of the day only (上午) or no such hour."""

    at: time | None


_CN = "零〇一二两三四五六七八九十"
_N = rf"(?:\d{{1,2}}|[{_CN}]{{1,3}})"
_WEEKDAYS = "一二三四五六日天1234567"
_WEEK = r"(?:周|星期|礼拜|拜(?=[一二三四五六]))"
_EN_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EN_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EN_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b"
_EN_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_LUNAR = (
    r"春节|过年|大?年三十|年初[一二三四五六七]|除夕|元宵节?|端午节?|中秋节?|重阳节?|清明节?|腊八节?"
    r"|[腊正冬]月(?:[初十廿]?[一二三四五六七八九十]+)?|农历\S{0,6}|阴历\S{0,6}|初[一二三四五六七八九十]|小年|年前"
    r"|年后|开春|立冬|冬至"
)
_FEAST_DAYS = (
    ((1, 1), "元旦 new_year"),
    ((2, 14), "情人节"),
    ((3, 8), "妇女节 三八节"),
    ((5, 1), "劳动节"),
    ((6, 1), "儿童节"),
    ((10, 1), "国庆节 国庆"),
    ((11, 11), "双十一 双11"),
    ((12, 12), "双十二 双12"),
    ((12, 24), "平安夜"),
    ((12, 25), "圣诞节 圣诞 christmas"),
)
_FEASTS = {name.replace("_", " "): day for day, names in _FEAST_DAYS for name in names.split()}
_FEAST = "|".join(_FEASTS)

_OF_A_DAY = "天日周星礼拜月年号底末节近今明夕宵期春冬秋至初旦夜圣庆午儿诞双阳腊历0123456789"
_DAY = re.compile(
    rf"(?=.{{0,3}}[{_OF_A_DAY}a-z])(?:"  # what most places fail on, before some twenty alternatives
    r"(?P<rel>大后天|后天|明天|明日|明儿个?|今天|今日|今儿个?|后日|后儿|听日|今(?=[早晚])|明(?=[早晚])|昨天|昨日"
    r"|前天|大前天"
    r"|(?:the )?day after tomorrow|tomorrow|tmr|today|tonight|yesterday)"
    rf"|(?P<both>{_WEEK}六{_WEEK}?[日天]|(?:下下|下|这|本)?个?(?:周末|双休)|this weekend|next weekend|(?:the )?weekend)"
    rf"|(?P<which>上上|上|下下|下|这|本|今)?个?{_WEEK}(?P<weekday>[一二三四五六日天]|[1-7](?!\d))"
    rf"|(?P<week>(?:下下|下|这|本|上)个?{_WEEK}|next week|this week|next month|下个?月(?![\d{_CN}底末])"
    r"|(?:过|隔)(?:几|两|一|三)天|这两天|这几天|近期|最近)"
    rf"|(?P<end>(?P<endof>(?:下|这|本|当)?个?|{_N})月(?:底|末|的?最后一天)|年底|年末|岁末|[今本]年的?最后一天"
    rf"|(?P<vaguepart>(?:(?:下|这|本)?个?|{_N})月(?:初|中旬|上旬|下旬|中)))"
    rf"|(?P<year>\d{{4}}年?|明年|今年|后年|\d{{2}}年)?(?P<month>{_N})月(?:份)?(?P<mday>{_N})(?:[日号](?!线)|(?![\d个]))"
    rf"|(?P<iso>\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}})(?!\d)"
    rf"|(?P<short>\d{{1,2}}[/.-]\d{{1,2}})(?![\d.]|[/-]\d|[天个万千wk元块%])"
    rf"|(?P<inmonth>(?:下|这|本|当)?个?月)?(?P<dom>{_N})(?:[号]|日(?!元))(?![码线楼店])"
    rf"|(?:(?P<feastyear>明年))?(?P<feast>(?:{_FEAST})(?:那天|当天)?)|(?P<lunar>{_LUNAR})"
    rf"|(?:on )?(?P<enwhich>next |this |coming |last )?(?P<enday>{_EN_DAY})"
    rf"|(?:on )?(?P<enmonth>{_EN_MONTH}) ?(?:the )?(?P<enmday>\d{{1,2}})(?:st|nd|rd|th)?\b"
    rf"|(?:on )?(?:the )?(?P<dmday>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<dmonth>{_EN_MONTH})"
    r"|(?:on )?the (?P<endom>\d{1,2})(?:st|nd|rd|th)\b"
    r"|(?P<endend>(?:the )?end of (?:the |this )?(?P<endwhat>month|year)))"
)
_PART = (
    r"凌晨|清晨|早晨|早上|一早|大早上|大早|上午|朝早|中午|正午|晌午|午后|下午|下昼|傍晚|晚上|晚间|夜里|夜晚|晚黑"
    r"|晚(?![点些到一两三几半])|早(?![点些到一两三几半])|in the morning|in the afternoon|in the evening|morning"
    r"|afternoon|evening"
)
_CLOCK = re.compile(
    rf"(?:(?P<part>{_PART})的?,? ?)?(?:(?P<hour>{_N})(?:点钟|点整|点|时)"
    rf"(?:(?P<half>半)|(?P<quarter>[一三])刻|(?P<minute>{_N}|零[一-九五])分?(?!钟))?|(?P<digital>\d{{1,2}}:\d{{2}}))"
    r" ?(?P<after>am|pm|a\.m\.?|p\.m\.?|in the (?:morning|afternoon|evening))?"
    r"|(?:at )?(?P<enhour>\d{1,2})(?::(?P<enminute>\d{2}))? ?(?P<ampm>am|pm|a\.m\.?|p\.m\.?|o'?clock)"
    r"|at (?P<athour>\d{1,2})\b|(?P<noon>(?:at )?noon)"
    rf"|(?P<only>{_PART})"
)
DAY_STARTS = frozenset(
    "0123456789大后明今听昨前周星礼拜下上这本个过隔近最年月当双元圣平国劳儿情妇春除端中重清腊正冬农阴初小开立岁" + _CN
).union(
    "the day today tonight tomorrow tmr yesterday this next coming last weekend on christmas new end".split(),
    (day + rest for day in (*_EN_WEEKDAYS, "tues", "wednes", "thur", "thurs", "satur") for rest in ("", "day")),
    (*_EN_MONTHS, "sept", "january", "february", "march", "april", "june", "july", "august", "september"),
    "october november december".split(),
)
CLOCK_STARTS = frozenset("0123456789凌清早大上朝中正晌午下傍晚夜今" + _CN).union(
    "in at noon morning afternoon evening".split()
)


def find_day(text: str, at: int, today: date) -> Found | None:
    """The day that begins at `at`, tag D, a `Day`."""
    match = _DAY.match(text, at)
    return None if match is None else Found("D", match.end(), _day(match, today))


def find_clock(text: str, at: int, _: date) -> Found | None:
    """The clock that begins at `at`, tag T, a `Clock`; a part of the day alone has no hour."""
    match = _CLOCK.match(text, at)
    if match is None:
        return None
    if match["only"]:
        return Found("A", match.end(), match[0])
    return Found("T", match.end(), Clock(_clock(match)))


def _day(match: re.Match[str], today: date) -> Day:
    if match["both"] or match["week"] or match["vaguepart"]:
        return Day(None, f"{match[0]} is more than one day")
    if match["lunar"]:
        return Day(None, f"{match[0]} follows another calendar")
    if match["weekday"] and not match["which"] and _weekday(match["weekday"]) == today.weekday():
        return Day(None, f"{match[0]} may be today or a week from now")
    day = _relative(match, today) or _end(match, today) or _numbered(match, today)
    if day is None:
        return Day(None, f"{match[0]} does not exist")
    return Day(day) if day >= today else Day(None, f"{match[0]} is past")


_AHEAD = (  # days from today: how the word begins
    (-3, "大前"),
    (-2, "前"),
    (-1, "昨 yes"),
    (0, "今 tod ton"),
    (1, "明 听 tom tmr"),
    (2, "后 day the"),
    (3, "大后"),
)
_REL = {word: days for days, words in _AHEAD for word in words.split()}


def _relative(match: re.Match[str], today: date) -> date | None:
    if said := match["rel"]:
        return today + timedelta(_REL.get(said[:3], _REL.get(said[:2], _REL.get(said[:1], 0))))
    monday = today - timedelta(today.weekday())
    if weekday := match["weekday"]:
        return _in_week(match["which"] or "", _weekday(weekday), monday, today)
    if said := match["enday"]:
        number = _EN_WEEKDAYS.index(said[:3])
        which = {"next ": "下", "last ": "上", "this ": "", "coming ": ""}.get(match["enwhich"] or "", "")
        return _in_week(which, number, monday, today)
    return None


def _weekday(said: str) -> int:
    """0 = Monday: 一 and 1, 日, 天 and 7."""
    return int(said) - 1 if said.isdigit() else min(_WEEKDAYS.index(said), 6)


def _in_week(which: str, weekday: int, monday: date, today: date) -> date:
    """The day of the named week; of the coming seven days without a prefix."""
    if which:
        weeks = {"下下": 2, "下": 1, "上": -1, "上上": -2}.get(which, 0)
        return monday + timedelta(7 * weeks + weekday)
    return today + timedelta((weekday - today.weekday()) % 7)


def _end(match: re.Match[str], today: date) -> date | None:
    if not (match["end"] or match["endend"]):
        return None
    if (match["end"] or "").startswith(("年", "岁", "今年", "本年")) or match["endwhat"] == "year":
        return date(today.year, 12, 31)
    said = (match["endof"] or "").rstrip("个")
    if said == "下":
        first = date(today.year + today.month // 12, today.month % 12 + 1, 1)
    elif said in ("", "这", "本", "当"):
        first = today.replace(day=1)
    else:
        month = numerals.parse(said)
        if month is None or not 1 <= month <= 12:
            return None
        first = date(today.year, int(month), 1)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _numbered(match: re.Match[str], today: date) -> date | None:
    if iso := match["iso"]:
        return _date(*map(int, re.split("[-/.]", iso)))
    if feast := match["feast"]:
        return _next_feast(feast.removesuffix("那天").removesuffix("当天"), today, bool(match["feastyear"]))
    if short := match["short"]:
        month, day = map(int, re.split("[-/.]", short))
        return _date(today.year, month, day)
    if match["month"]:
        return _date(_year(match["year"], today), _int(match["month"]), _int(match["mday"]))
    if named := match["enmonth"] or match["dmonth"]:
        return _date(today.year, _EN_MONTHS.index(named[:3]) + 1, int(match["enmday"] or match["dmday"]))
    dom = _int(match["dom"] or match["endom"])
    if within := match["inmonth"]:
        ahead = 1 if within.startswith("下") else 0
        return _date(today.year + (today.month - 1 + ahead) // 12, (today.month - 1 + ahead) % 12 + 1, dom)
    return _next_numbered(dom, today)


def _next_feast(feast: str, today: date, next_year: bool) -> date | None:
    """Next year's only for those of January and February: 双十一 in November's last week is over."""
    month, day = _FEASTS[feast]
    this = date(today.year, month, day)
    return this.replace(year=today.year + 1) if next_year or (this < today and month <= 2) else this


def _next_numbered(dom: int, today: date) -> date | None:
    """The next day of that number; in a month that has none, the one after."""
    for ahead in range(3):
        month = today.month - 1 + ahead
        day = _date(today.year + month // 12, month % 12 + 1, dom)
        if day and day >= today:
            return day
    return None


def _year(said: str | None, today: date) -> int:
    if not said or said == "今年":
        return today.year
    if said in ("明年", "后年"):
        return today.year + (1 if said == "明年" else 2)
    number = int(said.rstrip("年"))
    return number if number > 99 else 2000 + number


def _int(words: str) -> int:
    value = numerals.parse(words)
    return -1 if value is None else int(value)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _clock(match: re.Match[str]) -> time | None:
    part = match["part"] or match["after"] or match["ampm"] or ""
    if match["noon"]:
        return time(12)
    if match["digital"]:
        hour, minute = map(int, match["digital"].split(":"))
    elif match["enhour"] or match["athour"]:
        hour, minute = int(match["enhour"] or match["athour"]), int(match["enminute"] or 0)
    else:
        hour, minute = _int(match["hour"]), _minute(match)
    hour = _of_day(hour, part, bare=not part or part.startswith("o"))
    return time(hour, minute) if 0 <= hour < 24 and 0 <= minute < 60 else None


def _minute(match: re.Match[str]) -> int:
    if match["half"]:
        return 30
    if match["quarter"]:
        return 15 if match["quarter"] == "一" else 45
    return _int(match["minute"]) if match["minute"] else 0


def _of_day(hour: int, part: str, *, bare: bool) -> int:
    """The hour on the 24-hour clock; 24 and more when it makes no sense with that part of the day."""
    if bare:
        return hour + 12 if 1 <= hour <= 6 else hour
    if part[0] in "下午傍夜" or part.startswith(("晚", "p", "in the a", "in the e", "afternoon", "evening", "今晚")):
        if hour == 12:
            return 12 if part[0] in "下午p" else 24
        return hour + 12 if hour < 12 else hour
    if part in ("中午", "正午", "晌午"):
        return hour + 12 if hour < 4 else hour
    if part[0] == "凌" or part.startswith("a"):
        return 0 if hour == 12 else hour
    return hour


_A_DAY = frozenset(_OF_A_DAY).union(start for start in DAY_STARTS if start.isascii())
_A_CLOCK = frozenset("点时:晚早午晨夜傍昼朝刻0123456789").union(start for start in CLOCK_STARTS if start.isascii())
DAYS = Reader(DAY_STARTS, _A_DAY, find_day)
CLOCKS = Reader(CLOCK_STARTS, _A_CLOCK, find_clock)
