"""The languages served, read from data/languages.toml."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Literal

from translation.errors import UnknownLanguage


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language and the names that other systems have for it."""

    tag: str  # BCP 47
    english_name: str
    own_name: str
    script: str  # ISO 15924, as "Latn"
    spaces: bool  # words and sentences are joined by spaces
    argos_codes: tuple[str, ...]  # in packages, the preferred one first; empty where none exists
    firefox_codes: tuple[str, ...]
    line_codes: tuple[str, ...]  # values of a LINE profile's `language` that mean this language
    zoom_code: str
    fallbacks: tuple[str, ...]  # tags to show instead when this language is missing
    model_tag: str  # the tag whose models read it; its own except for Easy Japanese
    human_only: bool  # never written by a machine
    direction: Literal["ltr", "rtl"] = "ltr"

    @property
    def argos_code(self) -> str | None:
        """The code that Argos packages use, or None where Argos has none."""
        return self.argos_codes[0] if self.argos_codes else None

    @property
    def firefox_code(self) -> str | None:
        """The code that Firefox models use, or None where Firefox has none."""
        return self.firefox_codes[0] if self.firefox_codes else None

    @property
    def line_code(self) -> str | None:
        """The usual value of a LINE profile's `language`, or None where LINE has none."""
        return self.line_codes[0] if self.line_codes else None


@functools.cache
def languages() -> Mapping[str, Language]:
    """Every language served, by tag, in the order in which to offer them."""
    table = tomllib.loads((resources.files("translation") / "data" / "languages.toml").read_text("utf-8"))
    return MappingProxyType({tag: _language(tag, row) for tag, row in table.items()})


def _language(tag: str, row: Mapping[str, object]) -> Language:
    return Language(
        tag=tag,
        english_name=str(row["english_name"]),
        own_name=str(row["own_name"]),
        script=str(row["script"]),
        spaces=bool(row["spaces"]),
        argos_codes=_words(row["argos"]),
        firefox_codes=_words(row["firefox"]),
        line_codes=_words(row["line"]),
        zoom_code=str(row["zoom"]),
        fallbacks=_words(row["fallbacks"]),
        model_tag=str(row.get("same_models_as", tag)),
        human_only=bool(row.get("human_only", False)),
        direction="rtl" if row.get("direction") == "rtl" else "ltr",
    )


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(word) for word in value) if isinstance(value, list) else ()


def language(tag: str) -> Language:
    """The language with this tag, or `UnknownLanguage` with a sentence that names those served."""
    found = languages().get(tag)
    if found is None:
        raise UnknownLanguage(
            f"The language “{tag[:20]}” is not served; use one of {', '.join(languages())}."
        )
    return found


def find_language(code: str) -> Language | None:
    """The language that a tag from elsewhere means, as "pt", "en-GB" or "zh-TW"; None if it is not served."""
    wanted = code.strip().replace("_", "-").casefold()
    for found in languages().values():
        if wanted in {found.tag.casefold(), *(line.casefold() for line in found.line_codes)}:
            return found
    base = wanted.partition("-")[0]
    for found in languages().values():
        if base in {line.casefold() for line in found.line_codes} and "-" in wanted:
            return found
    return None
