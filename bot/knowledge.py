"""Finding the article that answers a question.

A question is compared with how people ask for an article (its title and sample questions) and with what it says, in
every language that it is written in; and each comparison is made twice. Embeddings see meaning across languages: a
Portuguese question finds a title in Japanese. Character n-grams see the very words, also two-character Japanese words
that trigram search misses, and typing errors.

The scores are calibrated on labelled questions (`madoguchi knowledge evaluate`): sure enough and well ahead of
the next article → answer; not sure → offer titles; else a person. An article is never made up.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.city import Article
from bot.model import Findings, Match
from core.log import get_logger
from core.metrics import counter, histogram

log = get_logger(__name__)

SEARCH_SECONDS = histogram("knowledge_search_seconds", "From a question to its articles")
SEARCHES = counter("knowledge_searches", "Questions looked up", ["result"])

Vectors = NDArray[np.float32]
Scores = NDArray[np.float64]
Mask = NDArray[np.bool_]

BATCH = 16  # texts embedded at once
_WORDS = re.compile(r"\w+")


class Embedder(Protocol):
    """Turns text into vectors of length one, near each other when they mean the same. Both methods block."""

    name: str  # changes with the model

    def query(self, text: str) -> Vectors:
        """Shape (dimensions,)."""
        ...

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimensions)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """Weights and thresholds, from `madoguchi knowledge evaluate` on config/city/evaluation/questions.tsv."""

    floor: float = 0.80  # cosine at which two texts have nothing in common (e5 vectors lie close together)
    asked_span: float = 0.15  # from there to the cosine of two ways to ask the same
    written_span: float = 0.12  # from there to the cosine of a question and the text that answers it
    nearest: int = (
        3  # so many of an article's sample questions count, by their mean: one may be near by chance
    )
    dense_weight: float = 0.65  # of the embeddings; half for how people ask, half for what articles say
    asked_words: float = 0.29  # of the n-grams of how people ask
    written_words: float = 0.20  # of the n-grams of what articles say
    sure: float = 0.43  # fused score from which an article may be given as the answer
    ahead: float = 0.05  # by how much it must lead the next one
    candidate: float = 0.25  # fused score from which a title is offered
    max_candidates: int = 3
    max_question: int = 500  # characters of a question that are looked at


@dataclass(frozen=True, slots=True)
class _Row:
    slug: str
    text: str
    asked: bool  # a way to ask, not what the article says
    embedded: bool = True  # long texts are compared by their words only: embedding one takes half a second


class Knowledge:
    """The articles and their index. `open` builds the index (seconds the first time, then from a file)."""

    def __init__(
        self,
        articles: Iterable[Article],
        embedder: Embedder | None,
        *,
        options: SearchOptions | None = None,
        cache_dir: Path | None = None,
    ) -> None:
        self.options = options or SearchOptions()
        self._embedder = embedder
        self._cache_dir = cache_dir
        self._rows = [row for article in articles for row in _rows(article)]
        self._lexical = LexicalIndex([row.text for row in self._rows])
        self._slugs = sorted({row.slug for row in self._rows})
        self._row_slug = np.array([self._slugs.index(row.slug) for row in self._rows], dtype=np.int64)
        self._asked = np.array([row.asked for row in self._rows], dtype=bool)
        self._embedded = np.array([row.embedded for row in self._rows], dtype=bool)
        self._vectors: Vectors | None = None
        # One thread: the embedder is used by one caller at a time and keeps a core busy.
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="knowledge")

    async def open(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Build or load the vectors of all articles."""
        if self._embedder is not None and self._rows:
            self._vectors = await asyncio.get_running_loop().run_in_executor(
                self._pool, self._load_vectors, progress
            )

    def close(self) -> None:
        """End the search thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def find(self, question: str) -> Findings:
        """The articles that may answer `question`."""
        with SEARCH_SECONDS.time():
            text = question[: self.options.max_question]
            scores = await asyncio.get_running_loop().run_in_executor(self._pool, self._score, text)
        findings = decide(scores, self.options)
        SEARCHES.labels("sure" if findings.sure else "unsure" if findings.candidates else "none").inc()
        return findings

    def _score(self, question: str) -> dict[str, float]:
        if not self._rows or not question.strip():
            return {}
        options = self.options
        words = self._lexical.scores(question)
        fused = options.asked_words * self._best(words, self._asked)
        fused += options.written_words * self._best(words, ~self._asked)
        if self._vectors is not None and self._embedder is not None:
            cosine = self._vectors @ self._embedder.query(question) - options.floor
            asked = self._near(cosine, self._asked) / options.asked_span
            written = self._best(cosine, ~self._asked & self._embedded) / options.written_span
            fused += options.dense_weight * (np.clip(asked, 0, 1) + np.clip(written, 0, 1)) / 2
        return {slug: float(score) for slug, score in zip(self._slugs, fused, strict=True)}

    def _best(self, by_row: Scores | Vectors, rows: Mask) -> Scores:
        """The best of some rows of each article, at least 0."""
        best = np.zeros(len(self._slugs))
        np.maximum.at(best, self._row_slug[rows], by_row[rows])
        return best

    def _near(self, by_row: Vectors, rows: Mask) -> Scores:
        """The mean of the best few of some rows of each article."""
        near = np.zeros(len(self._slugs))
        for slug in range(len(self._slugs)):
            values = np.sort(by_row[rows & (self._row_slug == slug)])[-self.options.nearest :]
            near[slug] = values.mean() if len(values) else 0.0
        return near

    def _load_vectors(self, progress: Callable[[int, int], None] | None) -> Vectors:
        """Vectors of all rows; only texts that were not seen before are embedded."""
        assert self._embedder is not None
        known = self._read_cache(self._embedder.name)
        keys = [_key(row.text) for row in self._rows]
        missing = [at for at, row in enumerate(self._rows) if row.embedded and keys[at] not in known]
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            vectors = self._embedder.passages([self._rows[at].text for at in batch])
            known.update(zip((keys[at] for at in batch), vectors, strict=True))
            if progress is not None:
                progress(min(start + BATCH, len(missing)), len(missing))
        wanted = {key: known[key] for key, row in zip(keys, self._rows, strict=True) if row.embedded}
        if missing:
            self._write_cache(self._embedder.name, wanted)
        nothing = np.zeros_like(next(iter(wanted.values())))
        return np.stack([wanted.get(key, nothing) for key in keys]).astype(np.float32)

    def _cache_file(self, model: str) -> Path | None:
        return self._cache_dir / f"knowledge-{model}.npz" if self._cache_dir else None

    def _read_cache(self, model: str) -> dict[str, Vectors]:
        file = self._cache_file(model)
        if file is None or not file.exists():
            return {}
        try:
            with np.load(file, allow_pickle=False) as stored:
                return dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            log.warning("knowledge_cache_unreadable", file=file.name)  # it can be made again
            return {}

    def _write_cache(self, model: str, vectors: Mapping[str, Vectors]) -> None:
        file = self._cache_file(model)
        if file is None:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part")
        with unfinished.open("wb") as out:
            np.savez(out, keys=np.array(list(vectors)), vectors=np.stack(list(vectors.values())))
        unfinished.replace(file)


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _rows(article: Article) -> list[_Row]:
    """What of an article a question is compared with."""
    lead = article.body.split("\n", 1)[0]
    asked = (article.title, *article.questions)
    return [
        *(_Row(article.slug, text, asked=True) for text in asked),
        _Row(article.slug, f"{article.title} {lead}", asked=False),
        _Row(article.slug, f"{article.title}\n{article.body}", asked=False, embedded=False),
    ]


def decide(scores: Mapping[str, float], options: SearchOptions) -> Findings:
    """Sure, unsure or nothing, from the fused scores."""
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    matches = tuple(Match(slug=slug, score=round(score, 4)) for slug, score in ranked[:5])
    if not ranked or ranked[0][1] < options.candidate:
        return Findings(matches=matches)
    runner_up = ranked[1][1] if len(ranked) > 1 else 0.0
    candidates = tuple(slug for slug, score in ranked[: options.max_candidates] if score >= options.candidate)
    sure = ranked[0][1] >= options.sure and ranked[0][1] - runner_up >= options.ahead
    return Findings(sure=ranked[0][0] if sure else "", candidates=candidates, matches=matches)


def fold(text: str) -> str:
    """One width, lower case, no accents on Latin letters, kana as hiragana, single spaces: what two spellings of
    one word have in common."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    plain = []
    for char in unicodedata.normalize("NFD", folded):
        if unicodedata.category(char) == "Mn" and char not in "\u3099\u309a":
            continue
        plain.append(chr(ord(char) - 0x60) if "ァ" <= char <= "ヶ" else char)
    return " ".join(_WORDS.findall(unicodedata.normalize("NFC", "".join(plain))))


def grams(text: str) -> Counter[str]:
    """Character bigrams of Japanese and Chinese, and tri- to tetragrams of other words with their edges."""
    counts: Counter[str] = Counter()
    for word in fold(text).split():
        if any(ord(char) > 0x2E7F for char in word):
            counts.update(word[at : at + 2] for at in range(max(1, len(word) - 1)))
        else:
            edged = f"^{word}$"
            for size in (3, 4):
                counts.update(edged[at : at + size] for at in range(max(1, len(edged) - size + 1)))
    return counts


class LexicalIndex:
    """Cosine of tf-idf weighted character n-grams."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._size = len(texts)
        counted = [grams(text) for text in texts]
        seen = Counter(gram for counts in counted for gram in counts)
        self._idf = {gram: math.log((1 + self._size) / (1 + number)) + 1.0 for gram, number in seen.items()}
        self._unseen_idf = math.log(1 + self._size) + 1.0
        self._postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for row, counts in enumerate(counted):
            weights = self._weights(counts)
            for gram, weight in weights.items():
                self._postings[gram].append((row, weight))

    def _weights(self, counts: Counter[str]) -> dict[str, float]:
        raw = {
            gram: (1 + math.log(number)) * self._idf.get(gram, self._unseen_idf)
            for gram, number in counts.items()
        }
        norm = math.sqrt(sum(weight * weight for weight in raw.values())) or 1.0
        return {gram: weight / norm for gram, weight in raw.items()}

    def scores(self, text: str) -> NDArray[np.float64]:
        """How alike `text` is to each row, 0..1."""
        scores = np.zeros(self._size)
        for gram, weight in self._weights(grams(text)).items():
            for row, other in self._postings.get(gram, ()):
                scores[row] += weight * other
        return scores
