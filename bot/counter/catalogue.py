"""counters.toml in a city's folder: which counters there are and when nobody is disturbed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.city import read_toml
from bot.counter.model import MAX_NUMBER, Counter, CounterOptions
from core.errors import InvalidInput

FILE = "counters.toml"
_ID = re.compile(r"[a-z0-9-]{1,40}")
_NUMBERS = ("stale_s", "near", "watch_hours", "remind_after_days")
_TIMES = ("quiet_from", "quiet_until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What the file says."""

    counters: Mapping[str, Counter]
    options: CounterOptions


def read_catalogue(folder: Path, departments: Collection[str]) -> Catalogue:
    """The counters of a city; none where it has no such file. Raises InvalidInput with what is wrong."""
    path = folder / FILE
    if not path.exists():
        return Catalogue(counters={}, options=CounterOptions())
    table = read_toml(path)
    counters = {name: _counter(name, entry, departments) for name, entry in table.get("counters", {}).items()}
    return Catalogue(counters=counters, options=_options(table.get("settings", {})))


def _counter(name: str, entry: Mapping[str, Any], departments: Collection[str]) -> Counter:
    names, department, wrap = entry.get("name"), entry.get("department"), entry.get("wrap", 999)
    if not _ID.fullmatch(name):
        raise InvalidInput(f"The counter “{name}” in {FILE} may have small letters, digits and hyphens only.")
    if not isinstance(department, str) or department not in departments:
        raise InvalidInput(f"The counter “{name}” in {FILE} names no department of city.toml.")
    if not isinstance(names, Mapping) or "ja" not in names:
        raise InvalidInput(f"The counter “{name}” in {FILE} lacks its name in Japanese.")
    if type(wrap) is not int or not 9 <= wrap <= MAX_NUMBER:
        raise InvalidInput(f"The counter “{name}” in {FILE} must wrap at 9 to {MAX_NUMBER}.")
    return Counter(id=name, names=dict(names), department=department, wrap=wrap)


def _options(settings: Mapping[str, Any]) -> CounterOptions:
    for name, value in settings.items():
        if name in _NUMBERS and type(value) is int and value > 0:
            continue
        if name in _TIMES and isinstance(value, dt.time):
            continue
        raise InvalidInput(f"The setting “{name}” in {FILE} is unknown or not usable.")
    return CounterOptions(**settings)
