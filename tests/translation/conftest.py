"""The starter models, prepared once, and a translator over them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.translation import tiny_model
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


@pytest.fixture(scope="session")
def tiny_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a hand-made model of the third kind in each style: seq2seq-m2m100, -nllb, -opus."""
    folder = tmp_path_factory.mktemp("tiny")
    for style in tiny_model.STYLES:
        tiny_model.write_model(folder / f"seq2seq-{style}", style)
    return folder


@pytest.fixture
async def translator(models_dir: Path) -> AsyncIterator[Translator]:
    opened = build_translator(models_dir)
    yield opened
    await opened.close()
