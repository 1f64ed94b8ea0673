"""Ten minutes without speech: silence, noise, hum and music, made here so that nothing has to be shipped. Pure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from transcripts.recogniser import RATE, Samples

SEED = 4
CHORDS = ((220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (196.0, 246.9, 293.7), (164.8, 207.7, 246.9))
BEAT_S = 0.5


def silence(seconds: float) -> Samples:
    """Digital silence."""
    return np.zeros(int(seconds * RATE), np.float32)


def noise(seconds: float, slope: float) -> Samples:
    """Noise whose power falls with the frequency to `slope`: 0 is white, 1 pink, 2 brown. About -26 dBFS."""
    block = 2**18
    random = np.random.default_rng(SEED)
    weights = np.arange(1, block // 2 + 2, dtype=np.float64) ** (-slope / 2)
    blocks = []
    for _ in range(int(seconds * RATE) // block + 1):
        blocks.append(np.fft.irfft(np.fft.rfft(random.normal(size=block)) * weights))
    whole = np.concatenate(blocks)[: int(seconds * RATE)]
    return (whole / whole.std() * 0.05).astype(np.float32)


def hum(seconds: float) -> Samples:
    """Mains hum of 50 Hz with its overtones."""
    time = np.arange(int(seconds * RATE)) / RATE
    return sum(0.2 / order * np.sin(2 * np.pi * 50 * order * time) for order in (1, 2, 3, 5)).astype(
        np.float32
    )  # type: ignore[union-attr]


def chords(seconds: float) -> Samples:
    """Chords of plucked tones, changing every two seconds."""
    return _notes(seconds, lambda beat: CHORDS[beat // 4 % len(CHORDS)])


def arpeggios(seconds: float) -> Samples:
    """One tone of a chord after the other."""
    return _notes(
        seconds, lambda beat: (CHORDS[beat // 4 % len(CHORDS)][beat % 3] * (2 if beat % 8 > 5 else 1),)
    )


def drums(seconds: float) -> Samples:
    """A bass drum, a snare and a hi-hat."""
    random = np.random.default_rng(SEED)
    step = int(BEAT_S / 2 * RATE)
    time = np.arange(step) / RATE
    bass = np.sin(2 * np.pi * (50 + 60 * np.exp(-time * 30)) * time) * np.exp(-time * 12)
    beats = []
    for beat in range(int(seconds * RATE) // step + 1):
        hat = random.normal(size=step) * np.exp(-time * 60) * 0.15
        snare = random.normal(size=step) * np.exp(-time * 20) * 0.4 if beat % 4 == 2 else 0.0
        beats.append(hat + snare + (bass * 0.6 if beat % 4 == 0 else 0.0))
    return (np.concatenate(beats)[: int(seconds * RATE)] * 0.5).astype(np.float32)


def band(seconds: float) -> Samples:
    """All of the music together."""
    return (chords(seconds) + arpeggios(seconds) + drums(seconds)) / 3


def _notes(seconds: float, tones: Callable[[int], tuple[float, ...]]) -> Samples:
    step = int(BEAT_S * RATE)
    time = np.arange(step) / RATE
    shape = np.minimum(time * 100, 1) * np.exp(-time * 3)
    beats = [
        sum(
            np.sin(2 * np.pi * tone * order * time) / order**2
            for tone in tones(beat)
            for order in (1, 2, 3, 4)
        )
        * shape
        * 0.15
        for beat in range(int(seconds * RATE) // step + 1)
    ]
    return np.concatenate(beats)[: int(seconds * RATE)].astype(np.float32)


SOUNDS: dict[str, Callable[[float], Samples]] = {
    "silence": silence,
    "white noise": lambda seconds: noise(seconds, 0),
    "pink noise": lambda seconds: noise(seconds, 1),
    "brown noise": lambda seconds: noise(seconds, 2),
    "hum": hum,
    "chords": chords,
    "arpeggios": arpeggios,
    "drums": drums,
    "band": band,
}
