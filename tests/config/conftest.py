"""The command as a user has it: a process of its own, with a data folder that all of these tests share."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from config.settings import CITY_DIR

PROGRAM = Path(sys.executable).parent / "madoguchi"
SPEECH = Path(__file__).parents[2] / "config" / "demo" / "speech"
LIMIT_S = 60


@dataclass(frozen=True)
class Answer:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.lines]

    @property
    def refusal(self) -> str:
        """The one sentence of a command that failed; checks that it is one, for people, and goes to stderr."""
        assert self.code not in (0, None), self
        assert "Traceback" not in self.err, self.err
        said = [line for line in self.err.splitlines() if not line.startswith("preparing ")]
        assert len(said) == 1, self.err
        assert said[0].startswith("madoguchi: "), self.err
        assert said[0].endswith("."), self.err
        return said[0].removeprefix("madoguchi: ")


@dataclass(frozen=True)
class Madoguchi:
    """Runs `madoguchi …` in an empty folder with a data folder."""

    data_dir: Path
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            "MADOGUCHI_DATA_DIR": str(self.data_dir),
            **self.settings,
        }

    def __call__(self, *arguments: str | Path, stdin: str | bytes = "", **settings: str) -> Answer:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        ended = subprocess.run(
            [PROGRAM, *arguments],
            input=data,
            capture_output=True,
            cwd=self.folder,
            env=self.environment | {f"MADOGUCHI_{name}": value for name, value in settings.items()},
            timeout=LIMIT_S,
            check=False,
        )
        return Answer(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Madoguchi:
    """The command with the starter models and the articles' vectors prepared."""
    if not PROGRAM.exists():
        pytest.skip("the command is not installed; run `make setup`")
    base = tmp_path_factory.mktemp("madoguchi")
    (base / "here").mkdir()
    command = Madoguchi(
        data_dir=base / "data",
        folder=base / "here",
        settings={"MADOGUCHI_CITY_DIR": str(small_city(base / "city"))},
    )
    answer = command("models", "prepare")
    assert answer.code == 0, answer.err
    return command


def small_city(folder: Path) -> Path:
    """The demo city with two of its articles: the vectors of all of them take a minute to make."""
    shutil.copytree(CITY_DIR, folder)
    for article in (folder / "articles").iterdir():
        if article.name.split(".")[0] not in ("oversized-garbage", "office-hours"):
            article.unlink()
    return folder


@pytest.fixture
def madoguchi(prepared: Madoguchi) -> Madoguchi:
    return prepared


@pytest.fixture
def fresh(prepared: Madoguchi, tmp_path: Path) -> Madoguchi:
    """The command with an empty data folder of its own; only the models are shared."""
    folder = tmp_path / "here"
    folder.mkdir()
    return Madoguchi(
        data_dir=tmp_path / "data",
        folder=folder,
        settings={
            **prepared.settings,
            "MADOGUCHI_MODELS_DIR": str(prepared.data_dir / "models"),
            "MADOGUCHI_CACHE_DIR": str(prepared.data_dir / "cache"),
        },
    )
