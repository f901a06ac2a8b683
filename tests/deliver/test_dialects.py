"""A card goes out in the JSON its carrier takes, with what only that one can say."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from standins.base import Standin
from standins.fivegmsg import FivegmsgStandin
from standins.fivegmsg_xml import FivegmsgXmlStandin
from support.bot import ANNE, Journal, commit, settings, telling
from support.cards import written

from bot.compose import runtime
from bot.deliver.sender import Sender

CARD = """
    title: 写给我们
    media: {url: 'https://shop.example/a.jpg', alt: 一块表, size: '1234'}
    buttons:
      - {compose: 写短信, number: '+8613800138000', words: 你好}
      - {open: 打开, url: 'https://shop.example'}
"""


@pytest.mark.parametrize("platform", [FivegmsgStandin(), FivegmsgXmlStandin()], ids=["ct_cu", "cm"])
async def test_a_5g_phone_is_shown_what_rbm_cannot_say(tmp_path: Path, store_url: str, platform: Standin) -> None:
    """A button that writes a message, what the picture shows, and its size."""
    async with platform, runtime(settings(tmp_path, platform, store={"shards": 2}), store_url) as made:
        rt = replace(made, cards=written(tmp_path, CARD))
        stopping = asyncio.Event()
        running = asyncio.create_task(Sender(rt).run(stopping))
        (message,) = await commit(rt, ANNE, telling("test/card"))
        await Journal(rt.store).of("status", id=message, status="sent")
        stopping.set()
        await running
    [sent] = platform.sent
    shown: Any = sent.content if isinstance(sent.content, dict) else sent.content[0]
    content = shown["message"]["generalPurposeCard"]["content"]
    assert content["media"]["contentDescription"] == "一块表"
    assert content["media"]["mediaFileSize"] == 1234
    assert [list(one["action"])[-1] for one in content["suggestions"]] == ["composeAction", "urlAction"]
