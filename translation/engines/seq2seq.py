"""Any CTranslate2 sequence-to-sequence model with SentencePiece vocabularies: M2M100, NLLB, OPUS-MT and their kin.

The folder holds `model/` (CTranslate2), `sentencepiece.model` or `source.spm` and `target.spm`, and `model.toml`:

    name = "nllb-200-distilled-600M"       shown as the engine; the key of its row in data/quality.toml
    pairs = [["en", "ja"], ["ja", "en"]]
    source_prefix = ["…"]                  tokens before the sentence: a list, or a table from language to list
    source_suffix = ["</s>", "…"]          tokens after it
    target_prefix = { ja = ["jpn_Jpan"] }  what the output begins with; taken off again
    source_prefix_by_target = { ja = [">>jpn<<"] }   where the language of the output stands before the input

Tables are read by the source's language for the source and by the target's for the target.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from translation.engine import Pair
from translation.engines.ctranslate import DEFAULTS, CTranslateEngine, DecodingOptions, Frame, Layout, Tokens
from translation.errors import BrokenModel
from translation.manifest import read_manifest

NOTE = "model.toml"
NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,59}")
LONGEST_NOTE = 64 << 10  # bytes


class Seq2SeqEngine(CTranslateEngine):
    """One multilingual or bilingual model; sentences of all its pairs go into one batch."""

    def __init__(self, folder: Path, options: DecodingOptions = DEFAULTS) -> None:
        self._note = read_note(folder)
        super().__init__(self._note["name"], folder, read_manifest(folder), options)

    def layout(self) -> Layout:
        folder = self._folder
        one = folder / "sentencepiece.model"
        both = one.is_file()
        return Layout(
            model=folder / "model",
            source_pieces=one if both else folder / "source.spm",
            target_pieces=one if both else folder / "target.spm",
            frames={pair: frame(self._note, pair, folder) for pair in self.pairs},
        )


def read_note(folder: Path) -> dict[str, Any]:
    """The model.toml in `folder` with a usable name, or `BrokenModel`."""
    path = folder / NOTE
    try:
        if path.stat().st_size > LONGEST_NOTE:
            raise ValueError("too large")
        note = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BrokenModel(f"The model “{folder.name}” has no readable {NOTE}; import it again.") from error
    if not NAME.fullmatch(str(note.get("name", ""))):
        raise BrokenModel(
            f"The {NOTE} of “{folder.name}” has no usable name; use letters, digits, dots and dashes."
        )
    return note


def frame(note: dict[str, Any], pair: Pair, folder: Path) -> Frame:
    """What stands around a sentence of this pair. Raises `BrokenModel` where the note does not say it well."""
    source, target = pair
    return Frame(
        before=(
            *_tokens(note, "source_prefix", source, folder),
            *_tokens(note, "source_prefix_by_target", target, folder),
        ),
        after=_tokens(note, "source_suffix", source, folder),
        target=_tokens(note, "target_prefix", target, folder),
    )


def _tokens(note: dict[str, Any], key: str, language: str, folder: Path) -> Tokens:
    given = note.get(key, [])
    if isinstance(given, dict):
        if language not in given:
            raise BrokenModel(f"{key} of “{folder.name}” lacks the language {language}; add it to {NOTE}.")
        given = given[language]
    if not isinstance(given, list) or not all(isinstance(token, str) for token in given):
        raise BrokenModel(f"{key} of “{folder.name}” is no list of tokens; correct {NOTE}.")
    return tuple(given)
