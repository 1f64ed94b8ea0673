"""`madoguchi menus`: the menus under the chat, drawn here and kept at LINE, played by the simulator."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.richmenu.fonts import Fonts
from core.errors import Unavailable
from tests.config.conftest import Answer, Madoguchi
from tests.config.test_server import Line, line, settings_for  # noqa: F401 -- a fixture

LANGUAGES = ["ja", "ja-Hira", "en", "zh-Hans", "ko", "vi", "pt-BR", "es", "tl", "id", "ne"]


@pytest.fixture(scope="module", autouse=True)
def drawable() -> None:
    """Skips where the fonts are missing."""
    try:
        Fonts().require(LANGUAGES)
    except Unavailable as error:
        pytest.skip(str(error))


async def menus(madoguchi: Madoguchi, line: Line, *words: str | Path) -> Answer:  # noqa: F811
    """Run the command beside the simulator, in whose process this test is."""
    settings = settings_for(madoguchi, line)
    named = {key.removeprefix("MADOGUCHI_"): value for key, value in settings.items() if "LINE__" in key}
    return await asyncio.to_thread(lambda: madoguchi("menus", *words, **named))


def test_drawing_needs_no_line(fresh: Madoguchi, tmp_path: Path) -> None:
    answer = fresh("menus", "draw", tmp_path / "pictures", "--json")
    assert sorted(answer.json["drawn"]) == sorted(f"{tag}.png" for tag in LANGUAGES)
    written = sorted((tmp_path / "pictures").iterdir())
    assert {path.read_bytes()[:8] for path in written} == {b"\x89PNG\r\n\x1a\n"}
    assert max(path.stat().st_size for path in written) < 1_000_000


def test_folder_that_cannot_be_made_gets_one_sentence(fresh: Madoguchi, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    answer = fresh("menus", "draw", tmp_path / "taken" / "pictures")
    assert answer.refusal.startswith("The folder “")


@pytest.mark.parametrize("word", ["apply", "remove", "show"])
def test_without_a_token_it_says_what_to_set(fresh: Madoguchi, word: str) -> None:
    assert fresh("menus", word).refusal == (
        "LINE's access token is missing; set MADOGUCHI_LINE__CHANNEL_ACCESS_TOKEN."
    )


async def test_menus_are_applied_shown_applied_again_and_removed(fresh: Madoguchi, line: Line) -> None:  # noqa: F811
    before: Any = (await menus(fresh, line, "show", "--json")).json
    assert [row["id"] for row in before["menus"]] == [""] * 11

    first = (await menus(fresh, line, "apply", "--json")).json
    assert (first["made"], first["kept"], first["deleted"]) == (LANGUAGES, [], 0)
    there = (await menus(fresh, line, "show", "--json")).json["menus"]
    assert [row["language"] for row in there] == LANGUAGES
    assert all(row["id"] and row["name"].startswith(f"madoguchi {row['language']} ") for row in there)

    again = (await menus(fresh, line, "apply")).lines
    assert again == [
        "new or changed: none",
        f"as before:      {' '.join(LANGUAGES)}",
        "0 residents see theirs; 0 old menus were deleted.",
    ]
    assert (await menus(fresh, line, "remove")).lines == ["11 menus were deleted."]
    assert (await menus(fresh, line, "show")).lines[0] == "ja       none; run `madoguchi menus apply`"
