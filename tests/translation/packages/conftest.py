"""A depot in the same loop as the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from tests.translation.packages.depot import Depot
from translation.packages.downloads import DownloadOptions, Downloads
from translation.packages.installing import Installer, InstallOptions
from translation.packages.store import ModelStore

QUICK = DownloadOptions(pause_s=0.0, tries=3)


@pytest.fixture
def depot() -> Depot:
    return Depot()


@pytest.fixture
async def address(depot: Depot) -> AsyncIterator[str]:
    server = TestServer(depot.app(), host="127.0.0.1")
    await server.start_server()
    yield f"http://127.0.0.1:{server.port}"
    await server.close()


@pytest.fixture
async def downloads(tmp_path: Path) -> AsyncIterator[Downloads]:
    async with Downloads(tmp_path / "downloads", QUICK) as opened:
        yield opened


@pytest.fixture
def options(address: str) -> InstallOptions:
    return InstallOptions(
        argos_index=f"{address}/argos/index.json",
        firefox_records=f"{address}/records",
        firefox_attachments=f"{address}/cdn",
        downloads=QUICK,
    )


@pytest.fixture
def empty(tmp_path: Path) -> ModelStore:
    """A store with nothing in it."""
    return ModelStore(tmp_path / "models")


@pytest.fixture
async def installer(empty: ModelStore, options: InstallOptions, depot: Depot) -> AsyncIterator[Installer]:
    depot.files.setdefault("/argos/index.json", b"[]")
    depot.files.setdefault("/records", b'{"data": []}')
    async with Installer(empty, replace(options)) as opened:
        yield opened
