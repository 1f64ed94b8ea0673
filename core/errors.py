"""Errors that a person may read.

Each carries a stable `code` for programs and one sentence for people. Subclasses say who can do something
about it: the caller (`InvalidInput`, `NotFound`, `Conflict` …) or nobody but time (`Unavailable`).
"""

from __future__ import annotations


class AppError(Exception):
    """Base of every error that crosses a package border; `str(error)` is the sentence for people.

    `key` names the same sentence in the words of the pages, with `values` for its placeholders, where staff may
    read it in Japanese.
    """

    code = "error"
    status = 500  # HTTP status that the web edge answers with

    def __init__(self, sentence: str, *, key: str = "", **values: object) -> None:
        super().__init__(sentence)
        self.key = key
        self.values = values


class InvalidInput(AppError):
    """What was sent cannot be used; the sentence says what to change."""

    code = "invalid_input"
    status = 400


class NotAuthorised(AppError):
    """Nobody is logged in, or the account may not do this."""

    code = "not_authorised"
    status = 403


class NotFound(AppError):
    """The thing named does not exist."""

    code = "not_found"
    status = 404


class Conflict(AppError):
    """Somebody else changed it first; look again."""

    code = "conflict"
    status = 409


class TooLarge(AppError):
    """A limit on size or length was passed; the sentence names the limit."""

    code = "too_large"
    status = 413


class Busy(AppError):
    """A queue is full or a rate limit is reached; the same call may work later."""

    code = "busy"
    status = 429


class Unavailable(AppError):
    """Something that this needs (a model, a service) is missing or does not answer."""

    code = "unavailable"
    status = 503
