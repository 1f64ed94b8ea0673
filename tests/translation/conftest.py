"""The starter models, prepared once, and a translator over them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from translation.assembly import build_translator
from translation.packages import ModelStore
from translation.service import Translator
from translation.starter import starters


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the four starter models."""
    if any(starter.origin is None for starter in starters()):
        pytest.skip("a starter model is missing; run `make setup`")
    folder = tmp_path_factory.mktemp("models")
    ModelStore(folder).prepare_starter(lambda what, done, total: None)
    return folder


@pytest.fixture
async def translator(models_dir: Path) -> AsyncIterator[Translator]:
    opened = build_translator(models_dir)
    yield opened
    await opened.close()
