"""The city's glossary: which words must be used for which, found, checked and put into translations."""

from __future__ import annotations

from translation.glossary.model import Forbidden, GlossaryCheck, Mistake, Term, TermUse
from translation.glossary.reading import GlossaryOptions, examine_glossary, parse_glossary, read_glossary
from translation.glossary.service import Glossary

__all__ = [
    "Forbidden",
    "Glossary",
    "GlossaryCheck",
    "GlossaryOptions",
    "Mistake",
    "Term",
    "TermUse",
    "examine_glossary",
    "parse_glossary",
    "read_glossary",
]
