"""Translate a text: look up a route, split, translate its sentences in batches shared with other callers, join."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.clock import Clock, SystemClock
from core.errors import TooLarge
from core.log import get_logger
from core.tasks import Tasks
from translation.batching import BatchingOptions, Scheduler
from translation.engine import TranslationEngine
from translation.errors import BrokenModel, MissingModel, UnknownLanguage
from translation.facts import mask
from translation.fleet import EngineSource, Fleet
from translation.glossary import Glossary
from translation.glossary.model import TermUse
from translation.guards import FLAGS
from translation.languages import language
from translation.loading import LoadingOptions
from translation.memory import Memory
from translation.model import Fact, Lane, TermMention, Translation
from translation.routes import Quality, Route, measured_quality
from translation.sentences import Effort, Sentence, SentenceTranslator
from translation.splitting import Piece, gather, join, split
from translation.wording import clean

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatorOptions:
    """Limits of the translator."""

    longest_text: int = 20_000  # characters
    parallel: int = 2  # batches decoded at the same time, over all engines
    bulk_sentences: int = (
        32  # sentences of bulk work on their way at once; the others wait outside the queues
    )
    effort: Effort = Effort()  # decodes beyond the first that a sentence may take
    broken_s: float = 60.0  # seconds after which a model that did not load is tried again
    check_s: float = 5.0  # seconds between looks for idle models and newly installed ones
    batching: BatchingOptions = BatchingOptions()
    loading: LoadingOptions = LoadingOptions()


class Translator:
    """Translates between the languages served. Use from one event loop; `close` at the end."""

    def __init__(
        self,
        engines: Sequence[TranslationEngine],
        options: TranslatorOptions = TranslatorOptions(),
        quality: Quality | None = None,
        *,
        clock: Clock | None = None,
        source: EngineSource | None = None,
        glossary: Glossary | None = None,
        memory: Memory | None = None,
    ) -> None:
        """`source` is looked at every few seconds for other engines. The caller opens and closes `memory`."""
        self._options = options
        self._quality = quality = quality or measured_quality()
        self._tasks = Tasks()
        self._clock = clock or SystemClock()
        self._scheduler = Scheduler(
            options.batching, options.loading, self._tasks, self._clock, parallel=options.parallel
        )
        self._fleet = Fleet(self._scheduler, quality, engines)
        self._source = source
        self._sentences = SentenceTranslator(
            self._fleet.runners, quality, options.bulk_sentences, glossary, memory, options.effort
        )
        self._tasks.keep("translation_models", self._watch)

    def can(self, source: str, target: str) -> bool:
        """Is there a way from `source` to `target` with the models installed? False for unknown tags."""
        try:
            models = language(source).model_tag, language(target).model_tag
        except UnknownLanguage:
            return False
        return models[0] == models[1] or self._fleet.route(*models) is not None

    async def refresh(self) -> None:
        """Unload idle models, and take in models installed since. Happens by itself every few seconds."""
        await self._scheduler.models.unload_idle()
        self._fleet.forgive(self._clock.monotonic() - self._options.broken_s)
        if self._source is not None:
            await self._fleet.refresh(self._source)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._options.check_s)
            await self.refresh()

    async def translate(
        self,
        text: str,
        *,
        source: str,
        target: str,
        lane: Lane = "chat",
        glossary: Glossary | None = None,
    ) -> Translation:
        """`text` in the target language, with what is known about how good it is. `glossary` takes the place of the
        city's for this text, as where a meeting has names of its own.

        What people approved or wrote for these words comes before any model: engine "memory" or "phrases", for the
        whole text or for its sentences. Paragraphs, bullets and emoji keep their places. A My Number is masked
        before anything else is done, in `source_text` as well. Easy Japanese is written by people only: where nobody
        did, it gives Japanese, the flag "human_only", and a route that ends with "ja".

        Raises `UnknownLanguage`, `MissingModel`, `TooLarge`, `Busy` (too much waits), or `BrokenModel`.
        """
        if len(text) > self._options.longest_text:
            raise TooLarge(
                f"The text is longer than {self._options.longest_text} characters; send it in parts."
            )
        model_source, model_target = language(source).model_tag, language(target).model_tag
        masked = mask(text)
        if source != target and (human := self._sentences.human(masked, source, target)):
            return _by_people(masked, human, source, target)
        if model_source == model_target:
            return _unchanged(masked, source, target)
        route = self._fleet.route(model_source, model_target)
        if route is None:
            raise MissingModel(
                f"No installed model leads from {source} to {target}; "
                f"install one with `madoguchi models install {model_source}-{model_target}`."
            )
        sentences_apart = split(clean(masked), model_source)
        asked = masked if (source, target) == (model_source, model_target) else None
        while True:
            try:
                pieces = self._gathered(sentences_apart, route)
                sentences = await self._by_route(pieces, route, lane, glossary, asked)
                return _assembled(pieces, sentences, route, source=source, target=target)
            except BrokenModel:
                # The broken model is left out now; perhaps another leads there too.
                other = self._fleet.route(model_source, model_target)
                if other is None or other == route:
                    raise
                log.warning("route_changed", source=source, target=target, engine=other.engine)
                route = other

    def _gathered(self, pieces: Sequence[Piece], route: Route) -> Sequence[Piece]:
        """Short neighbours together, where the model was measured to translate them better so."""
        [first, *more] = route.hops
        if more:
            return pieces
        source, target = first.pair
        return gather(
            pieces,
            source,
            self._quality.together(first),
            alone=lambda text: self._sentences.human(text, source, target) is not None,
        )

    async def _by_route(
        self, pieces: Sequence[Piece], route: Route, lane: Lane, glossary: Glossary | None, asked: str | None
    ) -> list[Sentence]:
        """All sentences, or the first error after the others have left the queues. Nobody wrote anything for the
        whole text `asked`."""
        work = [
            self._sentences.translate(piece.text, route, lane, glossary, asked=piece.text == asked)
            for piece in pieces
            if piece.is_sentence
        ]
        if len(work) == 1:
            return [await work[0]]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one) for one in work]
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [task.result() for task in tasks]

    async def close(self) -> None:
        """Stop the queues and unload the models. Callers that wait get `Unavailable`."""
        await self._scheduler.close()
        await self._tasks.close()


def _by_people(text: str, human: Sentence, source: str, target: str) -> Translation:
    return Translation(
        text=human.text,
        source_text=text,
        source=source,
        target=target,
        route=(source, target),
        engine=human.engines[0],
        confidence=1.0,
        flags=(),
        kept=human.kept,
        lost=(),
    )


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
    terms_kept: list[TermMention] = []
    terms_lost: list[TermMention] = []
    left = iter(sentences)
    at = 0
    for piece in pieces:
        if piece.is_sentence:
            sentence = next(left)
            translated.append(Piece(sentence.text, True))
            kept += [_moved(fact, at) for fact in sentence.kept]
            lost += [_moved(fact, at) for fact in sentence.lost]
            terms_kept += [_mention(use, at) for use in sentence.terms_kept]
            terms_lost += [_mention(use, at) for use in sentence.terms_lost]
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
        terms_kept=tuple(terms_kept),
        terms_lost=tuple(terms_lost),
    )


def _moved(fact: Fact, by: int) -> Fact:
    return replace(fact, start=fact.start + by, end=fact.end + by) if by else fact


def _mention(use: TermUse, at: int) -> TermMention:
    return TermMention(text=use.wording, expected=use.expected[0], start=use.start + at, end=use.end + at)


def _confidence(sentences: Sequence[Sentence]) -> float:
    """Half the mean by length, half the worst sentence: one bad sentence spoils a message."""
    if not sentences:
        return 1.0
    weights = [len(sentence.text) + 1 for sentence in sentences]
    weighed = sum(sentence.confidence * weight for sentence, weight in zip(sentences, weights, strict=True))
    worst = min(sentence.confidence for sentence in sentences)
    return (weighed / sum(weights) + worst) / 2
