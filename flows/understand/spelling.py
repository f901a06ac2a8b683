"""Typos with one obvious reading, and pinyin, put back into the characters that were meant.

A table of homophones and look-alikes per keyword, not a measure of likeness: 不同意 is near 同意 by any
measure, and is its opposite. A character that makes another real word stands in no class.
"""

from __future__ import annotations

import re
from itertools import product

# word -> for each of its characters, what is typed or heard instead of it.
_HEARD: dict[str, tuple[str, ...]] = {
    "同意": ("同童铜桐通彤", "意义易议亿艺益谊"),
    "可以": ("可科渴", "以已亿矣宜"),
    "接受": ("接街结节洁", "受授兽寿瘦"),
    "拒绝": ("拒据巨具聚距", "绝决觉掘诀"),
    "成交": ("成程诚承城", "交教娇焦叫"),
    "确认": ("确却雀", "认任人忍刃"),
    "取消": ("取去娶曲区", "消肖销宵削屑"),
    "改期": ("改该盖", "期其气棋"),
    "延期": ("延严廷沿言盐研颜炎燕", "期其气棋妻"),
    "延长": ("延严廷沿言盐研", "长常场"),
    "续期": ("续序绪", "期其棋"),
    "取回": ("取娶", "回会迴徊"),
    "寄回": ("寄季记继", "回会迴"),
    "降价": ("降将酱", "价架驾"),
    "退货": ("退推腿褪煺", "货获祸或火伙"),
    "退订": ("退推腿褪煺", "订定丁顶钉叮盯锭"),
    "支付宝": ("支之知只枝织芝", "付富附副复傅", "宝保饱包堡"),
    "微信": ("微威维薇卫", "信新芯心"),
    "银行卡": ("银引音吟", "行航", "卡咔"),
    "人工": ("人仁", "工公功"),
    "客服": ("客课克刻", "服付伏府扶"),
    "投诉": ("投头", "诉述"),
    "没问题": ("没木么莫", "问文", "题提"),
    "谢谢": ("谢写", "谢写"),
    "不卖": ("不卟", "卖麦迈"),
    "不行": ("不", "行型形"),
    "物流": ("物勿", "流留"),
    "快递": ("快块", "递弟"),
    "满分": ("满", "分份"),
}
_REAL_WORDS = frozenset(
    {"谢写", "写谢", "写写", "去屑", "具决", "成教", "承教", "寄会", "记会", "记回", "继会", "快递", "引航", "引行"}
)

# syllables -> the characters; every Latin word of a text must be covered before any is changed.
_PINYIN = {
    "ke yi": "可以", "tong yi": "同意", "xing": "行", "hao": "好", "hao de": "好的", "hao ba": "好吧", "xing ba": "行吧",
    "cheng jiao": "成交", "jie shou": "接受", "cheng": "成", "zhong": "中", "tuo": "妥", "mai": "卖", "mai le": "卖了",
    "mei wen ti": "没问题", "ju jue": "拒绝", "bu": "不", "bu mai": "不卖", "bu xing": "不行", "bu yao": "不要",
    "bu yong": "不用", "bie": "别", "bu ke yi": "不可以", "suan le": "算了", "que ren": "确认", "que ding": "确定", "qu xiao": "取消",
    "gai qi": "改期", "gai": "改", "gai dao": "改到", "gai tian": "改天", "yan qi": "延期", "yan": "延", "yan chang": "延长", "xu qi": "续期",
    "xu": "续", "qu hui": "取回", "na hui": "拿回", "na hui lai": "拿回来", "ji hui": "寄回", "ji hui lai": "寄回来", "jiang jia": "降价",
    "jiang": "降", "tiao": "调", "tui huo": "退货", "tui ding": "退订", "wei xin": "微信", "zhi fu bao": "支付宝", "yin hang ka": "银行卡",
    "yin hang": "银行", "ren gong": "人工", "zhuan ren gong": "转人工", "ke fu": "客服", "tou su": "投诉", "xie xie": "谢谢", "duo xie": "多谢",
    "wo": "我", "wo yao": "我要", "yao": "要", "de": "的", "le": "了", "ba": "吧", "a": "啊", "ma": "吗", "tian": "天", "zhou": "周", "yue": "月",
    "ge yue": "个月", "hao a": "好啊", "yi zhou": "一周", "yi ge yue": "一个月", "ji xu mai": "继续卖", "fen": "分", "xing ji": "星级",
    "man fen": "满分", "wu fen": "五分", "si fen": "四分", "san fen": "三分", "wu xing": "五星", "dao na le": "到哪了",
    "dao na li le": "到哪里了", "kuai di": "快递", "wu liu": "物流", "shen me shi hou": "什么时候", "dao": "到", "fa huo": "发货",
    "ni shi shei": "你是谁", "ni shi shui": "你是谁", "zen me": "怎么", "hui fu": "回复", "hui fu ding yue": "恢复订阅", "bang zhu": "帮助",
    "yi wan": "一万", "wan": "万", "kuai": "块", "yuan": "元", "yi": "一", "san": "三", "si": "四", "wu": "五", "liu": "六", "qi": "七", "ba tian": "八天",
    "liang": "两", "shi": "是", "zai": "再", "ming tian": "明天", "hou tian": "后天", "xia zhou": "下周", "xia wu": "下午", "shang wu": "上午",
    "dian": "点", "zhun shi dao": "准时到", "hui qu": "会去", "bu qu": "不去", "bu qu le": "不去了", "neng": "能", "neng bu neng": "能不能",
    "di yi ge": "第一个", "di er ge": "第二个", "di san ge": "第三个", "xuan": "选", "yong": "用", "da": "打", "qian": "钱",
}  # fmt: skip
_ABBREVIATED = {"zfb": "支付宝", "yhk": "银行卡", "wx": "微信", "vx": "微信", "v信": "微信"}

_BY_SOUND = {
    "".join(typed): word
    for word, classes in _HEARD.items()
    for typed in product(*classes)
    if "".join(typed) != word and "".join(typed) not in _REAL_WORDS
}
_STARTS = "".join(sorted({typed[0] for typed in _BY_SOUND}))
_TYPED = re.compile(
    f"(?=[{_STARTS}])(?:" + "|".join("".join(f"[{kind}]" for kind in kinds) for kinds in _HEARD.values()) + ")"
)
_BA = re.compile("(?<=[来了卖行好以货回意])把$")
_BY_PINYIN = {syllables.replace(" ", ""): word for syllables, word in _PINYIN.items()} | _ABBREVIATED
_LATIN = re.compile(r"[a-z]+(?: [a-z]+)*")
_LONGEST_PINYIN = max(map(len, _BY_PINYIN))


def correct(text: str) -> str:
    """`text` with homophone typos and pinyin replaced by what was meant; anything doubtful is left as it is."""
    if not text.isascii():
        text = _TYPED.sub(lambda typed: _BY_SOUND.get(typed[0], typed[0]), text)
        text = _BA.sub("吧", text)
    return _LATIN.sub(lambda run: _characters(run[0]) or run[0], text)


def _characters(run: str) -> str:
    """A run of Latin words as Chinese when all of it is known pinyin, else ""."""
    letters = run.replace(" ", "")
    if len(letters) == 1:
        return ""
    said, at = "", 0
    while at < len(letters):
        for end in range(min(len(letters), at + _LONGEST_PINYIN), at, -1):
            if word := _BY_PINYIN.get(letters[at:end]):
                said, at = said + word, end
                break
        else:
            return ""
    return said
