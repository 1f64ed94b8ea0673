"""The live session, pure: events in, commands out (docs/captions.md)."""

from __future__ import annotations

from transcripts.live.events import (
    AudioArrived,
    Command,
    Commit,
    DropPartial,
    Ended,
    Event,
    Finish,
    Forget,
    PublishPartial,
    Recognise,
    Recognised,
    RecognitionFailed,
    Tick,
    VoiceStarted,
    VoiceStopped,
    Window,
)
from transcripts.live.policy import LivePolicy
from transcripts.live.session import LiveSession

__all__ = [
    "AudioArrived",
    "Command",
    "Commit",
    "DropPartial",
    "Ended",
    "Event",
    "Finish",
    "Forget",
    "LivePolicy",
    "LiveSession",
    "PublishPartial",
    "Recognise",
    "Recognised",
    "RecognitionFailed",
    "Tick",
    "VoiceStarted",
    "VoiceStopped",
    "Window",
]
