"""The port to whatever turns a sentence of one language into a sentence of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Pair = tuple[str, str]  # source tag, target tag


@dataclass(frozen=True, slots=True)
class Output:
    """One translated sentence. `score` is the mean natural logarithm of the probability of its tokens (0 is
    certainty), comparable between short and long sentences, or None where the engine has none. `others` are what the
    engine would have said next, if it was asked to be careful and can tell."""

    text: str
    score: float | None
    others: tuple[Output, ...] = ()


class TranslationEngine(Protocol):
    """A model on this machine.

    Every method may block and is called from any thread. The caller never loads or unloads while a batch runs, and
    runs no more than `workers` batches at once.
    """

    name: str  # "argos", "firefox", or what a model of the third kind calls itself
    version: str  # changes whenever the same sentence may come out differently
    pairs: frozenset[Pair]
    workers: int  # batches that it decodes at the same time
    batch: int  # sentences beyond which a larger batch gains nothing
    mixes_pairs: bool  # may sentences of different pairs go into one batch?
    bytes_needed: int  # memory that it takes while loaded, estimated

    def load(self) -> None:
        """Bring the model into memory; raises `BrokenModel`. A second call does nothing."""
        ...

    def unload(self) -> None:
        """Give the memory back. A later call of `translate_batch` loads again."""
        ...

    def translate_batch(
        self, sentences: Sequence[str], pairs: Sequence[Pair], *, careful: bool = False
    ) -> list[Output]:
        """One output for each sentence and its pair, in order.

        An engine cuts what is longer than it can take. `careful` spends more time to avoid repetition, for a second
        try when the first output was bad. Raises `EngineFailed` when the engine dies of it; the next call starts it
        anew.
        """
        ...
