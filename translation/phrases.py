"""Human text first: everyday phrases that people wrote in every language they are kept in."""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from importlib import resources

_ENDS = re.compile(r"^[\W_]+|[\W_]+$")


def find_phrase(sentence: str, source: str, target: str) -> str | None:
    """What people say in the target language for this whole sentence, or None."""
    phrase = _by_wording(source).get(_key(sentence))
    return phrase.get(target) if phrase else None


def _key(sentence: str) -> str:
    """Case, width and the punctuation at the ends do not matter."""
    plain = unicodedata.normalize("NFKC", sentence).replace(",", "").replace("、", "")
    return _ENDS.sub("", plain).replace("’", "'").casefold()


@functools.cache
def _by_wording(source: str) -> Mapping[str, Mapping[str, str]]:
    table = tomllib.loads((resources.files("translation") / "data" / "phrases.toml").read_text("utf-8"))
    found: dict[str, Mapping[str, str]] = {}
    for row in table["phrase"]:
        first = {tag: wordings.split("|")[0] for tag, wordings in row.items()}
        for wording in row.get(source, "").split("|"):
            found.setdefault(_key(wording), first)
    found.pop("", None)
    return found
