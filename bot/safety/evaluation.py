"""How much danger is found, and how often for nothing: figures from labelled sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.safety.alarms import Alarm
from core.errors import InvalidInput

KINDS = ("emergency", "urgent", "calm")


@dataclass(slots=True)
class Figures:
    """Counts of one language. `found`: told as emergency or urgent where it is one of the two; `right_kind`: as the
    right one."""

    danger: int = 0
    found: int = 0
    right_kind: int = 0
    right_topic: int = 0
    calm: int = 0
    false_alarms: int = 0
    wrong: list[tuple[str, str, str]] = field(default_factory=list)  # text, label, what was made of it

    def rates(self) -> Mapping[str, float | int]:
        """Shares of 0..1."""
        return {
            "danger": self.danger,
            "found": _share(self.found, self.danger),
            "right_kind": _share(self.right_kind, self.danger),
            "right_topic": _share(self.right_topic, self.danger),
            "calm": self.calm,
            "false_alarms": _share(self.false_alarms, self.calm),
        }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def read_rows(text: str) -> list[list[str]]:
    """Rows of a tab-separated file: language, text, kind and topic. Raises InvalidInput with the number of a bad
    line."""
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        row = line.split("\t")
        if len(row) < 3:
            raise InvalidInput(f"Line {number} has no language, text and kind separated by tabs.")
        rows.append(row)
    return rows


def evaluate(rows: Iterable[Sequence[str]], found: Mapping[str, Alarm]) -> dict[str, Figures]:
    """Figures for each language and "all". `rows`: language, text, kind and, for danger, topic; `found`: text → alarm.

    Raises InvalidInput for a kind that is none.
    """
    figures: dict[str, Figures] = defaultdict(Figures)
    for language, text, kind, *topic in rows:
        if kind not in KINDS:
            raise InvalidInput(f"“{kind}” is no kind of sentence; write one of {', '.join(KINDS)}.")
        for group in (language, "all"):
            _count(figures[group], text, kind, topic[0] if topic else "", found[text])
    return dict(figures)


def _count(count: Figures, text: str, kind: str, topic: str, alarm: Alarm) -> None:
    if kind == "calm":
        count.calm += 1
        count.false_alarms += bool(alarm.kind)
    else:
        count.danger += 1
        count.found += bool(alarm.kind)
        count.right_kind += alarm.kind == kind
        count.right_topic += alarm.topic == topic
    if (alarm.kind or "calm") != kind:
        count.wrong.append((text, kind, alarm.kind or "calm"))
