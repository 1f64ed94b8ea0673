"""The demo briefing and what it says, read once."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from transcripts.audio import AudioLimits, decode
from transcripts.recogniser import Samples

SPEECH = Path(__file__).parents[2] / "config" / "demo" / "speech"

Briefing = tuple[Samples, dict[str, Any]]


@functools.cache
def read_briefing() -> Briefing:
    """Its samples, and its text, sentences and words with times."""
    said = json.loads((SPEECH / "briefing.json").read_text(encoding="utf-8"))
    return decode((SPEECH / "briefing.flac").read_bytes(), limits=AudioLimits()), said
