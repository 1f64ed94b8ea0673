"""What every CTranslate2 model with a SentencePiece vocabulary has in common: loading, decoding, scores.

An adapter says in a `Layout` where the files are and which tokens the model wants around a sentence.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.log import get_logger
from translation.engine import Output, Pair
from translation.errors import BrokenModel
from translation.manifest import Manifest, check_files

log = get_logger(__name__)

Tokens = tuple[str, ...]

# Measured: a loaded model takes 1.15 times its files, and decoding with two workers another 30 to 90 MB, whatever
# the model's size, of which the library keeps about 30 MB for good.
BYTES_PER_FILE_BYTE = 1.2
BYTES_TO_WORK = 60 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingOptions:
    """How to decode."""

    beam: int = 4
    careful_beam: int = 6
    length_penalty: float = 1.0  # 1 makes a beam's score the mean over its tokens
    careful_outputs: int = 4  # alternatives kept by the careful second try
    no_repeat_ngram: int = 4  # used by the careful second try only: honest text repeats too
    longest_input: int = 256  # tokens; what is longer is cut, and the check on length marks the result
    batch_tokens: int = 2048  # decoded together; longer input is split into several such batches
    batch: int = 16  # sentences; 32 would save 4 % of the time and keep a caption waiting twice as long
    workers: int = (
        2  # batches decoded at once, on one copy of the weights; one of them is kept from bulk work
    )
    threads: int = 1  # of each worker; workers x threads should not exceed the cores


DEFAULTS = DecodingOptions()


@dataclass(frozen=True, slots=True)
class Frame:
    """The tokens around the sentences of one pair."""

    before: Tokens = ()
    after: Tokens = ()
    target: Tokens = ()  # what the output has to begin with; stripped again


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The parts of a model's folder."""

    model: Path  # the folder that CTranslate2 reads
    source_pieces: Path
    target_pieces: Path  # the same file where both sides share a vocabulary
    frames: Mapping[Pair, Frame]


class CTranslateEngine:
    """A CTranslate2 model. Its subclasses read their own kind of folder."""

    mixes_pairs = True

    def __init__(self, name: str, folder: Path, manifest: Manifest, options: DecodingOptions) -> None:
        self.name = name
        self.version = f"{manifest.version}+{manifest.sha256[:12]}"
        self.pairs = frozenset(manifest.pairs)
        self.workers = options.workers
        self.batch = options.batch
        self.bytes_needed = round(size_of(folder) * BYTES_PER_FILE_BYTE) + BYTES_TO_WORK
        self._folder = folder
        self._manifest = manifest
        self._options = options
        self._translator: Any = None
        self._source: Any = None
        self._target: Any = None
        self._frames: Mapping[Pair, Frame] = {}
        self._marks: frozenset[str] = frozenset()  # tokens that are no words of any language

    def layout(self) -> Layout:
        """Where the parts are; raises `BrokenModel`."""
        raise NotImplementedError

    def load(self) -> None:
        if self._translator is not None:
            return
        import ctranslate2
        import sentencepiece

        check_files(self._folder, self._manifest)
        layout = self.layout()
        try:
            self._source = sentencepiece.SentencePieceProcessor(model_file=str(layout.source_pieces))
            self._target = self._source
            if layout.target_pieces != layout.source_pieces:
                self._target = sentencepiece.SentencePieceProcessor(model_file=str(layout.target_pieces))
            self._frames = layout.frames
            self._marks = _marks(layout)
            self._translator = ctranslate2.Translator(
                str(layout.model),
                device="cpu",
                inter_threads=self._options.workers,
                intra_threads=self._options.threads,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise BrokenModel(
                f"The model “{self._folder.name}” does not load ({error}); import it again."
            ) from error
        log.info("model_loaded", engine=self.name, model=self._folder.name)

    def unload(self) -> None:
        self._translator = self._source = self._target = None
        give_memory_back()

    def translate_batch(
        self, sentences: Sequence[str], pairs: Sequence[Pair], *, careful: bool = False
    ) -> list[Output]:
        self.load()
        options = self._options
        frames = [self._frames[pair] for pair in pairs]
        # CTranslate2 adds the end mark to the source where config.json asks for it.
        tokens = [self._tokens(sentence, frame) for sentence, frame in zip(sentences, frames, strict=True)]
        longest = max(map(len, tokens), default=0)
        results = self._translator.translate_batch(
            tokens,
            target_prefix=[list(frame.target) for frame in frames] if any(f.target for f in frames) else None,
            beam_size=options.careful_beam if careful else options.beam,
            num_hypotheses=options.careful_outputs if careful else 1,
            no_repeat_ngram_size=options.no_repeat_ngram if careful else 0,
            length_penalty=options.length_penalty,
            max_decoding_length=min(2 * longest + 20, 400),
            max_batch_size=options.batch_tokens,
            batch_type="tokens",
            return_scores=True,
        )
        return [self._output(result, frame) for result, frame in zip(results, frames, strict=True)]

    def _tokens(self, sentence: str, frame: Frame) -> list[str]:
        text = sentence.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text
        pieces = self._source.encode(text, out_type=str)[: self._options.longest_input]
        return [*frame.before, *pieces, *frame.after]

    def _output(self, result: Any, frame: Frame) -> Output:
        best, *others = (
            Output(self._text(pieces, frame), self._mean(pieces, frame, score))
            for pieces, score in zip(result.hypotheses, result.scores, strict=True)
        )
        return Output(best.text, best.score, tuple(others))

    def _text(self, pieces: list[str], frame: Frame) -> str:
        said = [piece for piece in pieces[len(frame.target) :] if piece not in self._marks]
        return str(self._target.decode(said)).strip()

    def _mean(self, pieces: list[str], frame: Frame, score: float) -> float:
        """CTranslate2's score is the sum of logarithms over length^penalty. The length counts the end mark and the
        forced beginning; the sum counts the end mark, but not what was forced."""
        length = len(pieces) + 1
        return float(score * length**self._options.length_penalty / (length - len(frame.target)))


def _marks(layout: Layout) -> frozenset[str]:
    frames = layout.frames.values()
    return frozenset(token for frame in frames for token in (*frame.before, *frame.after, *frame.target))


def size_of(folder: Path) -> int:
    """Bytes of all files below `folder`."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def give_memory_back() -> None:
    """Ask the C library to return freed memory to the system. glibc keeps nearly all of a model's otherwise
    (measured: 97 of 99 MB stay without this, 61 with it)."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:  # another C library than glibc
            trim(0)
