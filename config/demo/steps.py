"""Steps of the demo story: what each came to, and what makes one fail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryStep:
    """What one step of the story came to."""

    name: str
    ok: bool
    seconds: float
    detail: str


class StepFailed(Exception):
    """What should have happened did not."""


def check(condition: bool, otherwise: str) -> None:
    """Raises StepFailed with what happened instead."""
    if not condition:
        raise StepFailed(otherwise)


def short(text: str, limit: int = 160) -> str:
    """On one line, cut at `limit` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
