"""Blocking Whisper decoding of one window of at most 30 seconds.

Whisper's encoder was trained on 30 seconds and faster-whisper pads every window to that, which is most of the cost of a
short one. Its positions are absolute and sinusoidal, so a shorter window with some silence behind it decodes the same
words at a fraction of the cost (measured in docs/captions.md). That is what `padding_s` does.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from core.metrics import counter
from transcripts.agreement import normal
from transcripts.model import Word
from transcripts.recogniser import MAX_WINDOW_S, RATE, Hints, Samples, base

STARTER = "starter"
UNSPACED = frozenset({"ja", "zh", "yue", "th", "lo", "my", "km"})  # written without spaces between words
FRAMES_PER_S = 100  # of the log-mel spectrogram

DROPPED = counter(
    "recognition_dropped", "Recognised windows whose text was dropped, by the reason", ["reason"]
)

HOTWORDS_LEFT_OUT = counter(
    "recognition_hotwords_left_out",
    "Windows decoded again without hotwords, as these had leaked or led to a loop",
)
NO_HINTS = Hints()
TWICE_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperOptions:
    """Which model, and how carefully it listens."""

    model: str = (
        STARTER  # "starter" (tiny.en from PyPI), a folder, or a size such as "small" or "large-v3-turbo"
    )
    download: bool = False  # whether a size that is not on this machine may be downloaded
    download_root: Path | None = None  # where downloaded models are kept
    device: str = "cpu"
    compute_type: str = "int8"
    cpu_threads: int = 1  # more threads are not faster for small models on small machines
    workers: int = 1  # recognitions at the same time
    beam: int = 5
    interim_beam: int = 5  # for hypotheses that will be replaced soon
    padding_s: float = 5.0  # silence behind a window; the encoder's context is window + padding …
    least_context_s: float = 12.0  # … but at least this and at most 30 seconds
    tokens_per_s: float = 8.0  # bound on decoding; fast speech is about 4
    max_compression: float = 2.4  # text that compresses better than this repeats itself
    silence_probability: float = 0.6  # drop a window that is probably silence …
    silence_logprob: float = -0.7  # … and whose text the model itself does not believe
    least_logprob: float = -1.5  # drop whatever the model believes less than this
    hotword_tokens: int = 120  # of names and terms put before a window; the first ones that fit; 0: none
    switch_probability: float = 0.7  # from which another language than the expected one is believed …
    switch_s: float = 1.0  # … in a window of at least this length


@dataclass(frozen=True, slots=True)
class _Decoded:
    tokens: list[int]
    text: str
    logprob: float  # mean natural logarithm of the tokens' probabilities
    silence: float  # probability that the window holds no speech


class Decoding:
    """One loaded model. Calls from several threads are safe; CTranslate2 queues them on its workers."""

    def __init__(self, model: Any, options: WhisperOptions) -> None:
        self._model = model
        self._options = options

    def hear(
        self, samples: Samples, language: str | None, *, words: bool, final: bool, hints: Hints = NO_HINTS
    ) -> tuple[list[Word], str]:
        """The words in a window, with times from its beginning, and the base code of the language heard."""
        features = self._model.feature_extractor(samples, padding=0)
        length_s = len(samples) / RATE
        encoded = self._model.encode(self._padded(features, length_s))
        code = language or self._language(encoded, length_s, tuple(map(base, hints.languages)))
        tokenizer = _tokenizer(self._model, code)
        decoded = self._decode(encoded, tokenizer, length_s, final=final, hotwords=hints.hotwords)
        if decoded is None:
            return [], code
        joined = code in UNSPACED
        if not words:
            return _spread(decoded.text, length_s, joined=joined), code
        pieces = self._model.find_alignment(tokenizer, [decoded.tokens], encoded, features.shape[-1])[0]
        return _gather(pieces, length_s, joined=joined), code

    def _padded(self, features: Any, length_s: float) -> Any:
        """The spectrogram with silence behind it, up to the context that the encoder is to see."""
        options = self._options
        context_s = min(MAX_WINDOW_S, max(options.least_context_s, length_s + options.padding_s))
        room = max(0, int(context_s * FRAMES_PER_S) - features.shape[-1])
        padded = np.pad(features, ((0, 0), (0, room)))
        return padded[:, : int(MAX_WINDOW_S * FRAMES_PER_S)]

    def _language(self, encoded: Any, length_s: float, candidates: tuple[str, ...]) -> str:
        if not self._model.model.is_multilingual:
            return "en"
        chances = {
            str(token).strip("<|>"): float(chance)
            for token, chance in self._model.model.detect_language(encoded)[0]
        }
        return choose_language(chances, candidates, length_s, self._options)

    def _decode(
        self, encoded: Any, tokenizer: Any, length_s: float, *, final: bool, hotwords: tuple[str, ...]
    ) -> _Decoded | None:
        """The text of the window, or None when it cannot be believed. What loops, or says the hotwords back, is decoded
        once more without them."""
        before = self._hotword_tokens(tokenizer, hotwords)
        decoded = self._generate(encoded, tokenizer, length_s, final=final, before=before)
        if before and says_twice(decoded.text):
            decoded = self._generate(encoded, tokenizer, length_s, final=final, before=before, repeat=False)
        if before and (says_back(decoded.text, hotwords) or self._doubt(decoded) is not None):
            HOTWORDS_LEFT_OUT.inc()
            decoded = self._generate(encoded, tokenizer, length_s, final=final)
        if self._loops(decoded.text):
            decoded = self._generate(encoded, tokenizer, length_s, final=final, repeat=False)
        reason = self._doubt(decoded)
        if reason is None:
            return decoded
        DROPPED.labels(reason).inc()
        return None

    def _hotword_tokens(self, tokenizer: Any, hotwords: tuple[str, ...]) -> list[int]:
        """The first of the hotwords that fit, as the text before the window."""
        found: list[int] = []
        for at, hotword in enumerate(hotwords):
            tokens = tokenizer.encode(f"{',' if at else ''} {hotword.strip()}")
            if len(found) + len(tokens) + 1 > self._options.hotword_tokens:
                break
            found += tokens
        return [*found, *tokenizer.encode(".")] if found else []

    def _generate(
        self,
        encoded: Any,
        tokenizer: Any,
        length_s: float,
        *,
        final: bool,
        before: list[int] | None = None,
        repeat: bool = True,
    ) -> _Decoded:
        from faster_whisper.transcribe import get_suppressed_tokens

        options = self._options
        prompt = self._model.get_prompt(tokenizer, before or [], without_timestamps=True)
        result = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=options.beam if final else options.interim_beam,
            max_length=min(len(prompt) + 16 + int(length_s * options.tokens_per_s), self._model.max_length),
            no_repeat_ngram_size=0 if repeat else 3,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
        )[0]
        tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
        logprob = result.scores[0] * len(tokens) / (len(tokens) + 1)
        return _Decoded(tokens, tokenizer.decode(tokens).strip(), logprob, result.no_speech_prob)

    def _doubt(self, decoded: _Decoded) -> str | None:
        """Why a text should not be believed: Whisper makes up words in silence and noise."""
        options = self._options
        if not decoded.text:
            return "empty"
        if decoded.silence > options.silence_probability and decoded.logprob < options.silence_logprob:
            return "silence"
        if decoded.logprob < options.least_logprob:
            return "doubtful"
        return "loop" if self._loops(decoded.text) else None

    def _loops(self, text: str) -> bool:
        """Whether a text repeats itself so much that the model is in a loop (Whisper's own measure)."""
        raw = text.encode()
        return len(raw) / len(zlib.compress(raw)) > self._options.max_compression


def choose_language(
    chances: Mapping[str, float], candidates: tuple[str, ...], length_s: float, options: WhisperOptions
) -> str:
    """The most probable of the candidates (of all languages, if there are none). The first of several is expected: a
    short window, or one that is not clear, is heard as that."""
    among = {code: chances.get(code, 0.0) for code in candidates or chances}
    best = max(among, key=lambda code: among[code])
    if len(candidates) < 2 or best == candidates[0]:
        return best
    share = among[best] / (sum(among.values()) or 1.0)
    sure = length_s >= options.switch_s and share >= options.switch_probability
    return best if sure else candidates[0]


def says_back(text: str, hotwords: tuple[str, ...]) -> bool:
    """Whether a text is the list of hotwords, or begins with two neighbours of it: nobody said that, it leaked."""
    said = normal(text)
    listed = [normal(hotword) for hotword in hotwords]
    rest = said
    for hotword in sorted(listed, key=len, reverse=True):
        rest = rest.replace(hotword, "")
    told = len(listed) > 1 and said != "" and rest == "" and said not in listed
    return told or any(said.startswith(one + other) for one, other in pairwise(listed))


def says_twice(text: str) -> bool:
    """Whether four words or more are followed by the same again, as happens with text before the window."""
    words = [normal(word) for word in text.split()]
    return any(
        words[at : at + size] == words[at + size : at + 2 * size]
        for size in range(TWICE_WORDS, len(words) // 2 + 1)
        for at in range(len(words) - 2 * size + 1)
    )


def _tokenizer(model: Any, code: str) -> Any:
    from faster_whisper.tokenizer import Tokenizer

    return Tokenizer(model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=code)


def _gather(pieces: list[dict[str, Any]], length_s: float, *, joined: bool) -> list[Word]:
    """Words as written. Punctuation belongs to the word before it; where spaces are written, so does ":30" to "9"."""
    words: list[Word] = []
    for piece in pieces:
        raw = str(piece["word"])
        text = raw.strip()
        if not text:
            continue
        sounds = any(each.isalnum() for each in text)
        start, end = (min(max(float(piece[side]), 0.0), length_s) for side in ("start", "end"))
        if words and (not sounds or not (joined or raw.startswith(" "))):
            before = words[-1]
            words[-1] = Word(
                text=before.text + text,
                start=before.start,
                end=max(before.end, end) if sounds else before.end,
                probability=min(before.probability, float(piece["probability"]))
                if sounds
                else before.probability,
                joined=joined,
            )
        else:
            word = Word(
                text=text, start=start, end=end, probability=float(piece["probability"]), joined=joined
            )
            words.append(word)
    return words


def _spread(text: str, length_s: float, *, joined: bool) -> list[Word]:
    """Words without times of their own share the window evenly."""
    texts = list(text) if joined else text.split()
    share = length_s / max(1, len(texts))
    return [
        Word(text=each, start=place * share, end=(place + 1) * share, probability=1.0, joined=joined)
        for place, each in enumerate(texts)
    ]
