"""Facts: what must say the same after translation. Find them, write them for a reader, protect and check them."""

from __future__ import annotations

from translation.facts.checking import Check, check, twins
from translation.facts.finding import find, mentions
from translation.facts.my_number import mask
from translation.facts.writing import write

__all__ = ["Check", "check", "find", "mask", "mentions", "twins", "write"]
