"""Aliyun, played after providers-cn.md 1: signed calls, templates, batches, cards, look-ups, unsigned pushes."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

from aiohttp import web

from bot.messages import Sendable, TemplateUse
from flows.values import replace
from standins.aliyun_rules import SIGN, checked, filled, number, parsed
from standins.base import WEBHOOK_SECRET, Push, Refusal, Sent, Standin, fresh_id

BEIJING = timezone(timedelta(hours=8))
BATCH = 100
TEXT, CARD, DIGITAL = "SMS_154950909", "CARD_SMS_60", "DIGITAL_SMS_7"


class AliyunStandin(Standin):
    """`key` is the access key's secret. `no_cards` are the phones that draw none; `asked` the actions, in order."""

    carrier = "aliyun"
    key_field = "access_key_secret"
    words: ClassVar = {"delivered": "DELIVERED", "failed": "MOBILE_NOT_ON_SERVICE"}
    signs = False

    def __init__(self, *, key: str = "aliyun-secret", **base: Any) -> None:
        super().__init__(key=key, **base)
        self.digital: dict[str, dict[str, bytes]] = {}
        self.templates = {TEXT: "${words}", CARD: "${words}", DIGITAL: "${words}"}
        self.no_cards: set[str] = set()
        self.asked: list[str] = []
        self._ids = itertools.count(900_619_746_936_498_440)
        self._nonces: set[str] = set()
        self._details: list[dict[str, Any]] = []
        self._sends: dict[str, Callable[[dict[str, str]], Callable[[], dict[str, Any]]]] = {
            "SendSms": self._send_sms,
            "SendBatchSms": self._send_batch_sms,
            "SendCardSms": self._send_card_sms,
        }
        self._answers: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
            "QuerySendDetails": self._query_send_details,
            "GetCardSmsDetails": self._get_card_sms_details,
            "CheckMobilesCardSupport": self._check_mobiles_card_support,
            "QueryMobilesCardSupport": self._query_mobiles_card_support,
            "QuerySmsTemplate": self._query_sms_template,
            "QuerySmsSign": self._query_sms_sign,
            "AddSmsTemplate": self._add_sms_template,
            "CreateSmsSign": self._create_sms_sign,
            "CreateDigitalSmsTemplate": self._create_digital_sms_template,
        }

    def table(self, **extra: Any) -> dict[str, Any]:
        keys = {"access_key_id": "aliyun-key-id", "access_key_secret": self.key}
        mine = {"carrier": "aliyun", "base_url": self.url, **keys, "signature": SIGN}
        return {**mine, "webhook_secrets": [WEBHOOK_SECRET], **extra}

    def wrong_credentials(self) -> dict[str, Any]:
        return {"access_key_secret": "nobody"}

    def registered(self, message: Sendable) -> Sendable:
        return replace(message, template=TemplateUse(TEXT, {"words": message.text.removeprefix(f"【{SIGN}】")}))

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/", self._asked)]

    def acknowledged(self, status: int, body: bytes) -> bool:
        try:
            return status == 200 and isinstance(json.loads(body)["code"], int)
        except (ValueError, TypeError, LookupError):
            return False

    # ------------------------------------------------------------ in

    async def _asked(self, request: web.Request) -> web.StreamResponse:
        try:
            action, fields = checked(request, await request.read(), "aliyun-key-id", self.key, self._nonces)
            self.asked.append(action)
            if action in self._answers:
                return _said(**self._answers[action](fields))
            take = self._sends[action](fields)
        except Refusal as no:
            self.refused.append(str(no))
            return web.json_response({"Code": no.code, "Message": no.why, "RequestId": fresh_id()}, status=no.status)
        return await self.sending(request, lambda: _said(**take()))

    def _send_sms(self, fields: dict[str, str]) -> Callable[[], dict[str, Any]]:
        numbers = [number(one) for one in fields["PhoneNumbers"].split(",")]
        if len(numbers) > 1000:
            raise Refusal(200, "isv.MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制")
        text = filled(self.templates, fields["TemplateCode"], fields["SignName"], fields.get("TemplateParam", ""))
        return lambda: self._taken([(one, text) for one in numbers], fields["TemplateCode"], fields.get("OutId", ""))

    def _send_batch_sms(self, fields: dict[str, str]) -> Callable[[], dict[str, Any]]:
        numbers = [number(one) for one in parsed(fields["PhoneNumberJson"], list)]
        signs = parsed(fields["SignNameJson"], list)
        params = parsed(fields.get("TemplateParamJson", "null"), list) if "TemplateParamJson" in fields else []
        params = params or [{}] * len(numbers)
        if len(numbers) > BATCH:
            raise Refusal(200, "isv.MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制")
        if not len(numbers) == len(signs) == len(params):
            raise Refusal(200, "isv.INVALID_JSON_PARAM", "数组长度不一致")
        code = fields["TemplateCode"]
        texts = [filled(self.templates, code, sign, json.dumps(p)) for sign, p in zip(signs, params, strict=True)]
        return lambda: self._taken(list(zip(numbers, texts, strict=True)), code, fields.get("OutId", ""))

    def _send_card_sms(self, fields: dict[str, str]) -> Callable[[], dict[str, Any]]:
        to, out_id = number(fields["CardObjects.1.mobile"]), fields.get("OutId", "")
        draws = to not in self.no_cards
        if not draws and fields["FallbackType"] != "SMS":
            raise Refusal(200, "isv.UNSUPPORTED_CONTENT", "不支持的短信内容")
        code = fields["CardTemplateCode"] if draws else fields["SmsTemplateCode"]
        params = fields.get("CardObjects.1.dyncParams" if draws else "SmsTemplateParam", "")
        text = filled(self.templates, code, fields["SignName"], params)

        def take() -> dict[str, Any]:
            biz = self._taken([(to, text)], code, out_id)["BizId"]
            data = {"CardTmpState": 1, "BizCardId" if draws else "BizSmsId": biz}
            mobile = "MediaMobiles" if draws else "NotMediaMobiles"
            return {"Success": True, "Data": {**data, mobile: to.removeprefix("+86")}}

        return take

    def _taken(self, messages: list[tuple[str, str]], code: str, out_id: str) -> dict[str, Any]:
        biz = f"{next(self._ids)}^0"
        for to, text in messages:
            detail = {"PhoneNum": to, "SendStatus": 1, "ErrCode": "", "OutId": out_id, "TemplateCode": code}
            self._details.append({**detail, "Content": text, "SendDate": _now(), "BizId": biz})
            self.take(Sent(out_id, to, text, biz))
        return {"BizId": biz}

    def became(self, sent: Sent, status: int, code: str) -> None:
        """From now on a look-up says so. status: 1 waiting, 2 failed, 3 delivered."""
        for detail in self._details:
            if (detail["BizId"], detail["PhoneNum"]) == (sent.provider_id, sent.to):
                detail |= {"SendStatus": status, "ErrCode": code, "ReceiveDate": _now()}

    # ------------------------------------------------------------ asked

    def _found(self, fields: dict[str, str], *, cards: bool) -> list[dict[str, Any]]:
        biz = fields.get("BizCardId" if cards else "BizId")
        return [
            {**detail, "PhoneNum": fields["PhoneNumber"]}
            for detail in self._details
            if detail["PhoneNum"] == number(fields["PhoneNumber"])
            and detail["SendDate"][:10].replace("-", "") == fields["SendDate"]
            and detail["TemplateCode"].startswith("CARD_") is cards
            and biz in (None, detail["BizId"])
        ]

    def _query_send_details(self, fields: dict[str, str]) -> dict[str, Any]:
        if not 1 <= int(fields["PageSize"]) <= 50:
            raise Refusal(200, "isv.INVALID_PARAMETERS", "PageSize")
        found = self._found(fields, cards=False)
        return {"TotalCount": len(found), "SmsSendDetailDTOs": {"SmsSendDetailDTO": found}}

    def _get_card_sms_details(self, fields: dict[str, str]) -> dict[str, Any]:
        found = self._found(fields, cards=True)
        return {"CardSendDetailDTO": {"TotalCount": len(found), "Records": found}}

    def _query_mobiles_card_support(self, fields: dict[str, str]) -> dict[str, Any]:
        if not fields["TemplateCode"].startswith("CARD_SMS_"):
            raise Refusal(200, "isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板")
        told = [{"Mobile": m, "Support": number(m) not in self.no_cards} for m in parsed(fields["Mobiles"], list)]
        return {"Success": True, "Data": {"QueryResult": told}}

    def _check_mobiles_card_support(self, fields: dict[str, str]) -> dict[str, Any]:
        asked = [value for name, value in fields.items() if name.startswith("Mobiles.")]
        told = [{"mobile": one, "support": number(one) not in self.no_cards} for one in asked]
        return {"Success": True, "Data": {"queryResult": told}}

    def _query_sms_template(self, fields: dict[str, str]) -> dict[str, Any]:
        state, why = (1, "无审批备注") if fields["TemplateCode"] in self.templates else (2, "内容不合规")
        return {"TemplateCode": fields["TemplateCode"], "TemplateStatus": state, "Reason": why}

    def _query_sms_sign(self, fields: dict[str, str]) -> dict[str, Any]:
        state, why = (1, "") if fields["SignName"] == SIGN else (2, "资质不符")
        return {"SignName": fields["SignName"], "SignStatus": state, "Reason": why}

    def _add_sms_template(self, fields: dict[str, str]) -> dict[str, Any]:
        if fields["TemplateType"] not in ("0", "1", "2", "3") or len(fields["TemplateName"]) > 30:
            raise Refusal(200, "isv.INVALID_PARAMETERS", "参数异常")
        code = f"SMS_{next(self._ids)}"
        self.templates[code] = fields["TemplateContent"]
        return {"TemplateCode": code}

    def _create_digital_sms_template(self, fields: dict[str, str]) -> dict[str, Any]:
        """1.8: files by name, suffix, true size and base64; at most one film."""
        files = {}
        for n in range(1, 11):
            if f"TemplateContents.{n}.FileContents" in fields:
                name, suffix, size, content = (
                    fields[f"TemplateContents.{n}.{field}"]
                    for field in ("FileName", "FileSuffix", "FileSize", "FileContents")
                )
                files[f"{name}.{suffix}"] = base64.b64decode(content, validate=True)
                if suffix not in ("txt", "gif", "jpg", "png", "mp3", "mp4") or "." in name:
                    raise Refusal(200, "isv.INVALID_PARAMETERS", "参数异常")
                if len(files[f"{name}.{suffix}"]) != int(size):
                    raise Refusal(200, "isv.INVALID_PARAMETERS", "参数异常")
        if len(fields["TemplateName"]) > 20 or sum(name.endswith(".mp4") for name in files) > 1:
            raise Refusal(200, "isv.INVALID_PARAMETERS", "参数异常")
        code = f"DIGITAL_SMS_{next(self._ids)}"
        self.digital[code] = files
        return {"TemplateCode": code}

    def _create_sms_sign(self, fields: dict[str, str]) -> dict[str, Any]:
        if not 2 <= len(fields["SignName"]) <= 12 or fields["SignSource"] not in ("0", "2", "5"):
            raise Refusal(200, "isv.INVALID_PARAMETERS", "参数异常")
        return {"SignName": fields["SignName"], "OrderId": f"{next(self._ids)}"}

    # ------------------------------------------------------------ out

    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        reply = {"phone_number": number.removeprefix("+86"), "content": text, "send_time": _now(), "dest_code": "1234"}
        return _push([{**reply, "sequence_id": reply_id or fresh_id(), "sign_name": SIGN}])

    def receipt_pushes(self, sent: Sequence[Sent], word: str) -> list[Push]:
        items = [
            {
                "phone_number": one.to.removeprefix("+86").removeprefix("+"),
                "send_time": _now(),
                "report_time": _now(),
                **({"success": word == "DELIVERED"} if word in self.words.values() else {}),
                "err_code": word,
                "err_msg": word,
                "sms_size": "1",
                "biz_id": one.provider_id,
                "out_id": one.id,
            }
            for one in sent
        ]
        return [_push(items)] if items else []


def _said(**fields: Any) -> web.Response:
    return web.json_response({"Code": "OK", "Message": "OK", "RequestId": fresh_id(), **fields})


def _push(items: list[dict[str, Any]]) -> Push:
    return Push({"Content-Type": "application/json"}, json.dumps(items, ensure_ascii=False).encode())


def _now() -> str:
    return datetime.now(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


if __name__ == "__main__":
    from standins.process import main

    main(AliyunStandin)
