"""From what arrived to the words the person wrote.

Removed: full-width forms, case, traditional characters, invisible characters, a signature, a quoted
original, spaces between characters. Refused (the text is then unclear whatever it says): control and
bidi-override characters, letters and digits of other scripts, code, markup, addresses of web pages,
and instructions addressed to a machine.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import opencc

from flows.understand.replacing import replacing

LONGEST_MESSAGE = 4000
"""Characters, quoted original and all. RCS and joined SMS end well below; nothing longer is looked into."""

LONGEST_ANSWER = 500
"""Characters of the person's own. Nobody answers a question in more; a longer text is a story or an attack."""

_T2S = opencc.OpenCC("t2s")

# Zero-width, word joiner, BOM, LRM/RLM, soft hyphen, variation selectors, keycap, skin tones, emoji gender signs.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff\u2640\u2642]")

# Everything a Chinese or English reply is written in. Anything else is a look-alike, another script's
# digit, a control or a combining mark, and no letter of it may pass for one of ours.
_FOREIGN = re.compile(
    "[^\t\n\r -~"
    "\u00a0\u00a3\u00a5\u00b0\u00b7\u00d7"  # no-break space, £ ¥ ° · ×
    "\u2010-\u2027\u2028\u2029\u2030-\u205e"  # dashes, quotes, ellipsis, line separators
    "\u20ac"  # €
    "\u2190-\u21ff\u2300-\u23ff\u2460-\u2473\u25a0-\u27bf\u2b00-\u2bff"  # arrows, technical, circled, symbols
    "\u3000-\u303f\u3220-\u3229\u3280-\u3289"
    "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002fa1f"
    "\uff01-\uff5e\uffe0-\uffe6"
    "\U0001f191-\U0001f19a\U0001f250-\U0001f251\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f7e0-\U0001f7eb"
    "\U0001f900-\U0001faff]"
)
_FOLDABLE = (range(0x41, 0x5B), range(0xA0, 0x3400), range(0xFF00, 0xFFF0), range(0x1F100, 0x1F300))


def _folded() -> Mapping[str, str]:
    """What those characters are in plain form and lower case (NFKC); ❶ and ➀, which it leaves alone, are 1."""
    plain = {char: unicodedata.normalize("NFKC", char).lower() for codes in _FOLDABLE for char in map(chr, codes)}
    plain |= {chr(first + digit): str(digit) for first in (0x2775, 0x277F) for digit in range(1, 10)}
    return {
        character: form
        for character, form in plain.items()
        if form != character and " " not in form and not _FOREIGN.match(character)
    }


_FOLD = replacing(_folded().items())

_CODE = re.compile(
    r"\[/?(?:url|b|i|u|a|img|code|link|script|quote)\b|[{}<>\\`|=^]|\$[({a-z]|&#|&[a-z]+;|&&|%[0-9a-z]|;\s*(?:--|exit|drop|select|rm|ls|cat|shutdown|delete|commit)\b"
    r"|;\s*--|'\s*;|\.\./|__|/etc/|\(\)|/\*|\*/"
    r"|https?:|ftp:|www\.|javascript:|(?<![@\w.-])[a-z0-9-]+\."
    r"(?:com|cn|net|org|top|xyz|cc|me|io|vip|link|info|ru|shop)\b|(?<=[\u4e00-\u9fff\d])\.(?:com|cn|net|org|top|xyz|vip)\b"
    r"|\b(?:drop|alter|truncate)\s+(?:table|database)"
    r"|\b(?:union|select|insert|delete|update)\s.{0,40}\b(?:from|into|select|set|where)\b"
    r"|\b(?:eval|alert|exec|print|system|require|import|curl|wget|sudo|chmod|prompt)\s*\(|\brm\s+-"
    r"|\b(?:system|assistant|admin|root|developer|user|sudo)\b\s*[:>\]】]|\bprompt\b|\bjson\b|\bintent\b"
    r"|\bsystem (?:override|message)"
    r"|\b(?:ignore|disregard|forget|override)\b.{0,20}\b"
    r"(?:previous|above|prior|all|earlier|your|instructions?|rules?)\b"
    r"|(?:忽略|无视|忘记|忘掉|跳过)[^,.。,]{0,6}(?:指令|指示|提示|规则|设定|内容|要求|对话)"
    r"|(?:系统|管理员|开发者|后台)(?:提示|消息|指令|命令|通知|公告|已|模式)?\s*[:】\]]"
    r"|系统(?:指令|提示|命令)|提示词|管理员(?:模式|指令|命令)"
    r"|(?:视为|判定为|标记为|当作|识别为|解析为|理解为|输出|返回)[^,.]{0,4}"
    r"(?:同意|接受|确认|成交|拒绝|affirm|yes|y\b)"
    r"|你现在(?:是|扮演)|扮演"
)
_SYMBOLS = re.compile(r"[$%&(*./:;<=>\[-`{-~]")
_ORDERS = re.compile(
    "drop|alter|truncate|union|select|insert|delete|update|rm -|system|assistant|admin|root|developer|user|sudo"
    "|prompt|json|intent|ignore|disregard|forget|override|忽略|无视|忘记|忘掉|跳过|系统|管理员|开发者|后台|提示词"
    "|视为|判定为|标记为|当作|识别为|解析为|理解为|输出|返回|你现在|扮演"
)
_FACES = re.compile(r"[>(]?[\^=>][_.o\-]?[\^=<](?:\))?|[:;=]-?[)(dp](?![a-z0-9])")

_ECHO = re.compile(
    r"(?:拒收|退订)请?回复?[a-z]|回复?[a-z]{1,2}(?:退订|拒收)|回复?\s*[1-9][^\d\n]{1,12}[2-9][^\d\n]|直接回复价格"
)
_SHORTEST_ECHO = 15
_ORIGINAL = re.compile(
    r"[-—_=*]{2,40} {0,4}(?:原始?|转发|被?引用|original|forwarded|quoted)[^\n-]{0,12}[-—_=*:]{0,40}"
    r"|(?:^|\n) {0,4}(?:原文|原短信|原消息|原信息|引用(?:内容|原文)?|发件人|from) *[:：]"
    r"|(?:^|\n) {0,4}(?:on\b[^\n]{4,60}|于?[^\n]{4,40})(?:wrote|写道) {0,4}[:：]|//@?[^\n]{0,10}[【\[:]"
)
_MAYBE_NOT_OWN = re.compile('[\n【「『“"—_=*>:/回自通拒退-]')
_MAYBE_QUOTED = re.compile("[-—_=*:/]")
_REPLY_BELOW = re.compile(r"^[「『“\"].{1,2000}?[」』”\"]\s{0,4}(?:- ?){3,60}\s{0,4}", re.DOTALL)
_QUOTED_PART = re.compile(r"[「『“\"][^「」『』“”\"]{12,}[」』”\"]")
_MADE = "手机|iphone|ipad|android|安卓|客户端|邮箱|watch|平板|荣耀|小米|华为|vivo|oppo|三星|苹果|魅族|一加|mate"
_DEVICE = re.compile(
    rf"[\s,.;—–-]{{0,9}}(?:发送?自|来自)[^\n,.!?]{{0,14}}?(?:{_MADE})[a-z0-9 +]{{0,10}}(?:手机|客户端)?\s*$"
    rf"|[\s,.;—–-]{{0,9}}通过[^\n,.!?]{{0,14}}?(?:{_MADE})(?:发送|发出)\s*$"
    r"|[\s,.;—–-]{0,9}(?:sent|send) from (?:my )?[^\n,.!?]{1,20}$"
)
_LONGEST_SIGNATURE = 60
_SIGN = r"【[^】\n不别没拒退停取消\d]{1,16}】"
_SIGNED = re.compile(rf"^\s*{_SIGN}|{_SIGN}\s*$")
_PASTED = re.compile(r"(?<=.)【[^】\n]{1,16}】(?=.{12})", re.DOTALL)

_HAN = "\u3400-\u9fff\U00020000-\U0002fa1f"
_GAP = re.compile(rf" (?:(?<=[{_HAN}] )(?=[{_HAN}\d])|(?<=\d )(?=[{_HAN}]))")
_SPELT = re.compile(r"[a-z0-9](?<![a-z0-9.'].)(?: [a-z0-9])+(?![a-z0-9.])")
_THOUSANDS = re.compile(r"\d(?<![\d.]\d)\d{0,2}(?: \d{3})+(?![\d.])")
_RUN_OF_BLANKS = re.compile(r"[ \t\r\u2028\u2029\u3000]+")
_OTHER_BLANK = re.compile(r"[\t\r\u2028\u2029\u3000]")


@dataclass(frozen=True, slots=True)
class Words:
    """What is left to read: lower case, simplified, ASCII punctuation.

    refused: why the text must not be read at all ("" = it may); `text` is empty then.
    """

    text: str
    refused: str = ""


def normalise(raw: str) -> Words:
    """The person's own words, or the reason they are not to be read. Linear in the length of `raw`."""
    text = raw.strip().rstrip("~～")
    if len(text) > LONGEST_MESSAGE:
        return Words("", f"is longer than {LONGEST_MESSAGE} characters")
    if not text.isascii():
        if _INVISIBLE.search(text):
            text = _INVISIBLE.sub("", text)
        if found := _FOREIGN.search(text):
            return Words("", f"holds U+{ord(found[0]):04X}, which no Chinese or English reply is written in")
        text = _T2S.convert(_FOLD(text))
    elif found := _FOREIGN.search(text):
        return Words("", f"holds the control character U+{ord(found[0]):04X}")
    else:
        text = text.lower()
    text = _own_words(text.replace("\r\n", "\n"))
    if len(text) > LONGEST_ANSWER:
        return Words("", f"is longer than {LONGEST_ANSWER} characters")
    if (_SYMBOLS.search(text) or _ORDERS.search(text)) and (found := _CODE.search(text := _FACES.sub(" ", text))):
        return Words("", f"carries code, an address or an instruction to a machine ({found[0][:20]!r})")
    return Words(_without_gaps(text))


def _own_words(text: str) -> str:
    """Without the quoted original and the signature."""
    if "from" not in text and not _MAYBE_NOT_OWN.search(text):
        return text
    text = _REPLY_BELOW.sub("", text, count=1)
    if _MAYBE_QUOTED.search(text):
        text = _ORIGINAL.split(text, maxsplit=1)[0]
    text = _QUOTED_PART.sub(lambda quoted: "" if _ECHO.search(quoted[0]) else quoted[0], text)
    text = _PASTED.split(text, maxsplit=1)[0]
    lines = [line for line in text.split("\n") if not (line.startswith(">") or _echoes(line))]
    text = "\n".join(lines).strip()
    text = (text[:-_LONGEST_SIGNATURE] + _DEVICE.sub("", text[-_LONGEST_SIGNATURE:])).strip()
    unsigned = _SIGNED.sub("", text).strip()
    return unsigned or text


def _echoes(line: str) -> bool:
    """True for a line of our own message, which says what to answer with what."""
    return len(line) >= _SHORTEST_ECHO and _ECHO.search(line) is not None


def _without_gaps(text: str) -> str:
    """Spaces between Chinese characters, and between letters or digits written one by one, mean nothing."""
    if "  " in text or _OTHER_BLANK.search(text):
        text = _RUN_OF_BLANKS.sub(" ", text)
    text = text.strip()
    if " " in text:
        text = _GAP.sub("", text)
        for written_apart in (_SPELT, _THOUSANDS):
            text = written_apart.sub(lambda spelt: spelt[0].replace(" ", ""), text)
    return text
