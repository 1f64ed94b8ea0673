"""Argos packages: a CTranslate2 model with a SentencePiece vocabulary, decoded directly.

The package's own library is not used to translate: it decodes 32 tokens at a time, joins every underscore into a space,
and pulls in a sentence splitter that downloads at run time.
"""

from __future__ import annotations

import json
from pathlib import Path

from translation.engines.ctranslate import DEFAULTS, CTranslateEngine, DecodingOptions, Frame, Layout
from translation.errors import BrokenModel
from translation.manifest import read_manifest


class ArgosEngine(CTranslateEngine):
    """One unpacked Argos package."""

    def __init__(self, folder: Path, options: DecodingOptions = DEFAULTS) -> None:
        super().__init__("argos", folder, read_manifest(folder), options)

    def layout(self) -> Layout:
        try:
            metadata = json.loads((self._folder / "metadata.json").read_text("utf-8"))
            prefix = str(metadata.get("target_prefix") or "")
        except (OSError, ValueError, AttributeError) as error:
            raise BrokenModel(
                f"The model “{self._folder.name}” has no readable metadata.json; import it again."
            ) from error
        pieces = self._folder / "sentencepiece.model"
        frame = Frame(target=(prefix,) if prefix else ())
        return Layout(
            model=self._folder / "model",
            source_pieces=pieces,
            target_pieces=pieces,
            frames=dict.fromkeys(self.pairs, frame),
        )
