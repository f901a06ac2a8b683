"""Options every test knows."""

from __future__ import annotations

import secrets

import hypothesis
import pytest

hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")
"""No test is a timed test: what is slow on a busy machine is not wrong."""

pytest_plugins = ("support.store", "support.postgres")
"""Fixtures: `store_url`, `postgres_url`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite expected results from what the code gives now")
    parser.addoption("--seed", type=int, help="of tests with chance in them: the one a failure printed replays it")


@pytest.fixture(scope="session")
def update(pytestconfig: pytest.Config) -> bool:
    """Whether goldens are to be rewritten instead of compared."""
    return bool(pytestconfig.getoption("update"))


@pytest.fixture
def seed(pytestconfig: pytest.Config) -> int:
    """What chance goes by in this test."""
    given: int | None = pytestconfig.getoption("seed")
    return secrets.randbelow(1_000_000) if given is None else given
