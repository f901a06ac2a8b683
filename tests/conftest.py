"""Options every test knows."""

from __future__ import annotations

import pytest

pytest_plugins = ("support.store", "support.postgres")
"""Fixtures: `store_url`, `postgres_url`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite expected results from what the code gives now")


@pytest.fixture(scope="session")
def update(pytestconfig: pytest.Config) -> bool:
    """Whether goldens are to be rewritten instead of compared."""
    return bool(pytestconfig.getoption("update"))
