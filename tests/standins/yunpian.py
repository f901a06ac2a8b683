"""Yunpian, played after providers-cn.md 3: its sends, pulls, records and templates, signed replies, receipts by 100."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import math
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote_plus, urlencode

from aiohttp import web
from yarl import URL

from standins.base import WEBHOOK_SECRET, Push, Refusal, Sent, Standin, fresh_id

OPTIONAL = {"extend", "uid", "callback_url"}
SENDS: Mapping[str, tuple[set[str], set[str]]] = {
    "sms/single_send": ({"mobile", "text"}, OPTIONAL | {"register", "mobile_stat"}),
    "sms/batch_send": ({"mobile", "text"}, OPTIONAL | {"mobile_stat"}),
    "sms/multi_send": ({"mobile", "text"}, OPTIONAL),
    "sms/tpl_single_send": ({"mobile", "tpl_id", "tpl_value"}, OPTIONAL),
    "sms/tpl_batch_send": ({"mobile", "tpl_id", "tpl_value"}, OPTIONAL),
    "vsms/tpl_batch_send": ({"mobile", "tpl_id"}, {"uid", "tpl_param_json", "callback_url"}),
}
ASKS: Mapping[str, tuple[set[str], set[str]]] = {
    "sms/pull_status": (set(), {"page_size"}),
    "sms/pull_reply": (set(), {"page_size"}),
    "sms/get_record": ({"start_time", "end_time"}, {"mobile", "page_num", "page_size", "type"}),
    "tpl/get": (set(), {"tpl_id"}),
    "tpl/add": ({"tpl_content"}, {"notify_type", "lang"}),
    "vsms/get_tpl": ({"tpl_id"}, set()),
}
"""Of each call: the fields it needs besides the apikey, and those it may have."""
SINGLE = ("sms/single_send", "sms/tpl_single_send")
MANY = 1000
TEMPLATE, VIDEO = "1", "126"
TEXT_LIMIT = 500
UID_LIMIT = 256
BATCH = 100
FORM = "application/x-www-form-urlencoded;charset=utf-8"
JSON_TYPE = {"Content-Type": "application/json;charset=utf-8"}
BEIJING = timezone(timedelta(hours=8))


class YunpianStandin(Standin):
    """`key` is the account's apikey. `asked`: the calls, in order. `replies` and `receipts` wait to be pulled."""

    carrier = "yunpian"
    key_field = "apikeys"
    words: ClassVar = {"delivered": "SUCCESS", "failed": "FAIL"}

    def __init__(self, *, key: str = "0123456789abcdef0123456789abcdef", **base: Any) -> None:
        super().__init__(key=key, **base)
        self.templates = {TEMPLATE: "【叮咚】#words#"}
        self.videos: dict[str, dict[str, bytes]] = {}
        self.blacklist: set[str] = set()
        self.asked: list[str] = []
        self.replies: list[dict[str, Any]] = []
        self.receipts: list[dict[str, Any]] = []
        self.records: list[dict[str, Any]] = []
        self._sids = itertools.count(3_310_228_064)
        self._answers: Mapping[str, Callable[[dict[str, str]], object]] = {
            "sms/pull_status": lambda asked: _pulled(self.receipts, asked),
            "sms/pull_reply": lambda asked: _pulled(self.replies, asked),
            "sms/get_record": self._found,
            "tpl/get": self._template,
            "tpl/add": self._added,
            "vsms/get_tpl": self._video,
        }

    def table(self, **extra: Any) -> dict[str, Any]:
        mine = {"carrier": "yunpian", "base_url": f"{self.url}/v2", "apikeys": [self.key]}
        return {**mine, "video_url": f"{self.url}/v2", "webhook_secrets": [WEBHOOK_SECRET], **extra}

    def routes(self) -> list[web.RouteDef]:
        asked = [web.post(f"/v2/{path}.json", functools.partial(self._asked, path)) for path in (*SENDS, *ASKS)]
        return [*asked, web.post("/v2/vsms/add_tpl.json", self._made)]

    def acknowledged(self, status: int, body: bytes) -> bool:
        return status == 200 and body in (b"SUCCESS", b"0")

    # ------------------------------------------------------------ in

    async def _asked(self, path: str, request: web.Request) -> web.StreamResponse:
        try:
            fields = _checked(path, request.content_type, await request.read(), self.key)
            self.asked.append(path)
            if path in ASKS:
                return _said(self._answers[path](fields))
            said = self._texts(path, fields)
        except Refusal as no:
            self.refused.append(str(no))
            told = {"http_status_code": no.status, "code": no.code, "msg": no.why, "detail": no.why}
            return web.json_response(told, status=no.status)
        return await self.sending(request, lambda: self._taken(path, said, fields.get("uid", "")))

    async def _made(self, request: web.Request) -> web.StreamResponse:
        """vsms/add_tpl (3.6): a form with a layout and a flat zip, at least a text and a picture in it."""
        form = await request.post()
        try:
            if form.get("apikey") != self.key:
                raise Refusal(400, -1, "非法的apikey")
            if form.keys() - {"apikey", "sign", "layout", "material", "callback_url"}:
                raise Refusal(400, 2, "请求参数格式错误")
            sign, layout, material = (form.get(name) for name in ("sign", "layout", "material"))
            if not (isinstance(material, web.FileField) and re.fullmatch("【[^】]+】", str(sign))):
                raise Refusal(400, 1, "请求参数缺失")
            with zipfile.ZipFile(material.file) as packed:
                files = {name: packed.read(name) for name in packed.namelist()}
            told = json.loads(str(layout))
            shown = [one["fileName"] for frame in told["frames"] for one in frame["attachments"]]
            texts = [name for name in files if name.endswith(".txt")]
            if shown != [*files] or not 0 < len(texts) < len(files) <= 10 or len(told["subject"]) > 20:
                raise Refusal(400, 6, "添加模板失败")
            if sum(map(len, files.values())) > 1_800_000 or any("/" in name for name in files):
                raise Refusal(400, 6, "添加模板失败")
        except Refusal as no:
            self.refused.append(str(no))
            return web.json_response({"code": no.code, "msg": no.why}, status=no.status)
        code = str(200 + len(self.videos))
        self.videos[code] = files
        return _said({"code": 0, "msg": "ok", "data": {"tpl_id": int(code)}})

    def _texts(self, path: str, fields: dict[str, str]) -> list[tuple[str, str]]:
        """Each number with what goes to it; Refusal with Yunpian's code (3.7) if anything is not as documented."""
        mobiles = fields["mobile"].split(",")
        if len(mobiles) > (1 if path in SINGLE else MANY):
            raise Refusal(400, 2, "手机号过多")
        foreign = r"|\+(?!86)[1-9]\d{6,14}" if path in SINGLE else ""
        if not all(re.fullmatch(rf"1[3-9]\d{{9}}{foreign}", mobile) for mobile in mobiles):
            raise Refusal(400, 56, "手机号格式不正确")
        if path.startswith("vsms"):
            texts = self._videos(fields, len(mobiles))
        elif "tpl_id" in fields:
            texts = [self._filled(fields)] * len(mobiles)
        elif path == "sms/multi_send":
            texts = [unquote_plus(text) for text in fields["text"].split(",")]
        else:
            texts = [fields["text"]] * len(mobiles)
        if len(texts) != len(mobiles):
            raise Refusal(400, 25, "号码与内容数量不一致")
        for text in texts:
            if not re.match(r"【[^】]+】.", text, re.DOTALL):
                raise Refusal(400, 16, "签名格式不正确")
            if len(text) > TEXT_LIMIT:
                raise Refusal(400, 48, "参数长度超限")
        return list(zip(mobiles, texts, strict=True))

    def _filled(self, fields: dict[str, str]) -> str:
        template = self.templates.get(fields["tpl_id"])
        if template is None:
            raise Refusal(400, 5, "未找到对应id的模板")
        values = dict(parse_qsl(fields["tpl_value"]))
        if set(values) != set(re.findall(r"#\w+#", template)):
            raise Refusal(400, 58, "变量格式不正确")
        return re.sub(r"#\w+#", lambda found: values[found[0]], template)

    def _videos(self, fields: dict[str, str], count: int) -> list[str]:
        if fields["tpl_id"] != VIDEO:
            raise Refusal(400, 7, "模板不可用")
        params = json.loads(fields.get("tpl_param_json", "null")) or [{}] * count
        return [f"【叮咚】{json.dumps(one, ensure_ascii=False)}" for one in params]

    def _taken(self, path: str, said: list[tuple[str, str]], uid: str) -> web.Response:
        told = [self._take(mobile, text, uid) for mobile, text in said]
        if path in SINGLE:
            return _said(told[0], status=200 if told[0]["code"] == 0 else 400)
        total = sum(one.get("fee", 0.0) for one in told)
        return _said({"total_count": len(told), "total_fee": f"{total:.4f}", "unit": "RMB", "data": told})

    def _take(self, mobile: str, text: str, uid: str) -> dict[str, Any]:
        if mobile in self.blacklist:
            return {"code": 10, "msg": "手机号在黑名单中", "mobile": mobile}
        sid, count = next(self._sids), 1 if len(text) <= 70 else math.ceil(len(text) / 67)
        self.take(Sent(uid, mobile if mobile.startswith("+") else f"+86{mobile}", text, str(sid)))
        record = {"sid": str(sid), "mobile": mobile, "send_time": _now(), "text": text, "fee": count}
        waiting = {"send_status": "SUCCESS", "report_status": "UNKNOWN", "user_receive_time": None, "error_msg": None}
        self.records.append({**record, **waiting, "uid": uid or None})
        told = {"code": 0, "msg": "发送成功", "count": count, "fee": 0.05 * count, "unit": "RMB"}
        return {**told, "mobile": mobile, "sid": sid}

    # ------------------------------------------------------------ asked

    def _found(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        return [
            record
            for record in self.records
            if record["mobile"] == asked.get("mobile", record["mobile"])
            and asked["start_time"] <= record["send_time"] <= asked["end_time"]
        ]

    def _template(self, asked: dict[str, str]) -> dict[str, Any]:
        code = asked["tpl_id"]
        if code in self.templates:
            return {"tpl_id": int(code), "tpl_content": self.templates[code], "check_status": "SUCCESS", "reason": None}
        return {"tpl_id": int(code), "tpl_content": "您好", "check_status": "FAIL", "reason": "模板开头必须带签名"}

    def _added(self, asked: dict[str, str]) -> dict[str, Any]:
        if not asked["tpl_content"].startswith("【"):
            raise Refusal(400, 6, "添加模板失败")
        code = len(self.templates) + 1
        self.templates[str(code)] = asked["tpl_content"]
        return {"tpl_id": code, "tpl_content": asked["tpl_content"], "check_status": "CHECKING", "reason": None}

    def _video(self, asked: dict[str, str]) -> dict[str, Any]:
        told = {"tpl_id": int(asked["tpl_id"]), "check_status": "4", "reason": "已过期", "yd_enabled": "false"}
        return {"code": 0, "msg": "ok", "detail": None, "http_status_code": 200, "data": told}

    # ------------------------------------------------------------ out

    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        fields = reply_of(number, text, reply_id)
        if signed:
            fields["_sign"] = signature(fields, self.key)
        return _form("sms_reply", fields)

    def receipt_pushes(self, sent: Sequence[Sent], word: str) -> list[Push]:
        items = [receipt_of(one, word) for one in sent]
        return [_form("sms_status", items[first : first + BATCH]) for first in range(0, len(items), BATCH)]


def reply_of(number: str, text: str, reply_id: str = "") -> dict[str, str]:
    """A reply as it is pushed, unsigned, and pulled."""
    when = {"reply_time": _now(), "extend": "01", "base_extend": "8888"}
    return {"id": reply_id or fresh_id(), "mobile": _mobile(number), "text": text, **when}


def receipt_of(sent: Sent, word: str, error: str = "DB:0103") -> dict[str, Any]:
    """A receipt as it is pushed and pulled."""
    what = {"user_receive_time": _now(), "error_msg": "" if word == "SUCCESS" else error, "report_status": word}
    return {"sid": int(sent.provider_id), "uid": sent.id or None, "mobile": _mobile(sent.to), **what}


def signature(fields: dict[str, str], key: str) -> str:
    """MD5 of the values by field name and the key, joined by commas (3.5)."""
    values = [value for name, value in sorted(fields.items()) if name != "_sign"]
    return hashlib.md5(",".join([*values, key]).encode()).hexdigest()


def _checked(path: str, content_type: str, body: bytes, key: str) -> dict[str, str]:
    """The fields of a call; Refusal with Yunpian's code (3.7) if they are not those it has."""
    if content_type != "application/x-www-form-urlencoded":
        raise Refusal(400, 1, "请求参数缺失")
    fields = dict(URL.build(query_string=body.decode(), encoded=True).query)  # thousands a second: decoded in C
    needed, optional = SENDS[path] if path in SENDS else ASKS[path]
    if fields.pop("apikey", "") != key:
        raise Refusal(400, -1, "非法的apikey")
    if missing := needed - fields.keys():
        raise Refusal(400, 1, f"missing {sorted(missing)}")
    if unknown := fields.keys() - needed - optional:
        raise Refusal(400, 2, f"unknown field {sorted(unknown)}")
    if len(fields.get("uid", "")) > UID_LIMIT:
        raise Refusal(400, 48, "参数长度超限")
    if not re.fullmatch(r"\d*", fields.get("extend", "")):
        raise Refusal(400, 2, "extend 格式不正确")
    return fields


def _pulled(queue: list[dict[str, Any]], asked: dict[str, str]) -> list[dict[str, Any]]:
    size = int(asked.get("page_size", "20"))
    if not 1 <= size <= BATCH:
        raise Refusal(400, 2, "page_size")
    taken, queue[:] = queue[:size], queue[size:]
    return taken


def _said(value: object, status: int = 200) -> web.Response:
    return web.Response(body=json.dumps(value, ensure_ascii=False).encode(), headers=JSON_TYPE, status=status)


def _form(name: str, value: object) -> Push:
    body = urlencode({name: json.dumps(value, ensure_ascii=False, separators=(",", ":"))}).encode()
    return Push({"Content-Type": FORM}, body)


def _mobile(number: str) -> str:
    return number.removeprefix("+86")


def _now() -> str:
    return datetime.now(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


if __name__ == "__main__":
    from standins.process import main

    main(YunpianStandin)
