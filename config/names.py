"""What languages are called."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from babel import Locale, UnknownLocaleError

from translation.languages import languages


def japanese_names() -> dict[str, str]:
    """Language tag → what it is called in Japanese (CLDR)."""
    japanese = Locale("ja")
    names = {}
    for tag, language in languages().items():
        try:
            names[tag] = Locale.parse(tag, sep="-").get_language_name(japanese) or language.own_name
        except (UnknownLocaleError, ValueError):
            names[tag] = language.own_name
        if language.human_only:
            names[tag] = language.own_name
    return names


# Tag of each served language → what CLDR calls it.
_CLDR = {"zh": "zh-Hans", "zh_Hans": "zh-Hans", "pt": "pt-BR", "pt_BR": "pt-BR", "fil": "tl", "tl": "tl"}
# Languages in whose words a resident may name a language.
_SPEAKERS = [
    "ja",
    "en",
    "zh_Hans",
    "zh_Hant",
    "ko",
    "vi",
    "pt_BR",
    "es",
    "fil",
    "id",
    "ne",
    "th",
    "my",
    "km",
    "uk",
    "ru",
    "fr",
    "hi",
    "bn",
    "si",
    "mn",
    "tr",
]


@cache
def language_names() -> Mapping[str, str]:
    """What languages are called, in many languages (CLDR) → tag; each by its own name and its tag as well."""
    tags = languages()
    names: dict[str, str] = {}
    for speaker in _SPEAKERS:
        for code, name in Locale.parse(speaker).languages.items():
            tag = _CLDR.get(code, code)
            if tag in tags:
                names.setdefault(name.casefold(), tag)
    for tag, language in tags.items():
        names[language.own_name.casefold()] = tag
    return names


def own_names() -> dict[str, str]:
    """Language tag → what it calls itself."""
    return {tag: language.own_name for tag, language in languages().items()}
