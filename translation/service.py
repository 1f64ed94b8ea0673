"""Translate a text: look up a route, split, translate its sentences in batches shared with other callers, join."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.errors import TooLarge
from core.tasks import Tasks
from translation.batching import BatchingOptions, EngineRunner
from translation.engine import TranslationEngine
from translation.errors import MissingModel, UnknownLanguage
from translation.facts import mask
from translation.guards import FLAGS
from translation.languages import language
from translation.model import Fact, Lane, Translation
from translation.routes import Candidate, Quality, Route, find_route, measured_quality
from translation.sentences import Sentence, SentenceTranslator
from translation.splitting import Piece, join, split
from translation.wording import clean


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatorOptions:
    """Limits of the translator."""

    longest_text: int = 20_000  # characters
    parallel: int = 2  # engines that decode at the same time
    bulk_sentences: int = (
        32  # sentences of bulk work on their way at once; the others wait outside the queues
    )
    batching: BatchingOptions = BatchingOptions()


class Translator:
    """Translates between the languages served. Use from one event loop; `close` at the end."""

    def __init__(
        self,
        engines: Sequence[TranslationEngine],
        options: TranslatorOptions = TranslatorOptions(),
        quality: Quality | None = None,
    ) -> None:
        self._options = options
        self._quality = quality or measured_quality()
        self._tasks = Tasks()
        gate = asyncio.Semaphore(options.parallel)
        self._runners = [EngineRunner(engine, options.batching, self._tasks, gate) for engine in engines]
        self._candidates = [
            Candidate(index, engine.name, engine.version.partition("+")[0], pair)
            for index, engine in enumerate(engines)
            for pair in sorted(engine.pairs)
        ]
        self._sentences = SentenceTranslator(self._runners, self._quality, options.bulk_sentences)

    def can(self, source: str, target: str) -> bool:
        """Is there a way from `source` to `target` with the models installed? False for unknown tags."""
        try:
            models = language(source).model_tag, language(target).model_tag
        except UnknownLanguage:
            return False
        return models[0] == models[1] or self._route(*models) is not None

    def _route(self, source: str, target: str) -> Route | None:
        return find_route(source, target, self._candidates, self._quality)

    async def translate(self, text: str, *, source: str, target: str, lane: Lane = "chat") -> Translation:
        """`text` in the target language, with what is known about how good it is.

        Paragraphs, bullets and emoji keep their places. A My Number is masked before anything else is done,
        in `source_text` as well. Easy Japanese is written by people only: as a target it gives Japanese, the flag
        "human_only", and a route that ends with "ja".

        Raises `UnknownLanguage`, `MissingModel`, `TooLarge`, `Busy` (too much waits), or `BrokenModel`.
        """
        if len(text) > self._options.longest_text:
            raise TooLarge(
                f"The text is longer than {self._options.longest_text} characters; send it in parts."
            )
        model_source, model_target = language(source).model_tag, language(target).model_tag
        masked = mask(text)
        if model_source == model_target:
            return _unchanged(masked, source, target)
        route = self._route(model_source, model_target)
        if route is None:
            raise MissingModel(
                f"No installed model leads from {source} to {target}; "
                f"import an Argos package with `madoguchi models import FILE`."
            )
        pieces = split(clean(masked), model_source)
        sentences = await asyncio.gather(
            *(self._sentences.translate(piece.text, route, lane) for piece in pieces if piece.is_sentence)
        )
        return _assembled(pieces, sentences, route, source=source, target=target)

    async def close(self) -> None:
        """Stop the queues and unload the models. Callers that wait get `Unavailable`."""
        for runner in self._runners:
            await runner.close()
        await self._tasks.close()


def _unchanged(text: str, source: str, target: str) -> Translation:
    easy = language(target).human_only and source != target
    return Translation(
        text=text,
        source_text=text,
        source=source,
        target=target,
        route=(language(source).model_tag if easy else source,),
        engine="none",
        confidence=1.0,
        flags=("human_only",) if easy else (),
        kept=(),
        lost=(),
    )


def _assembled(
    pieces: Sequence[Piece], sentences: Sequence[Sentence], route: Route, *, source: str, target: str
) -> Translation:
    """The sentences in the places of their originals, and what is known about all of them."""
    translated: list[Piece] = []
    kept: list[Fact] = []
    lost: list[Fact] = []
    left = iter(sentences)
    at = 0
    for piece in pieces:
        if piece.is_sentence:
            sentence = next(left)
            translated.append(Piece(sentence.text, True))
            kept += [replace(fact, start=fact.start + at, end=fact.end + at) for fact in sentence.kept]
            lost += [replace(fact, start=fact.start + at, end=fact.end + at) for fact in sentence.lost]
        else:
            translated.append(piece)
        at += len(piece.text)
    flags = {flag for sentence in sentences for flag in sentence.flags}
    if language(target).human_only:
        flags.add("human_only")
    confidence = _confidence(sentences)
    if any(piece.is_noise for piece in pieces):
        flags.add("copied")
        confidence *= FLAGS["copied"]
    return Translation(
        text=join(translated, route.tags[-1]),
        source_text="".join(piece.text for piece in pieces),
        source=source,
        target=target,
        route=route.tags,
        engine="+".join(dict.fromkeys(name for sentence in sentences for name in sentence.engines)) or "none",
        confidence=round(confidence, 3),
        flags=tuple(flag for flag in FLAGS if flag in flags),
        kept=tuple(kept),
        lost=tuple(lost),
    )


def _confidence(sentences: Sequence[Sentence]) -> float:
    """Half the mean by length, half the worst sentence: one bad sentence spoils a message."""
    if not sentences:
        return 1.0
    weights = [len(sentence.text) + 1 for sentence in sentences]
    weighed = sum(sentence.confidence * weight for sentence, weight in zip(sentences, weights, strict=True))
    worst = min(sentence.confidence for sentence in sentences)
    return (weighed / sum(weights) + worst) / 2
