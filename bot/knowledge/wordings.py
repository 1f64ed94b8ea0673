"""Other words that people use for what an article is about: config/city/wordings/<language>.toml.

Each line is `slug = ["word or short question", …]`. `elsewhere` lists what people ask that no city answers, so that
a question about the weather finds nothing instead of the nearest article.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.city import read_toml
from core.errors import InvalidInput

Wordings = Mapping[str, Mapping[str, Sequence[str]]]  # language → slug or ELSEWHERE → words


def read_wordings(folder: Path) -> Wordings:
    """All files of `folder`; nothing if it is not there. Raises InvalidInput for a file that is not such a list."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for path in sorted(folder.glob("*.toml")):
        table = read_toml(path)
        for slug, words in table.items():
            if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
                raise InvalidInput(f"The entry {slug} of {path} must be a list of texts.")
        found[path.stem] = {slug: tuple(words) for slug, words in table.items()}
    return found
