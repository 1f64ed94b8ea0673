"""Argos packages: a CTranslate2 model with a SentencePiece vocabulary, decoded directly.

The package's own library is not used to translate: it decodes 32 tokens at a time, joins every underscore into a space,
and pulls in a sentence splitter that downloads at run time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.log import get_logger
from translation.engine import Output, Pair
from translation.errors import BrokenModel
from translation.manifest import check_files, read_manifest

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgosOptions:
    """How to decode."""

    beam: int = 4
    careful_beam: int = 6
    length_penalty: float = 1.0  # 1 makes a beam's score the mean over its tokens
    careful_outputs: int = 4  # alternatives kept by the careful second try
    no_repeat_ngram: int = 4  # used by the careful second try only: honest text repeats too
    longest_input: int = 256  # tokens; what is longer is cut, and the check on length marks the result
    batch_tokens: int = 2048  # decoded together; longer input is split into several such batches
    intra_threads: int = 1
    inter_threads: int = 1


class ArgosEngine:
    """One unpacked Argos package."""

    name = "argos"

    def __init__(self, folder: Path, options: ArgosOptions = ArgosOptions()) -> None:
        self._folder = folder
        self._options = options
        self._translator: Any = None
        self._pieces: Any = None
        self._prefix: list[str] = []
        manifest = read_manifest(folder)
        self.pairs = frozenset({manifest.pair})
        self.version = f"{manifest.version}+{manifest.sha256[:12]}"

    def load(self) -> None:
        if self._translator is not None:
            return
        import ctranslate2
        import sentencepiece

        check_files(self._folder, read_manifest(self._folder))
        metadata = json.loads((self._folder / "metadata.json").read_text("utf-8"))
        self._prefix = [prefix] if (prefix := str(metadata.get("target_prefix") or "")) else []
        try:
            self._pieces = sentencepiece.SentencePieceProcessor(
                model_file=str(self._folder / "sentencepiece.model")
            )
            self._translator = ctranslate2.Translator(
                str(self._folder / "model"),
                device="cpu",
                intra_threads=self._options.intra_threads,
                inter_threads=self._options.inter_threads,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise BrokenModel(
                f"The model “{self._folder.name}” does not load ({error}); import it again."
            ) from error
        log.info("model_loaded", engine=self.name, model=self._folder.name)

    def unload(self) -> None:
        self._translator = None
        self._pieces = None

    def translate_batch(self, sentences: Sequence[str], pair: Pair, *, careful: bool = False) -> list[Output]:
        self.load()
        options = self._options
        tokens = [
            self._pieces.encode(sentence, out_type=str)[: options.longest_input] for sentence in sentences
        ]
        # CTranslate2 adds the end mark to the source where config.json asks for it.
        longest = max((len(pieces) for pieces in tokens), default=0)
        results = self._translator.translate_batch(
            tokens,
            target_prefix=[self._prefix] * len(tokens) if self._prefix else None,
            beam_size=options.careful_beam if careful else options.beam,
            num_hypotheses=options.careful_outputs if careful else 1,
            no_repeat_ngram_size=options.no_repeat_ngram if careful else 0,
            length_penalty=options.length_penalty,
            max_decoding_length=min(2 * longest + 20, 400),
            max_batch_size=options.batch_tokens,
            batch_type="tokens",
            return_scores=True,
        )
        return [self._output(result) for result in results]

    def _output(self, result: Any) -> Output:
        best, *others = (
            Output(self._text(pieces), self._mean(pieces, score))
            for pieces, score in zip(result.hypotheses, result.scores, strict=True)
        )
        return Output(best.text, best.score, tuple(others))

    def _text(self, pieces: list[str]) -> str:
        return str(self._pieces.decode(pieces[len(self._prefix) :])).strip()

    def _mean(self, pieces: list[str], score: float) -> float:
        """CTranslate2's score is the sum of logarithms over length^penalty."""
        length = max(len(pieces), 1)
        return float(score * length**self._options.length_penalty / length)
