"""Every construct of RBM's contentMessage, by name: what a card can become and the phone has to show.

Addresses are under `FILES`, which `on(url)` puts a server's in place of.
"""

from __future__ import annotations

import json
from typing import Any, Final

FILES: Final = "https://files.example.com"


def reply(text: str, postback: str = "ask:t9.1:yes") -> dict[str, Any]:
    return {"reply": {"text": text, "postbackData": postback}}


def action(text: str, **kind: Any) -> dict[str, Any]:
    return {"action": {"text": text, "postbackData": "open:t9.1:1", **kind}}


def card(content: dict[str, Any], **standalone: str) -> dict[str, Any]:
    return {"richCard": {"standaloneCard": {"cardOrientation": "VERTICAL", **standalone, "cardContent": content}}}


def carousel(contents: list[dict[str, Any]], width: str = "MEDIUM") -> dict[str, Any]:
    return {"richCard": {"carouselCard": {"cardWidth": width, "cardContents": contents}}}


def media(name: str, height: str = "MEDIUM", thumbnail: str = "") -> dict[str, Any]:
    info = {"fileUrl": f"{FILES}/{name}", **({"thumbnailUrl": f"{FILES}/{thumbnail}"} if thumbnail else {})}
    return {"height": height, "contentInfo": info}


OPEN: Final = action("查看商品", openUrlAction={"url": f"{FILES}/page.html"})
ACTIONS: Final[dict[str, dict[str, Any]]] = {
    "open": OPEN,
    "webview_full": action(
        "看详情", openUrlAction={"url": f"{FILES}/page.html", "application": "WEBVIEW", "webviewViewMode": "FULL"}
    ),
    "webview_half": action(
        "看半屏", openUrlAction={"url": f"{FILES}/page.html", "application": "WEBVIEW", "webviewViewMode": "HALF"}
    ),
    "webview_tall": action(
        "看大半屏", openUrlAction={"url": f"{FILES}/page.html", "application": "WEBVIEW", "webviewViewMode": "TALL"}
    ),
    "dial": action("致电客服", dialAction={"phoneNumber": "+864008208820"}),
    "map": action(
        "门店位置",
        viewLocationAction={"latLong": {"latitude": 31.2304, "longitude": 121.4737}, "label": "拾光寄售 · 人民广场店"},
        fallbackUrl=f"{FILES}/page.html",
    ),
    "map_query": action("搜索门店", viewLocationAction={"query": "上海 拾光寄售"}),
    "share": action("发送位置", shareLocationAction={}),
    "calendar": action(
        "加入日历",
        createCalendarEventAction={
            "startTime": "2026-12-03T06:00:00Z",
            "endTime": "2026-12-03T06:30:00Z",
            "title": "顺丰上门取件：腕表 #3287",
            "description": "请把保卡和发票一起放进包装盒。",
        },
    ),
    "compose": action(
        "发给朋友", composeAction={"composeTextMessage": {"phoneNumber": "+8613900139000", "text": "看看这个"}}
    ),
    "record": action(
        "录音留言", composeAction={"composeRecordingMessage": {"phoneNumber": "+8613900139000", "type": "AUDIO"}}
    ),
}

OFFER: Final = card(
    {
        "title": "有人出价 ¥15,200",
        "description": "您寄售的腕表（编号#3287）有买家出价 ¥15,200，12月3日 18:00前有效。",
        "media": media("watch.svg"),
        "suggestions": [reply("接受"), reply("拒绝", "ask:t9.1:no"), reply("还价", "ask:t9.1:counter"), OPEN],
    }
)
PICK: Final = {
    **carousel(
        [
            {
                "title": title,
                "description": f"寄售至 {until}，还剩 {left} 天",
                "media": media(picture),
                "suggestions": [reply("延期 30 天", f"ask:t9.1:extend{n}"), reply("降价", f"ask:t9.1:reprice{n}")],
            }
            for n, (title, until, left, picture) in enumerate(
                [
                    ("蓝面自动腕表", "11月30日", 3, "watch.svg"),
                    ("酒红色翻盖手袋", "12月2日", 5, "bag.svg"),
                    ("旁轴相机", "12月4日", 7, "camera.svg"),
                ]
            )
        ]
    ),
    "suggestions": [reply("全部延期", "ask:t9.1:all"), reply("都不延期", "ask:t9.1:none"), ACTIONS["dial"]],
}

CONSTRUCTS: Final[dict[str, dict[str, Any]]] = {
    "text": {"text": "您好，有什么可以帮您？"},
    "text_with_chips": {
        "text": "还要继续寄售吗？",
        "suggestions": [reply("继续"), reply("取回", "ask:t9.1:back"), OPEN],
    },
    "text_with_every_action": {"text": "这些都可以点。", "suggestions": list(ACTIONS.values())},
    "offer": OFFER,
    "short": card({"title": "矮图", "media": media("bag.svg", "SHORT")}),
    "tall": card({"title": "高图", "media": media("bag.svg", "TALL")}),
    "media_only": card({"media": media("camera.svg")}),
    "title_only": card({"title": "只有标题"}),
    "horizontal_left": card(
        {
            "title": "已发货",
            "description": "顺丰 SF1024，预计明天送达。",
            "media": media("bag.svg"),
            "suggestions": [OPEN],
        },
        cardOrientation="HORIZONTAL",
        thumbnailImageAlignment="LEFT",
    ),
    "horizontal_right": card(
        {"title": "已签收", "description": "感谢信任。", "media": media("camera.svg")},
        cardOrientation="HORIZONTAL",
        thumbnailImageAlignment="RIGHT",
    ),
    "carousel": PICK,
    "carousel_small": carousel(
        [{"title": f"第{n}件", "description": "¥1,200", "media": media("bag.svg", "SHORT")} for n in range(1, 11)],
        "SMALL",
    ),
    "video_card": card({"title": "验货视频", "media": media("inspection.mp4", "TALL", "watch.svg")}),
    "pdf_card": card({"title": "鉴定报告", "media": media("鉴定报告.pdf"), "suggestions": [reply("收到")]}),
    "uploaded_card": card(
        {"title": "存在 Google", "media": {"height": "SHORT", "uploadedRbmFile": {"fileName": "files/abc"}}}
    ),
    "image": {"contentInfo": {"fileUrl": f"{FILES}/watch.svg"}},
    "video": {"contentInfo": {"fileUrl": f"{FILES}/inspection.mp4", "thumbnailUrl": f"{FILES}/watch.svg"}},
    "audio": {"contentInfo": {"fileUrl": f"{FILES}/note.wav", "forceRefresh": True}},
    "pdf": {
        "contentInfo": {"fileUrl": f"{FILES}/report-3287.pdf", "thumbnailUrl": f"{FILES}/camera.svg"},
        "suggestions": [reply("收到")],
    },
    "uploaded": {"uploadedRbmFile": {"fileName": "files/1234", "thumbnailName": "files/1235"}},
    "broken_picture": card({"title": "图没了", "media": media("nothing.jpg")}),
    "eleven_chips": {
        "text": "选一个日子",
        "suggestions": [reply(f"12月{n}日", f"ask:t9.1:d{n}") for n in range(1, 12)],
    },
    "ten_cards": carousel(
        [{"title": f"第{n}件", "suggestions": [reply("选它", f"ask:t9.1:c{n}")]} for n in range(1, 11)]
    ),
    "very_long": card(
        {"title": "很" * 200, "description": "长" * 2000, "suggestions": [reply("W" * 25), reply("字" * 25, "p2")]}
    ),
    "unbroken": {"text": "x" * 3072},
    "emoji": {"text": "🎉 成交！👩🏽‍🤝‍👨🏻 \U0001f1e8\U0001f1f3"},
    "right_to_left": {
        **card({"title": "عرض جديد بقيمة 15,200", "description": "هل تقبل العرض؟", "suggestions": [reply("قبول")]}),
        "suggestions": [reply("رفض", "ask:t9.1:no")],
    },
}
"""A name for each thing there is to show; the limits of RBM are among them."""


def on(url: str, message: dict[str, Any]) -> dict[str, Any]:
    """The message with its files at this server."""
    moved: dict[str, Any] = json.loads(json.dumps(message).replace(FILES, url))
    return moved
