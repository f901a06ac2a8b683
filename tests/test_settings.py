"""Settings: from defaults, bot.toml and the environment; every mistake is named, no secret shown."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.settings import Settings, load

KEY = base64.b64encode(b"k" * 32).decode()


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without bot.toml, an environment without our names."""
    for name in [name for name in os.environ if name.upper().startswith("DINGDONG_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mistake() -> str:
    with pytest.raises(ConfigError) as error:
        load()
    return str(error.value)


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each layer changes only what it names; what is given in the program wins over all."""
    (elsewhere / "bot.toml").write_text('language = "en"\n[web]\nport = 1\nhost = "127.0.0.2"\n[sender]\ntake = 7\n')
    monkeypatch.setenv("DINGDONG_WEB__PORT", "2")
    monkeypatch.setenv("DINGDONG_PLATFORM__API_KEYS", '["one", "two"]')
    settings = load(zone="Europe/Berlin")
    assert (settings.web.port, settings.web.host, settings.language) == (2, "127.0.0.2", "en")
    assert (settings.sender.take, settings.sender.lease_ms, settings.zone) == (7, 30_000, "Europe/Berlin")
    assert [key.get_secret_value() for key in settings.platform.api_keys] == ["one", "two"]


def test_another_file_can_be_named(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DINGDONG_CONFIG; one that is not there is a mistake, not an empty one."""
    (elsewhere / "other.toml").write_text("[accounts.yp]\ncarrier = 'yunpian'\n")
    monkeypatch.setenv("DINGDONG_CONFIG", "other.toml")
    assert load().accounts == {"yp": {"carrier": "yunpian"}}
    monkeypatch.setenv("DINGDONG_CONFIG", "missing.toml")
    assert "missing.toml" in mistake()


def test_every_mistake_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its path, with what was wrong and where it can be set."""
    monkeypatch.setenv("DINGDONG_STORE__SHARDS", "0")
    monkeypatch.setenv("DINGDONG_WEB__PORT", "eighty")
    monkeypatch.setenv("DINGDONG_SENDER__PATIENCE", "1")
    told = mistake()
    assert "bot.toml or DINGDONG_" in told
    for name in ("store.shards: ", "web.port: ", "sender.patience: "):
        assert f"\n  {name}" in told


@pytest.mark.parametrize("name", ["DINGDONG_MASTERKEY", "DINGDONG_REDISURL", "dingdong_webb__port"])
def test_a_misspelt_name_is_a_mistake(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Passed over in silence it would leave a default in force."""
    monkeypatch.setenv(name, "x")
    assert name in mistake()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DINGDONG_PLATFORM__API_KEYS", "top-secret", "JSON"),
        ("DINGDONG_ACCOUNTS", "{top-secret", "JSON"),
        ("DINGDONG_MASTER_KEY", "top-secret", "master_key"),
        ("DINGDONG_MASTER_KEY", base64.b64encode(b"top-secret").decode(), "exactly 32 bytes"),
    ],
)
def test_a_secret_that_cannot_be_read_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    """The mistake names the setting and what is expected."""
    monkeypatch.setenv(name, value)
    told = mistake()
    assert says in told
    assert value not in told


def test_a_file_that_is_not_toml_is_named(elsewhere: Path) -> None:
    """With the place of the mistake."""
    (elsewhere / "bot.toml").write_text("data = [")
    assert "bot.toml is not TOML" in mistake()


def test_settings_show_no_secret_and_do_not_change() -> None:
    """Neither their text nor a careless assignment."""
    settings = load(master_key=KEY, platform={"api_keys": ["api-key"], "key": "platform-key"})
    assert not any(secret in repr(settings) for secret in (KEY, "api-key", "platform-key"))
    with pytest.raises(ValueError, match="frozen"):
        settings.language = "en"  # type: ignore[misc]  # it must not go


def test_every_setting_says_what_it_is_for() -> None:
    """Its help text is the documentation; a limit has its unit in its name or its text."""
    for name, field in Settings.model_fields.items():
        inner = getattr(field.annotation, "model_fields", {name: field})
        assert [key for key, one in inner.items() if not one.description] == []


@pytest.mark.parametrize(
    ("url", "taken"), [("", True), ("http://rasa:5005/model/parse?token=x", True), ("rasa", False)]
)
@pytest.mark.parametrize("name", ["DINGDONG_UNDERSTANDING__NLU_URL", "NLU_URL"])
def test_the_second_opinion_is_a_web_address(monkeypatch: pytest.MonkeyPatch, name: str, url: str, taken: bool) -> None:
    """None by default; what is no address is a mistake at start, not one for every reply."""
    monkeypatch.setenv(name, url)
    if taken:
        assert load().understanding.nlu_url == url
    else:
        assert "nlu_url" in mistake()


def test_our_own_name_for_the_second_opinion_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """NLU_URL may belong to somebody else on the same machine; empty means none."""
    monkeypatch.setenv("NLU_URL", "http://other/model/parse")
    monkeypatch.setenv("DINGDONG_UNDERSTANDING__NLU_URL", "")
    assert load().understanding.nlu_url == ""
