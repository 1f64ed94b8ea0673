"""What is wrong with a city's forms: missing languages, questions nobody is asked, impossible bounds, unknown names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import regex

from bot.city import City
from bot.forms.model import Field, Form, Texts
from bot.forms.slots import Slots
from bot.replies import LABEL_GRAPHEMES
from bot.triggers import normalise

DATA_LENGTH = 300  # characters that a LINE button may send back
_OPTIONS = frozenset({"choice", "items"})
_GRAPHEMES = regex.compile(r"\X")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Something to correct."""

    form: str
    field: str  # empty where it is about the whole form
    sentence: str


def check_forms(forms: Mapping[str, Form], city: City, *, today: dt.date) -> list[Mistake]:
    """All mistakes of all forms."""
    found = [mistake for form in forms.values() for mistake in _form(form, city, today)]
    return [*found, *_same_words(forms)]


def warnings(forms: Mapping[str, Form]) -> list[Mistake]:
    """What is only ugly: labels that LINE's quick replies cut."""
    return [
        Mistake(
            form=form.id,
            field=field.id,
            sentence=f"“{text}” ({tag}) is cut to {LABEL_GRAPHEMES} characters on a button.",
        )
        for form in forms.values()
        for field in form.fields
        for texts in (option.texts for option in field.options)
        for tag, text in texts.items()
        if len(_GRAPHEMES.findall(text)) > LABEL_GRAPHEMES
    ]


def _form(form: Form, city: City, today: dt.date) -> Iterator[Mistake]:
    def mistake(sentence: str, field: str = "") -> Mistake:
        return Mistake(form=form.id, field=field, sentence=sentence)

    if form.department not in city.departments:
        yield mistake(f"The department “{form.department}” is not in city.toml.")
    if not form.fields:
        yield mistake("The form asks nothing.")
    for name, texts in (("title", form.title), ("intro", form.intro), ("done", form.done)):
        for tag in _missing(texts, city.languages):
            yield mistake(f"“{name}” is missing in {tag}.")
    for tag in city.languages:
        if not form.words.get(tag):
            yield mistake(f"“words” is missing in {tag}: nobody can begin the form by writing.")
    for number_field in (form.seats, form.fee_times):
        if number_field and ((named := form.field(number_field)) is None or named.kind != "number"):
            yield mistake(f"“{number_field}” is no field with a number.")
    earlier: dict[str, Field] = {}
    for field in form.fields:
        for sentence in _field(form, field, earlier, city, today):
            yield mistake(sentence, field.id)
        earlier[field.id] = field
    if sum(_holds_places(field) for field in form.fields) > 1:
        yield mistake("Only one field of a form may have places.")


def _missing(texts: Texts, languages: Sequence[str]) -> list[str]:
    return [tag for tag in languages if not texts.get(tag)]


def _holds_places(field: Field) -> bool:
    return bool(field.rule.capacity) or any(option.capacity for option in field.options)


def _field(
    form: Form, field: Field, earlier: Mapping[str, Field], city: City, today: dt.date
) -> Iterator[str]:
    for name, texts in (("label", field.label), ("ask", field.ask)):
        for tag in _missing(texts, city.languages):
            yield f"“{field.id}.{name}” is missing in {tag}."
    if field.least > field.most:
        yield f"The bounds are impossible: least {field.least}, most {field.most}."
    if field.kind in _OPTIONS and not field.options:
        yield "There is nothing to choose from."
    for option in field.options:
        if len(option.texts) > 1:  # a language is called by its own name everywhere
            for tag in _missing(option.texts, city.languages):
                yield f"“{field.id}.{option.id}” is missing in {tag}."
        if not option.texts:
            yield f"“{field.id}.{option.id}” has no text."
        if len(f"do=form&v=a%3A{form.id}%3A{field.id}%3A{option.id}") > DATA_LENGTH:
            yield f"The names “{form.id}”, “{field.id}” and “{option.id}” are too long for a button."
    if len({option.id for option in field.options}) != len(field.options):
        yield "Two options have the same id."
    yield from _condition(field, earlier)
    if field.kind in ("date", "slot"):
        yield from _rule(field, earlier, city, today)


def _condition(field: Field, earlier: Mapping[str, Field]) -> Iterator[str]:
    """Why the field can never be asked."""
    if not field.when.field:
        return
    asked = earlier.get(field.when.field)
    if asked is None:
        yield f"“when” names “{field.when.field}”, which is not asked before: the question is never reached."
        return
    known = {option.id for option in asked.options} if asked.options else {"yes", "no"}
    if asked.kind not in ("choice", "yes_no"):
        yield f"“when” needs a field with options or yes and no; “{asked.id}” is neither."
    elif unknown := sorted(field.when.values - known):
        yield f"“when” compares “{asked.id}” with {', '.join(unknown)}, which nobody can answer."
    elif field.when.negated and field.when.values >= known:
        yield f"“when” excludes every answer to “{asked.id}”: the question is never reached."


def _rule(field: Field, earlier: Mapping[str, Field], city: City, today: dt.date) -> Iterator[str]:
    rule = field.rule
    if not 0 <= rule.earliest_days <= rule.ahead_days:
        yield f"The bounds are impossible: from {rule.earliest_days} to {rule.ahead_days} days ahead."
        return
    if rule.ahead_days > 366:
        yield "“ahead_days” is more than a year."
    if field.kind == "slot" and not rule.times:
        yield "A slot needs times; a day without times is a date."
    for name, other in (("pool", rule.pool), ("days_by", rule.days_by)):
        if other and (other not in earlier or earlier[other].kind != "choice"):
            yield f"“{name}” names “{other}”, which is no choice that is asked before."
    if rule.days_by in earlier:
        known = {option.id for option in earlier[rule.days_by].options}
        for option in sorted(known ^ set(rule.days)):
            yield f"“days” and the options of “{rule.days_by}” differ in “{option}”."
    if any(not 1 <= day <= 7 for days in rule.days.values() for day in days):
        yield "Weekdays are numbers from 1 (Monday) to 7."
    for option in rule.days or ("",):
        answers = {rule.days_by: option} if rule.days_by else {}
        now = dt.datetime.combine(today, dt.time())
        slots = Slots(field, answers, hours=city.hours, now=now, taken={})
        if next(slots.days(), None) is None:
            yield f"No day can be chosen{f' for “{option}”' if option else ''}."


def _same_words(forms: Mapping[str, Form]) -> Iterator[Mistake]:
    """Words that begin two forms, of which only the first would ever begin."""
    seen: dict[str, str] = {}
    for form in forms.values():
        for words in form.words.values():
            for word in words:
                other = seen.setdefault(normalise(word), form.id)
                if other != form.id:
                    yield Mistake(
                        form=form.id, field="", sentence=f"“{word}” begins the form “{other}” already."
                    )
