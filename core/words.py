"""The words that people read, per language, from data files.

A folder holds one `<language tag>.toml` for each language. Nested tables become dotted keys, so `[answer] yes`
is `answer.yes`. A language without a file, or a file without a key, falls back: a more general tag first, then
the languages given as fallbacks.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import NotFound


def flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """`{"a": {"b": 1}}` as `{"a.b": 1}`."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


class Words:
    """Words from one or more folders; a later folder overrides an earlier one, key by key."""

    def __init__(self, *folders: Path, fallbacks: Sequence[str] = ("en", "ja")) -> None:
        self._fallbacks = tuple(fallbacks)
        self._catalogues: dict[str, dict[str, Any]] = {}
        for folder in folders:
            for path in sorted(folder.glob("*.toml")):
                with path.open("rb") as file:
                    self._catalogues.setdefault(path.stem, {}).update(flatten(tomllib.load(file)))

    @property
    def languages(self) -> list[str]:
        """The languages that have a file."""
        return sorted(self._catalogues)

    def keys(self, language: str) -> set[str]:
        """The keys that the file of `language` itself has."""
        return set(self._catalogues.get(language, {}))

    def _chain(self, language: str) -> Iterable[str]:
        yield language
        if "-" in language:
            yield language.split("-")[0]
        yield from self._fallbacks

    def language_of(self, language: str, key: str) -> str:
        """The language in which `key` would be shown to a reader of `language`."""
        for tag in self._chain(language):
            if key in self._catalogues.get(tag, {}):
                return tag
        raise NotFound(f"No words for “{key}” in any language.")

    def get(self, language: str, key: str, /, **values: object) -> str:
        """The words for `key`, with `{placeholders}` filled in. Raises NotFound for an unknown key."""
        text = str(self._catalogues[self.language_of(language, key)][key])
        return text.format(**values) if values else text

    def list(self, language: str, key: str) -> Sequence[str]:
        """The list stored under `key` in exactly this language; empty if there is none."""
        value = self._catalogues.get(language, {}).get(key, [])
        return [str(item) for item in value]
