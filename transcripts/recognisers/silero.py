"""Silero VAD v6 (MIT) on onnxruntime, from the weights that faster-whisper brings along.

The model hears frames of 512 samples with the 64 samples before them.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from transcripts.recogniser import Samples

CONTEXT = 64
STATE = (1, 1, 128)


class SileroModel:
    """Silero VAD on onnxruntime. The weights are shared by all streams, the state is this stream's own."""

    def __init__(self) -> None:
        self._session = _silero_session()
        self.reset()

    def reset(self) -> None:
        self._h = np.zeros(STATE, np.float32)
        self._c = np.zeros(STATE, np.float32)
        self._context = np.zeros(CONTEXT, np.float32)

    def probability(self, frame: Samples) -> float:
        heard = np.concatenate([self._context, frame])[np.newaxis, :]
        output, self._h, self._c = self._session.run(None, {"input": heard, "h": self._h, "c": self._c})
        self._context = frame[-CONTEXT:]
        return float(output.reshape(-1)[0])


@functools.lru_cache(maxsize=1)
def _silero_session() -> Any:
    from faster_whisper.vad import get_vad_model

    return get_vad_model().session
