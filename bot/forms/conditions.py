"""When a field is asked: `kind == 'bulky'`, `kind != 'bulky'`, `place in ['home', 'branch']`. Nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidInput

_EQUAL = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(==|!=)\s*'([^']*)'\s*")
_IN = re.compile(r"\s*([a-z][a-z0-9_]*)\s+in\s+\[([^\]]*)\]\s*")
_ITEM = re.compile(r"\s*'([^']*)'\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`field` has one of `values`, or none of them. Without a field it always holds."""

    field: str = ""
    values: frozenset[str] = frozenset()
    negated: bool = False

    def holds(self, answers: Mapping[str, Any]) -> bool:
        """Whether these answers (field → value) meet it. A field that is not answered meets none."""
        if not self.field:
            return True
        if self.field not in answers:
            return False
        return (as_word(answers[self.field]) in self.values) != self.negated


ALWAYS = Condition()


def as_word(value: Any) -> str:
    """A value as conditions write it: yes and no for true and false."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def read_condition(text: str) -> Condition:
    """The condition that `text` says. Raises InvalidInput."""
    if not text.strip():
        return ALWAYS
    if match := _EQUAL.fullmatch(text):
        return Condition(field=match[1], values=frozenset({match[3]}), negated=match[2] == "!=")
    if match := _IN.fullmatch(text):
        items = [_ITEM.fullmatch(item) for item in match[2].split(",")]
        if all(items):
            return Condition(field=match[1], values=frozenset(item[1] for item in items if item))
    raise InvalidInput(f"“{text}” is no condition; write field == 'value' or field in ['one', 'two'].")
