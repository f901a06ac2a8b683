"""docker-compose.yml and the Dockerfile say what the program is: no engine is needed to find out."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from pathlib import Path
from typing import Any, get_args

import pytest
from deploy.compose_file import ROOT, Unset, load
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from bot.__main__ import _parser
from bot.serve import ROLES
from bot.settings import NLU_URL, Settings

SECRETS = {
    "POSTGRES_PASSWORD": "secret",
    "DINGDONG_MASTER_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "DINGDONG_ACCOUNTS": "{}",
    "DINGDONG_PLATFORM__API_KEYS": '["secret"]',
}


@pytest.fixture
def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = load(SECRETS)["services"]
    return found


def test_follows_the_compose_specification() -> None:
    """An engine would take it: checked against the specification's own schema, as check-jsonschema ships it."""
    package = importlib.util.find_spec("check_jsonschema")
    assert package
    assert package.submodule_search_locations
    vendored = Path(package.submodule_search_locations[0]) / "builtin_schemas" / "vendor" / "compose-spec.json"
    errors = Draft202012Validator(json.loads(vendored.read_text())).iter_errors(load(SECRETS))
    assert not [f"{error.json_path}: {error.message}" for error in errors]


@pytest.mark.parametrize("name", SECRETS)
def test_refuses_to_start_without_its_secrets(name: str) -> None:
    """A secret that was forgotten is named before anything runs; none has a default."""
    with pytest.raises(Unset, match=name):
        load({key: value for key, value in SECRETS.items() if key != name})


def test_holds_no_secret() -> None:
    """Whatever is a password or a key comes from the environment alone."""
    text = (ROOT / "docker-compose.yml").read_text()
    named = re.findall(r"^\s+(\w*(?:PASSWORD|KEY|SECRET)\w*): (.*)$", text, re.MULTILINE)
    assert len(named) > 4
    assert not [line for line in named if not line[1].startswith('"${')]


def test_every_service_is_watched(services: dict[str, dict[str, Any]]) -> None:
    """Each has a health check and comes back by itself; ours wait for a healthy store and database."""
    for name, service in services.items():
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name
    for role in ROLES:
        assert services[role]["depends_on"] == {
            "redis": {"condition": "service_healthy"},
            "postgres": {"condition": "service_healthy"},
        }


def test_every_role_runs_in_a_service_of_its_own(services: dict[str, dict[str, Any]]) -> None:
    """`bot serve --roles …` as the file spells it is a command line the program takes, once for every role."""
    commands = [services[role]["command"] for role in ROLES]
    assert tuple(_parser().parse_args(command).roles for command in commands) == ROLES


def test_names_settings_that_exist(services: dict[str, dict[str, Any]]) -> None:
    """A misspelt DINGDONG_… would be ignored in silence: each one is a field of Settings."""
    for name in services["web"]["environment"].keys() - {NLU_URL}:
        prefix, _, path = name.partition("_")
        assert prefix == "DINGDONG"
        model: Any = Settings
        for step in path.lower().split("__"):
            field = model.model_fields[step]
            model = field.annotation
        assert not isinstance(model, type) or not issubclass(model, BaseModel) or get_args(model), name


def test_the_store_is_as_durable_as_the_embedded_one(services: dict[str, dict[str, Any]]) -> None:
    """An answered write is on disk and nothing is evicted."""
    words = shlex.split(services["redis"]["command"])
    options = dict(zip(words[1::2], words[2::2], strict=True))
    assert options == {
        "--appendonly": "yes",
        "--appendfsync": "always",
        "--aof-use-rdb-preamble": "no",
        "--save": "",
        "--maxmemory-policy": "noeviction",
    }


def test_publishes_on_the_loopback_only(services: dict[str, dict[str, Any]]) -> None:
    """The web is reached through a proxy on the host; store and database have no way out at all."""
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert ports == {"web": ["127.0.0.1:8080:8080"]}
    assert services["redis"]["networks"] == services["postgres"]["networks"] == ["inside"]


def test_the_image_is_built_from_what_is_there() -> None:
    """Every file the Dockerfile copies exists, packages are installed by hash, and it does not run as root."""
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    copied = [word for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE) for word in line.split()[:-1]]
    assert {"deploy/requirements.txt", "bot", "flows", "cards"} <= set(copied)
    assert not [word for word in copied if not (ROOT / word).exists()]
    assert text.count("--require-hashes") == 2
    assert "USER dingdong" in text
