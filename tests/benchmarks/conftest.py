"""A benchmark with nothing in it yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.translate.bench import Bench


@pytest.fixture
def quick_bench(tmp_path: Path) -> Bench:
    """Small numbers, and a corpus folder that a test may fill."""
    return Bench(models=tmp_path / "models", scratch=tmp_path, cache=tmp_path / "cache", corpus=tmp_path)
