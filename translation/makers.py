"""Who wrote a translation: people, a machine, or both."""

from __future__ import annotations

from typing import Literal

Maker = Literal["human", "partly_human", "machine", "unchanged"]

# Engines whose words people wrote: the translation memory, and everyday phrases.
HUMAN = frozenset({"memory", "phrases"})
NOTHING = "none"  # the engine where nothing had to be translated


def maker_of(engine: str) -> Maker:
    """Who wrote a translation, by its `engine`, as "memory" or "argos+firefox"."""
    names = set(engine.split("+")) - {NOTHING, ""}
    if not names:
        return "unchanged"
    if names <= HUMAN:
        return "human"
    return "partly_human" if names & HUMAN else "machine"
