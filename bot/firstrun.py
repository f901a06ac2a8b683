"""What `bot run` makes on a fresh machine: secrets of its own, one sandbox account, a console password."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

import argon2

from bot.settings import Settings, load

BRAND = "拾光寄售"
"""The consignment shop of the demo, as its 【签名】 reads."""


@dataclass(frozen=True, slots=True)
class DemoSecrets:
    """Made once, kept in `<data>/demo.json`, readable by its owner only. password: of the console."""

    master_key: str
    webhook_secret: str
    sandbox_key: str
    api_key: str
    platform_key: str
    outcome_secret: str
    password: str
    password_hash: str


def demo_secrets(data: Path) -> DemoSecrets:
    """Those of this folder; made at the first call."""
    file = data / "demo.json"
    if file.exists():
        return DemoSecrets(**json.loads(file.read_text()))
    random, password = secrets.token_urlsafe, secrets.token_urlsafe(9)
    made = DemoSecrets(
        master_key=base64.b64encode(os.urandom(32)).decode(),
        webhook_secret=random(24),
        sandbox_key=random(24),
        api_key=random(24),
        platform_key=random(24),
        outcome_secret="whsec_" + base64.b64encode(os.urandom(32)).decode(),
        password=password,
        password_hash=argon2.PasswordHasher().hash(password),
    )
    data.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")  # whoever is killed here has made none
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(made), indent=1))
    draft.replace(file)
    return made


def demo_settings(
    made: DemoSecrets, data: Path, port: int, platform_port: int, *, phone_url: str = "", language: str = "zh"
) -> Settings:
    """One process, one sandbox account, the demo platform beside it. Raises ConfigError.

    phone_url: where the sandbox's phones are; "" = the handset of this process.
    """
    bot, platform = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{platform_port}"
    return load(
        data=data,
        master_key=made.master_key,
        handset=not phone_url,
        language=language,
        images=(platform,),
        web={"port": port},
        accounts={
            "sandbox": {
                "carrier": "sandbox",
                "base_url": phone_url or f"{bot}/handset/network",
                "webhook_secrets": [made.webhook_secret],
                "signature": BRAND,
                "keys": [made.sandbox_key],
            }
        },
        platform={
            "api_keys": [made.api_key],
            "url": platform,
            "key": made.platform_key,
        },
        outcomes={"url": f"{platform}/outcomes", "secrets": [made.outcome_secret]},
        sender={"capability_ttl_s": 1},  # the handset's RCS switch shows at once
        recall={"unreached_ttl_s": 1},
        console={"password_hash": made.password_hash},
    )
