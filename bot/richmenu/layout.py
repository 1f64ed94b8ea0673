"""Where the menu's areas are and what they do. Pure values in LINE's form (Messaging API, "Rich menu object")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import regex

from core.words import Words

WIDTH, HEIGHT = 2500, 843  # pixels; LINE takes 800 to 2500 wide and a ratio of 1.45 at least
BAR_GRAPHEMES = 14  # of the text in the bar that opens the menu
LABEL_GRAPHEMES = 20

Json = dict[str, Any]
_GRAPHEME = regex.compile(r"\X")


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A part of the menu that can be tapped."""

    key: str  # of its phrase `menu.<key>`, and of its picture
    action: str
    value: str
    x: int
    y: int
    width: int
    height: int
    keyboard: bool = False  # whether tapping it opens the keyboard


_COLUMNS = (0, 833, 1667, WIDTH)
_ROWS = (0, 421, HEIGHT)


def _cell(key: str, column: int, row: int, action: str, value: str = "", *, keyboard: bool = False) -> Area:
    return Area(
        key=key,
        action=action,
        value=value,
        x=_COLUMNS[column],
        y=_ROWS[row],
        width=_COLUMNS[column + 1] - _COLUMNS[column],
        height=_ROWS[row + 1] - _ROWS[row],
        keyboard=keyboard,
    )


def areas() -> tuple[Area, ...]:
    """Six cells; the last is shared by a person and the language."""
    last = _cell("person", 2, 1, "person")
    half = last.height // 2
    language = Area(
        key="language",
        action="languages",
        value="",
        x=last.x,
        y=last.y + half,
        width=last.width,
        height=last.height - half,
    )
    person = Area(key="person", action="person", value="", x=last.x, y=last.y, width=last.width, height=half)
    return (
        _cell("ask", 0, 0, "menu", "ask", keyboard=True),
        _cell("garbage", 1, 0, "article", "garbage-sorting"),
        _cell("forms", 2, 0, "menu", "forms"),
        _cell("shelters", 0, 1, "shelters"),
        _cell("requests", 1, 1, "form", "mine"),
        person,
        language,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuWords:
    """What one menu says."""

    language: str
    bar: str
    labels: tuple[tuple[str, str], ...]  # area key → label

    def label(self, key: str) -> str:
        return dict(self.labels)[key]


def menu_words(words: Words, language: str) -> MenuWords:
    """The phrases of the menu in `language`."""
    labels = tuple((area.key, words.get(language, f"menu.{area.key}")) for area in areas())
    return MenuWords(language=language, bar=words.get(language, "menu.bar"), labels=labels)


def menu_object(said: MenuWords, name: str) -> Json:
    """The menu as LINE takes it. Its language is that of its words."""
    return {
        "size": {"width": WIDTH, "height": HEIGHT},
        "selected": True,
        "name": name,
        "chatBarText": cut(said.bar, BAR_GRAPHEMES),
        "areas": [_area(area, said.label(area.key)) for area in areas()],
    }


def _area(area: Area, label: str) -> Json:
    fields = {"do": area.action, "v": area.value} if area.value else {"do": area.action}
    action: Json = {
        "type": "postback",
        "label": cut(label.replace("\n", " "), LABEL_GRAPHEMES),
        "data": urlencode(fields),
    }
    if area.keyboard:
        action["inputOption"] = "openKeyboard"
    else:
        action["displayText"] = label.replace("\n", " ")
    return {
        "bounds": {"x": area.x, "y": area.y, "width": area.width, "height": area.height},
        "action": action,
    }


def cut(text: str, limit: int) -> str:
    """At most `limit` user-perceived characters."""
    clusters = _GRAPHEME.findall(text)
    return text if len(clusters) <= limit else "".join(clusters[: limit - 1]) + "…"


def alias_of(language: str) -> str:
    """The alias under which the menu of a language is found (LINE: 32 of a-z, 0-9, _ and -)."""
    return f"madoguchi-{language.lower()}"[:32]


def languages_missing(words: Words, languages: Sequence[str]) -> list[str]:
    """Languages that have no phrases of their own for the menu."""
    return [tag for tag in languages if "menu.bar" not in words.keys(tag)]
