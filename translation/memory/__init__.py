"""The translation memory: what people translated before, found again for the same words.

Units live in the database; each process holds an index of them, so that looking costs next to nothing.
"""

from __future__ import annotations

from translation.memory.model import Match, Origin, Suggestion, Unit
from translation.memory.service import Memory, MemoryOptions

__all__ = ["Match", "Memory", "MemoryOptions", "Origin", "Suggestion", "Unit"]
