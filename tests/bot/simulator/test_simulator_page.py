"""The chat page as it is served: words, language, headers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from bot.simulator.page import FOLDER, LANGUAGES
from core.words import Words
from tests.bot.simulator.conftest import Rig


def test_every_word_is_in_both_languages() -> None:
    words = Words(FOLDER / "words")

    assert words.languages == sorted(LANGUAGES)
    assert words.keys("ja") == words.keys("en")


def test_placeholders_are_the_same_in_both_languages() -> None:
    words = Words(FOLDER / "words")

    different = [
        key
        for key in words.keys("ja")
        if set(re.findall(r"\{\w+\}", words.get("ja", key)))
        != set(re.findall(r"\{\w+\}", words.get("en", key)))
    ]
    assert different == []


def test_every_word_that_the_page_uses_exists() -> None:
    sources = [*(FOLDER / "static").glob("*.js"), *(FOLDER / "templates").rglob("*.html")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)

    used = set(re.findall(r"""\bt\(["'](\w[\w.]*\w)["']""", text))
    assert len(used) > 60
    assert used - Words(FOLDER / "words").keys("en") == set()


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("?ui=en", "ja", "en"),
        ("", "en-GB,ja;q=0.5", "en"),
        ("", "pt-BR, ja;q=0.8, en", "ja"),
        ("?ui=xx", "", "ja"),
    ],
)
async def test_page_speaks_the_language_asked_for(rig: Rig, query: str, accepted: str, language: str) -> None:
    response = await rig.http.get(f"/simulator{query}", headers={"Accept-Language": accepted})

    assert f'<html lang="{language}">' in await response.text()


async def test_page_allows_no_inline_scripts_or_styles(rig: Rig) -> None:
    response = await rig.http.get("/simulator")
    html = await response.text()

    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html) == []


async def test_account_name_is_escaped(make_rig: Callable[..., Any]) -> None:
    rig = await make_rig(account_name="<b>City</b>")

    html = await (await rig.http.get("/simulator")).text()

    assert "&lt;b&gt;City&lt;/b&gt;" in html
    assert "<b>City" not in html


async def test_root_leads_to_the_page(rig: Rig) -> None:
    response = await rig.http.get("/", allow_redirects=False)

    assert (response.status, response.headers["Location"]) == (302, "/simulator")
