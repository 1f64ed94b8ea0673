"""Forms from the city's TOML files.

One file for each form: its fields, then a table of texts for each language. `shared.toml` holds fields that several
forms use (`use = "phone"`). Texts are found by name: `title`, `intro`, `done`, `words`, `<field>.label`,
`<field>.ask`, `<field>.<option>`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.city import read_toml
from bot.forms.conditions import read_condition
from bot.forms.model import KINDS, Field, Form, Option, Rule, Texts
from core.errors import InvalidInput
from core.words import flatten

SHARED = "shared.toml"
_RULE = frozenset(
    {"earliest_days", "ahead_days", "days", "days_by", "holidays", "times", "notice_min", "capacity", "pool"}
)
_FIELD = frozenset({"id", "use", "kind", "optional", "when", "options", "least", "most", "question"}) | _RULE
_OPTION = frozenset({"id", "fee", "at", "capacity"})
_FORM = frozenset({"department", "prefix", "cancel_hours", "remind", "seats", "fee_times", "fields"})

Texted = Mapping[str, Mapping[str, Any]]  # language → flattened texts


def read_forms(folder: Path, languages: Sequence[str], own_names: Mapping[str, str]) -> dict[str, Form]:
    """The forms of a folder; none where it is missing. `own_names` fill `options = "languages"`.

    Raises InvalidInput with the file and what is wrong with it.
    """
    if not folder.is_dir():
        return {}
    shared_file = folder / SHARED
    shared = read_toml(shared_file) if shared_file.exists() else {}
    forms: dict[str, Form] = {}
    for path in sorted(folder.glob("*.toml")):
        if path.name != SHARED:
            reader = _Reader(path.stem, read_toml(path), shared, languages, own_names)
            try:
                forms[path.stem] = reader.form()
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                raise InvalidInput(f"The form {path.name} has a wrong or missing entry: {error}.") from error
    _refuse_same_prefix(forms)
    return forms


def _refuse_same_prefix(forms: Mapping[str, Form]) -> None:
    seen: dict[str, str] = {}
    for form in forms.values():
        if other := seen.get(form.prefix):
            raise InvalidInput(
                f"The forms {other} and {form.id} have the same prefix “{form.prefix}”; change one."
            )
        seen[form.prefix] = form.id


class _Reader:
    def __init__(
        self,
        form_id: str,
        table: Mapping[str, Any],
        shared: Mapping[str, Any],
        languages: Sequence[str],
        own_names: Mapping[str, str],
    ) -> None:
        self._id = form_id
        self._table = {key: value for key, value in table.items() if key in _FORM}
        self._texts = _texts(table, _FORM)
        self._shared_texts = _texts(shared, frozenset({"fields"}))
        self._shared = {one["id"]: one for one in shared.get("fields", [])}
        self._languages = languages
        self._own_names = own_names

    def form(self) -> Form:
        table = self._table
        words = {
            language: tuple(str(word) for word in texts.get("words", ()))
            for language, texts in self._texts.items()
        }
        fields = tuple(self._field(entry) for entry in table["fields"])
        if len({field.id for field in fields}) != len(fields):
            raise ValueError("two fields have the same id")
        return Form(
            id=self._id,
            department=table["department"],
            prefix=table["prefix"],
            title=self._text("title"),
            intro=self._text("intro"),
            done=self._text("done"),
            words=words,
            fields=fields,
            cancel_hours=int(table.get("cancel_hours", 24)),
            remind=bool(table.get("remind", True)),
            seats=str(table.get("seats", "")),
            fee_times=str(table.get("fee_times", "")),
        )

    def _text(self, key: str) -> Texts:
        """The form's own text first, then the shared one."""
        both = {**self._shared_texts, **self._texts}
        return {
            language: str(found)
            for language in both
            if (
                found := self._texts.get(language, {}).get(key)
                or self._shared_texts.get(language, {}).get(key)
            )
        }

    def _field(self, entry: Mapping[str, Any]) -> Field:
        base = self._shared[entry["use"]] if "use" in entry else {}
        table = {**base, **entry}
        if unknown := set(table) - _FIELD:
            raise ValueError(f"unknown entries {', '.join(sorted(unknown))}")
        name, source = str(table["id"]), str(table.get("use") or table["id"])
        kind = table["kind"]
        if kind not in KINDS:
            raise ValueError(f"unknown kind “{kind}”; known are {', '.join(KINDS)}")
        return Field(
            id=name,
            kind=kind,
            label=self._text(f"{name}.label") or self._text(f"{source}.label"),
            ask=self._text(f"{name}.ask") or self._text(f"{source}.ask"),
            optional=bool(table.get("optional", False)),
            when=read_condition(str(table.get("when", ""))),
            options=self._options(name, source, table.get("options", ())),
            least=int(table.get("least", 0)),
            most=int(table.get("most", 300)),
            rule=_rule({key: table[key] for key in _RULE & set(table)} if kind in ("date", "slot") else {}),
            question=bool(table.get("question", False)),
        )

    def _options(self, name: str, source: str, entries: Any) -> tuple[Option, ...]:
        if entries == "languages":
            return tuple(
                Option(id=tag, texts={"en": self._own_names.get(tag, tag)})
                for tag in self._languages
                if tag != "ja-Hira"
            )
        found = []
        for entry in entries:
            table: Mapping[str, Any] = {"id": entry} if isinstance(entry, str) else entry
            if unknown := set(table) - _OPTION:
                raise ValueError(f"unknown entries {', '.join(sorted(unknown))}")
            key = str(table["id"])
            found.append(
                Option(
                    id=key,
                    texts=self._text(f"{name}.{key}") or self._text(f"{source}.{key}"),
                    fee=int(table.get("fee", 0)),
                    at=table.get("at"),
                    capacity=int(table.get("capacity", 0)),
                )
            )
        return tuple(found)


def _texts(table: Mapping[str, Any], but: frozenset[str]) -> dict[str, dict[str, Any]]:
    return {key: flatten(value) for key, value in table.items() if key not in but and isinstance(value, dict)}


def _rule(table: Mapping[str, Any]) -> Rule:
    days = table.get("days", {})
    by_option = days if isinstance(days, dict) else {"": days}
    return Rule(
        earliest_days=int(table.get("earliest_days", 0)),
        ahead_days=int(table.get("ahead_days", 60)),
        days={option: frozenset(int(day) for day in given) for option, given in by_option.items()},
        days_by=str(table.get("days_by", "")),
        holidays=bool(table.get("holidays", False)),
        times=_times(table.get("times", ())),
        notice_min=int(table.get("notice_min", 0)),
        capacity=int(table.get("capacity", 0)),
        pool=str(table.get("pool", "")),
    )


def _times(given: Any) -> tuple[dt.time, ...]:
    """Times as a list, or every so many minutes: `{ from = 09:00:00, to = 16:00:00, every = 30 }`."""
    if not isinstance(given, dict):
        return tuple(given)
    day = dt.date(2000, 1, 1)
    at, end = dt.datetime.combine(day, given["from"]), dt.datetime.combine(day, given["to"])
    step = dt.timedelta(minutes=int(given["every"]))
    if step <= dt.timedelta():
        raise ValueError("every must be at least 1 minute")
    times = []
    while at <= end:
        times.append(at.time())
        at += step
    return tuple(times)
