"""Finding the article that answers a question.

A question is compared with how people ask for an article and with what it says, in every language that it is written
in, in two ways. `meaning`: embeddings see meaning across languages. `words`: character n-grams see the very words,
in any spelling, also two-character Japanese words and typing errors. `judging` puts both together: sure → answer;
not sure → offer titles; else a person. An article is never made up.
"""

from __future__ import annotations

from bot.knowledge.index import VECTORS, Knowledge
from bot.knowledge.judging import ELSEWHERE, Calibration, SearchOptions, judge
from bot.knowledge.meaning import Embedder
from bot.knowledge.wordings import Wordings, read_wordings

__all__ = [
    "ELSEWHERE",
    "VECTORS",
    "Calibration",
    "Embedder",
    "Knowledge",
    "SearchOptions",
    "Wordings",
    "judge",
    "read_wordings",
]
