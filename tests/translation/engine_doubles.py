"""Engines for tests of what stands around an engine: their work can be held, counted and made to fail."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from translation.engine import Output, Pair
from translation.errors import BrokenModel, EngineFailed

PAIR = ("ja", "en")
BACK = ("en", "ja")


class UpperEngine:
    """Writes in capitals, notes what it was given, and can be held still.

    "broken" breaks the model, "deadly" kills the engine each time, "shaky" the first time only.
    """

    def __init__(
        self,
        name: str = "upper",
        *,
        version: str = "1",
        pairs: Sequence[Pair] = (PAIR, BACK),
        workers: int = 1,
        batch: int = 4,
        mixes_pairs: bool = False,
        megabytes: int = 10,
        loads: bool = True,
    ) -> None:
        self.name, self.version, self.pairs = name, version, frozenset(pairs)
        self.workers, self.batch, self.mixes_pairs = workers, batch, mixes_pairs
        self.bytes_needed = megabytes << 20
        self.loads = loads
        self.events: list[str] = []
        self.batches: list[list[str]] = []
        self.most_at_once = 0
        self.entered = threading.Semaphore(0)
        self.go = threading.Event()
        self.go.set()
        self._lock = threading.Lock()
        self._inside = 0

    def load(self) -> None:
        if not self.loads:
            raise BrokenModel(f"The model “{self.name}” does not load.")
        self.events.append("load")

    def unload(self) -> None:
        assert self._inside == 0
        self.events.append("unload")

    def translate_batch(
        self, sentences: Sequence[str], pairs: Sequence[Pair], *, careful: bool = False
    ) -> list[Output]:
        with self._lock:
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
        self.entered.release()
        try:
            assert self.go.wait(30)
            return self._answer(list(sentences), careful)
        finally:
            with self._lock:
                self._inside -= 1

    def _answer(self, sentences: list[str], careful: bool) -> list[Output]:
        with self._lock:
            seen = {text for batch in self.batches for text in batch}
            self.batches.append(sentences)
        if "broken" in sentences:
            raise BrokenModel("The model is broken.")
        if "deadly" in sentences or ("shaky" in sentences and "shaky" not in seen):
            raise EngineFailed("The engine died.")
        return [Output(sentence.upper() + ("!" if careful else ""), -0.1) for sentence in sentences]
