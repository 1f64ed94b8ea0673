"""The articles, indexed so that a question finds them."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import zipfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bot.city import Article
from bot.knowledge.judging import ELSEWHERE, Scores, SearchOptions, judge
from bot.knowledge.meaning import Embedder, Meaning, Vectors
from bot.knowledge.spelling import Readings
from bot.knowledge.vectors import key, read_vectors, write_vectors
from bot.knowledge.wordings import Wordings
from bot.knowledge.words import Text, WordEvidence
from bot.model import Findings
from core.log import get_logger
from core.metrics import counter, histogram

log = get_logger(__name__)

SEARCH_SECONDS = histogram("knowledge_search_seconds", "From a question to its articles")
SEARCHES = counter("knowledge_searches", "Questions looked up", ["result"])

VECTORS = "vectors.npz"  # in a city's folder: vectors that come with its articles
BATCH = 16  # texts embedded at once
EASY_JAPANESE = "ja-Hira"
WORDS_FORMAT = "3"  # of the file of words; changes when grams are counted another way

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Row:
    """A text that is embedded."""

    article: int
    text: str


class Knowledge:
    """The articles and their index. `open` builds the index (minutes the first time, then from files)."""

    def __init__(
        self,
        articles: Iterable[Article],
        embedder: Embedder | None,
        *,
        options: SearchOptions | None = None,
        wordings: Wordings | None = None,
        cache_dir: Path | None = None,
        shipped: Path | None = None,
        today: Callable[[], dt.date] | None = None,
    ) -> None:
        """`shipped` is a file of vectors that came with the articles; what it lacks is embedded and kept in
        `cache_dir`. Without `today` no article is ever past its date."""
        self._today = today
        self.options = options or SearchOptions()
        self._articles = list(articles)
        self._embedder = embedder
        self._wordings = wordings or {}
        self._cache_dir = cache_dir
        self._shipped = shipped
        self._slugs = sorted({article.slug for article in self._articles})
        asked_elsewhere = any(ELSEWHERE in table for table in self._wordings.values())
        self._answers = [*self._slugs, ELSEWHERE] if self._slugs and asked_elsewhere else self._slugs
        self._rows = list(self._embedded_texts())
        self._words: WordEvidence | None = None
        self._meaning: Meaning | None = None
        # One thread: the embedder is used by one caller at a time and keeps a core busy.
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="knowledge")

    async def open(self, progress: Progress | None = None) -> None:
        """Build or load the index."""
        await asyncio.get_running_loop().run_in_executor(self._pool, self._load, progress)

    def close(self) -> None:
        """End the search thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def find(self, question: str) -> Findings:
        """The articles that may answer `question`, in whatever language it is."""
        with SEARCH_SECONDS.time():
            text = question[: self.options.max_question]
            findings = await asyncio.get_running_loop().run_in_executor(self._pool, self._search, text)
        findings = self._dated(findings)
        SEARCHES.labels("sure" if findings.sure else "unsure" if findings.candidates else "none").inc()
        return findings

    def evidence(self, question: str) -> tuple[Scores | None, Scores]:
        """Meaning and words for each of `answers`, before they are judged; blocks."""
        meaning = None
        if self._meaning is not None and self._embedder is not None:
            vector = self._embedder.query(question)
            meaning = self._meaning.scores(vector, nearest=self.options.nearest)
        return meaning, self._learned_words().scores(question)

    @property
    def answers(self) -> Sequence[str]:
        """The slugs, and ELSEWHERE, in the order of `evidence`."""
        return self._answers

    def vectors(self, progress: Progress | None = None) -> dict[str, Vectors]:
        """Key → vector of every text; blocks. Raises Unavailable without an embedder's package."""
        assert self._embedder is not None
        known = read_vectors(self._shipped) if self._shipped else {}
        cached = self._cache_file(f"knowledge-{self._embedder.name}.npz")
        wanted = {key(row.text): row.text for row in self._rows}
        if cached is not None and not wanted.keys() <= known.keys():
            known |= read_vectors(cached)
        missing = [name for name in wanted if name not in known]
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            made = self._embedder.passages([wanted[name] for name in batch])
            known.update(zip(batch, made, strict=True))
            if progress is not None:
                progress(min(start + BATCH, len(missing)), len(missing))
        found = {name: known[name] for name in wanted}
        if missing and cached is not None:
            write_vectors(cached, found)
        return found

    def _search(self, question: str) -> Findings:
        if not self._slugs or not any(map(str.isalpha, question)):  # a number alone asks nothing
            return Findings()
        meaning, words = self.evidence(question)
        return judge(self._answers, meaning, words, self.options)

    def _dated(self, findings: Findings) -> Findings:
        """The same, knowing which articles are past their date."""
        if self._today is None or not findings.candidates:
            return findings
        today = self._today()
        past = {one.slug for one in self._articles if one.valid_until < today}
        stale = tuple(slug for slug in findings.candidates if slug in past)
        doubted = self.options.stale == "doubt" and findings.sure in past
        return replace(findings, stale=stale, sure="" if doubted else findings.sure)

    def _load(self, progress: Progress | None) -> None:
        self._learned_words()
        if self._embedder is not None and self._rows:
            found = self.vectors(progress)
            table = np.stack([found[key(row.text)] for row in self._rows]).astype(np.float32)
            article = np.array([row.article for row in self._rows], dtype=np.int64)
            self._meaning = Meaning(table, article, len(self._answers))

    def _embedded_texts(self) -> Iterable[_Row]:
        """What of an article a question is compared with by its meaning. Whole articles are compared by their words
        only: embedding one takes half a second, and it is about too much."""
        number = {slug: at for at, slug in enumerate(self._answers)}
        for article in self._articles:
            lead = article.body.split("\n", 1)[0]
            asked = (article.title, article.label, *article.questions, f"{article.title} {lead}")
            for text in asked:
                yield _Row(number[article.slug], text)
        for slug, wording in self._all_wordings():
            yield _Row(number[slug], wording)

    def _all_wordings(self) -> Iterable[tuple[str, str]]:
        for table in self._wordings.values():
            for slug, wordings in table.items():
                if slug in self._answers:
                    yield from ((slug, wording) for wording in wordings)

    def _word_texts(self) -> Iterable[Text]:
        number = {slug: at for at, slug in enumerate(self._answers)}
        yield from (Text(row.article, row.text) for row in self._rows)
        for article in self._articles:
            for line in filter(None, article.body.split("\n")):
                yield Text(number[article.slug], line, self.options.body_weight)

    def _learned_words(self) -> WordEvidence:
        """The words, counted once and then read from a file: counting takes seconds."""
        if self._words is not None:
            return self._words
        easy = [one for one in self._articles if one.language == EASY_JAPANESE]
        readings = Readings(
            text for one in easy for text in (one.title, one.label, one.source, one.body, *one.questions)
        )
        texts = list(self._word_texts())
        file = self._cache_file("knowledge-words.npz")
        name = _digest(texts, len(self._answers))
        self._words = _read_words(file, name, readings) if file is not None else None
        if self._words is None:
            self._words = WordEvidence.learn(texts, len(self._answers), readings)
            if file is not None:
                _write_words(file, name, self._words)
        return self._words

    def _cache_file(self, name: str) -> Path | None:
        return self._cache_dir / name if self._cache_dir else None


def _digest(texts: Sequence[Text], articles: int) -> str:
    digest = hashlib.sha256(f"{WORDS_FORMAT} {articles}".encode())
    for text in texts:
        digest.update(f"\0{text.article}\0{text.weight}\0{text.text}".encode())
    return digest.hexdigest()


def _read_words(file: Path, name: str, readings: Readings) -> WordEvidence | None:
    try:
        with np.load(file, allow_pickle=False) as stored:
            if stored["name"].item() != name:
                return None
            grams = bytes(stored["grams"]).decode().split("\n")
            return WordEvidence(grams, stored["weights"].astype(np.float32), readings)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # not there, or damaged: it is made again


def _write_words(file: Path, name: str, words: WordEvidence) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part")
    with unfinished.open("wb") as out:
        grams = np.frombuffer("\n".join(words.grams).encode(), dtype=np.uint8)
        np.savez(out, name=np.array(name), grams=grams, weights=words.weights.astype(np.float16))
    unfinished.replace(file)
