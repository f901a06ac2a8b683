"""Pictures, a sound, a paper and a web page, as cards name them: what stands outside the handset."""

from __future__ import annotations

import io
import math
import struct
import wave
from pathlib import Path

from aiohttp import web

PICTURES = Path(__file__).parents[2] / "bot" / "demo" / "static"

PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>3287</title><body style="margin:0;font-family:sans-serif;color:#171a23">
<img src="watch.svg" style="width:100%;height:230px;object-fit:cover" alt="">
<div style="padding:18px"><h1 style="font-size:21px;margin:0">Aurel 蓝面自动腕表 40mm</h1>
<p style="color:#5c6375">编号 3287 · 成色 95 新</p><p style="font-size:25px;font-weight:600">¥16,800</p></div>"""


def route() -> web.RouteDef:
    """Serves them under /files/."""
    return web.get("/files/{name}", _file)


async def _file(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name == "page.html":
        return web.Response(text=PAGE, content_type="text/html")
    if name == "note.wav":
        return web.Response(body=_tone(), content_type="audio/wav")
    if name.endswith(".svg") and (PICTURES / name).is_file():
        return web.Response(body=(PICTURES / name).read_bytes(), content_type="image/svg+xml")
    raise web.HTTPNotFound


def _tone(seconds: float = 3.0, rate: int = 8000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        samples = (int(6000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(int(seconds * rate)))
        wav.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return out.getvalue()
