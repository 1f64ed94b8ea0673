"""What languages are called."""

from __future__ import annotations

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


def own_names() -> dict[str, str]:
    """Language tag → what it calls itself."""
    return {tag: language.own_name for tag, language in languages().items()}
