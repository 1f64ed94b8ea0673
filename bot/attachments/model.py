"""Values of attachments."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

Purpose = Literal["talk", "form"]  # "form": a booking refers to it, so it does not go with its message
# refused: more than a resident may send in a day, or the disk has no room left for such files.
State = Literal["waiting", "kept", "gone", "too_large", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came with a message."""

    id: str  # that of the message
    resident_id: str
    line_message_id: str
    purpose: Purpose
    kind: str  # image, voice, video or file, as LINE said
    state: State
    media_type: str  # by its content; empty until it is kept
    size: int  # bytes; 0 until it is kept
    created_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentOptions:
    """Limits."""

    bytes: int = 25_000_000  # of one file
    a_day: int = 30  # of one resident
    mb: int = 20_000  # MiB of all together
    days: int = 180  # for which they are kept
