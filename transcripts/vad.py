"""Voice activity, as sound arrives: when somebody starts and stops speaking.

The detector belongs to one stream of audio: it and the model behind it carry their state from frame to frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from transcripts.live import VoiceStarted, VoiceStopped
from transcripts.recogniser import RATE, Samples

FRAME = 512
FRAME_S = FRAME / RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceOptions:
    """When sound counts as voice."""

    threshold: float = 0.5  # probability from which voice starts
    release: float = 0.35  # probability under which it may stop
    silence_s: float = 0.35  # silence that stops it


class VoiceModel(Protocol):
    """The probability that a frame holds voice, given the frames before it."""

    def probability(self, frame: Samples) -> float:
        """For the next `FRAME` samples of the stream."""
        ...

    def reset(self) -> None:
        """Forget the stream: what follows does not continue what came before."""
        ...


class VoiceDetector:
    """Turns samples into voice events. Blocking (about 0.15 ms a frame), so it runs in the audio thread."""

    def __init__(self, options: VoiceOptions, *, model: VoiceModel, start_s: float = 0.0) -> None:
        self._options = options
        self._model = model
        self._rest: Samples = np.zeros(0, np.float32)
        self._at = start_s  # audio time up to which frames were heard
        self._voiced = False
        self._last_voice = start_s  # end of the last frame that held voice

    def hear(self, samples: Samples) -> list[VoiceStarted | VoiceStopped]:
        """Voice events in the next samples of the stream, in order. Less than a frame waits for the next call."""
        heard = np.concatenate([self._rest, samples])
        whole = len(heard) // FRAME * FRAME
        self._rest = heard[whole:]
        events: list[VoiceStarted | VoiceStopped] = []
        for frame in heard[:whole].reshape(-1, FRAME):
            events.extend(self._step(self._model.probability(frame)))
        return events

    def _step(self, probability: float) -> Iterator[VoiceStarted | VoiceStopped]:
        options = self._options
        begin, self._at = self._at, self._at + FRAME_S
        if probability >= (options.release if self._voiced else options.threshold):
            self._last_voice = self._at
            if not self._voiced:
                self._voiced = True
                yield VoiceStarted(begin)
        elif self._voiced and self._at - self._last_voice >= options.silence_s:
            self._voiced = False
            yield VoiceStopped(self._last_voice)

    def reset(self) -> None:
        """The stream was interrupted: a voice that goes on afterwards starts anew."""
        self._model.reset()
        self._voiced = False
