"""A real PostgreSQL for tests: one cluster per xdist worker, one database per test."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from support.needs import require

START_S = "60"
"""How long a machine under load may take to start it."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Folder of the socket of a running PostgreSQL. Skips where there is none; needs no root, nor minds it."""
    programs = require("initdb", "Debian: apt-get install postgresql").resolve().parent
    folder = Path(tempfile.mkdtemp(prefix="dd-pg-"))
    user = _unprivileged(folder)
    control = [str(programs / "pg_ctl"), "--pgdata", str(folder / "data"), "--wait"]
    # No port: the socket alone, in a folder of its own. Durability is not what these tests are about.
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    try:
        initdb = [str(programs / "initdb"), "--pgdata", str(folder / "data")]
        _run([*initdb, "--auth=trust", "--username=dingdong", "--encoding=UTF8", "--no-sync"], user)
        _run([*control, "--timeout", START_S, "--log", str(folder / "log"), "--options", options, "start"], user)
        try:
            yield str(folder)
        finally:
            _run([*control, "--mode", "immediate", "stop"], user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> str | None:
    """The user to run as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return nobody.pw_name


def _run(words: list[str], user: str | None) -> None:
    # Output to a file: a server started with a pipe would hold it open for ever.
    groups: list[str] | None = [] if user else None
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            words, user=user, extra_groups=groups, stdout=output, stderr=subprocess.STDOUT, cwd="/", check=False
        )
        output.seek(0)
        assert done.returncode == 0, f"{words[0]}: {output.read().decode(errors='replace')}"


@pytest.fixture
async def postgres_url(postgres_server: str) -> AsyncIterator[str]:
    """url of an empty database that is this test's alone."""
    name = f"test_{uuid.uuid4().hex}"
    admin = await asyncpg.connect(host=postgres_server, user="dingdong", database="postgres")
    try:
        await admin.execute(f"CREATE DATABASE {name}")
        yield f"postgresql://dingdong@/{name}?host={postgres_server}"
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()
