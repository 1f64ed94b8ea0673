"""A city hall without articles: what residents send besides words is not looked up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from bot.knowledge import Knowledge


@pytest.fixture(scope="session")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knowledge]:
    made = Knowledge([], None, cache_dir=tmp_path_factory.mktemp("cache"))
    asyncio.run(made.open())
    yield made
    made.close()
