"""Firefox Translations models on fxtranslate."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.log import get_logger
from translation.engine import Output, Pair
from translation.errors import BrokenModel
from translation.manifest import check_files, read_manifest

log = get_logger(__name__)

# Characters of one sentence; time grows with their square. What is longer is cut, and the check on length marks it.
LONGEST = 300
# fxtranslate holds Python's lock while it decodes (about 15 ms a sentence). A pause this long between sentences
# gives the event loop its turn.
YIELD_S = 0.0005


class FirefoxEngine:
    """One Firefox model folder.

    The library binds a translator to the thread that made it and panics on any other, which the engine port
    promises to respect.
    """

    name = "firefox"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._translator: Any = None
        manifest = read_manifest(folder)
        self.pairs = frozenset({manifest.pair})
        self.version = f"{manifest.version}+{manifest.sha256[:12]}"

    def load(self) -> None:
        if self._translator is not None:
            return
        import fxtranslate

        check_files(self._folder, read_manifest(self._folder))
        vocabularies = [path.read_bytes() for path in sorted(self._folder.glob("*vocab*.spm"))]
        if len(vocabularies) not in (1, 2):
            raise BrokenModel(f"The model “{self._folder.name}” has no vocabulary; import it again.")
        # Two files sort as srcvocab, trgvocab; one serves both sides.
        try:
            self._translator = fxtranslate.Translator(
                self._one("model.*.bin"), vocabularies[0], vocabularies[-1], self._one("lex.*.bin")
            )
        except ValueError as error:
            raise BrokenModel(
                f"The model “{self._folder.name}” does not load ({error}); import it again."
            ) from error
        log.info(
            "model_loaded", engine=self.name, model=self._folder.name, backend=self._translator.backend()
        )

    def _one(self, pattern: str) -> bytes:
        found = sorted(self._folder.glob(pattern))
        if not found:
            raise BrokenModel(f"The model “{self._folder.name}” lacks a file “{pattern}”; import it again.")
        return found[0].read_bytes()

    def unload(self) -> None:
        self._translator = None

    def translate_batch(self, sentences: Sequence[str], pair: Pair, *, careful: bool = False) -> list[Output]:
        self.load()
        outputs = []
        for sentence in sentences:
            outputs.append(Output(str(self._translator.translate(sentence[:LONGEST])).strip(), None))
            time.sleep(YIELD_S)
        return outputs
