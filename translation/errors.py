"""What can go wrong when text is to be translated."""

from __future__ import annotations

from core.errors import InvalidInput, Unavailable


class UnknownLanguage(InvalidInput):
    """A language tag that is not among the languages served."""

    code = "unknown_language"


class MissingModel(Unavailable):
    """No installed model, or pair of models, leads from one language to the other."""

    code = "missing_model"


class BrokenModel(InvalidInput):
    """A model file that cannot be used: damaged, unsafe to unpack, or not the file it claims to be."""

    code = "broken_model"


class EngineFailed(Unavailable):
    """An engine died or hung while it worked on a text; it starts anew with the next one."""

    code = "engine_failed"
