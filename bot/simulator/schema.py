"""LINE's own shape of a request body, through the models of line-bot-sdk (generated from LINE's OpenAPI)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.simulator.model import Json, Problem


class Schema:
    """Checks bodies by the name of the model, e.g. `PushMessageRequest`."""

    def __init__(self) -> None:
        self._models: Any = None

    def load(self) -> None:
        """Takes about a second, so call it once, in a thread."""
        from linebot.v3.messaging import models  # noqa: PLC0415 -- heavy; only this adapter needs it

        self._models = models

    def problems(self, model: str, body: Json) -> tuple[Problem, ...]:
        """What the model refuses, or the properties that it does not know; empty when it fits."""
        try:
            parsed = getattr(self._models, model).from_dict(body).to_dict()
        except (ValueError, TypeError, AttributeError) as error:
            return tuple(_explain(error))
        return tuple(_unknown(body, parsed, ""))


def _explain(error: Exception) -> Iterator[Problem]:
    """A problem for each complaint of pydantic, or one for a type that no model has."""
    complaints: list[dict[str, Any]] = error.errors() if hasattr(error, "errors") else []
    for complaint in complaints:
        path = ".".join(str(part) for part in complaint["loc"])
        yield Problem(property=path, message=str(complaint["msg"]))
    if not complaints:
        yield Problem(property="", message=str(error)[:300])


def _unknown(given: object, parsed: object, path: str) -> Iterator[Problem]:
    """Properties that the model dropped. LINE refuses misspelt properties, so the simulator does too."""
    if isinstance(given, dict) and isinstance(parsed, dict):
        for key, value in given.items():
            here = f"{path}.{key}" if path else str(key)
            if key in parsed:
                yield from _unknown(value, parsed[key], here)
            elif value is not None:
                yield Problem(property=here, message="unknown field")
    elif isinstance(given, list) and isinstance(parsed, list):
        for index, (one, other) in enumerate(zip(given, parsed, strict=False)):
            yield from _unknown(one, other, f"{path}[{index}]")
