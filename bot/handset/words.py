"""What the handset's page says: key -> (Chinese, English)."""

from __future__ import annotations

from typing import Final

from bot.pages import Words

WORDS: Final[Words] = {
    "title": ("叮咚 · 手机", "Dingdong · Handset"),
    "brand": ("叮咚", "Dingdong"),
    "verified": ("已认证商家", "Verified business"),
    "rcs_line": ("RCS 商家消息", "RCS business messaging"),
    "sms_line": ("短信", "Text message"),
    "composer_rcs": ("RCS 消息", "RCS message"),
    "composer_sms": ("短信", "Text message"),
    "send": ("发送", "Send"),
    "menu": ("手机设置", "Phone settings"),
    "close": ("关闭", "Close"),
    "empty": ("还没有消息", "No messages yet"),
    "empty_more": ("平台一有动静，这里就会亮起来。", "It lights up as soon as the platform has something to say."),
    "intro": (
        "一部在浏览器里的手机。它扮演运营商的网络：机器人发来的卡片和短信在这里出现，你在这里回复。",
        "A phone in your browser. It plays the carrier: what the bot sends appears here, and you answer here.",
    ),
    "phone": ("哪部手机", "Which phone"),
    "unnamed": ("手机", "Phone"),
    "rcs": ("RCS 富媒体消息", "RCS messaging"),
    "rcs_hint": (
        "关掉它，同一个问题就以普通短信出现。",
        "Switch it off and the same question comes as a plain text.",
    ),
    "theme": ("外观", "Appearance"),
    "theme_auto": ("自动", "Auto"),
    "theme_light": ("浅色", "Light"),
    "theme_dark": ("深色", "Dark"),
    "try": ("试试这样回", "Try answering"),
    "try_hint": ("点一下就填进输入框。", "One click puts it into the message box."),
    "platform": ("演示平台：货品与出价", "Demo platform: items and offers"),
    "console": ("客服控制台：每一步的来龙去脉", "Console: every step explained"),
    "as_sms": ("同一条消息的短信版", "The same message as a text"),
    "expired": ("已过期，未送达", "Expired before delivery"),
    "pending": ("发送中", "Sending"),
    "taken": ("已送达", "Delivered"),
    "refused": ("未送达", "Not delivered"),
    "typing": ("对方正在输入", "Typing"),
    "offline": ("连接已断开，正在重连…", "Connection lost, reconnecting…"),
    "today": ("今天", "Today"),
    "previous": ("上一张", "Previous card"),
    "next": ("下一张", "Next card"),
    "unknown_phone": ("没有这部手机", "There is no such phone"),
    "bad_text": ("请输入 1 到 2000 个字", "Write 1 to 2000 characters"),
    "stale_button": ("这部手机上没有这个按钮", "There is no such button on this phone"),
}

TRY: Final = ("Y", "一万六", "不卖", "延期3天", "TD", "人工")
"""Replies worth trying: a yes, a counter-price, a no, a request out of the blue, an opt-out, a person."""
