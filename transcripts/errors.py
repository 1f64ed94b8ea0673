"""What can go wrong between audio and captions, each with one sentence for people."""

from __future__ import annotations

from core.errors import InvalidInput, Unavailable


class UnreadableAudio(InvalidInput):
    """The bytes are not audio that can be decoded."""

    code = "unreadable_audio"


class UnknownSpeechLanguage(InvalidInput):
    """The speech model cannot hear this language."""

    code = "unknown_speech_language"


class MissingSpeechModel(Unavailable):
    """No speech model can be loaded; the sentence says how to get one."""

    code = "missing_speech_model"


class RecognitionUnavailable(Unavailable):
    """The recogniser failed again and again, so captions have stopped."""

    code = "recognition_unavailable"
