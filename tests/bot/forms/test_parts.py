"""Conditions, slots, answers and showing: the small pure parts."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.city import City
from bot.forms.answers import Right, Wrong, folded, read_number, read_option, read_phone, read_text
from bot.forms.calendar import is_closed, is_open
from bot.forms.conditions import ALWAYS, Condition, as_word, read_condition
from bot.forms.drafts import Draft, held_place
from bot.forms.model import Field, Form, Option, Rule
from bot.forms.showing import fee_of, show, show_fee, show_moment
from bot.forms.slots import Slots, has_room, open_options, place_key, seats_wanted
from core.errors import InvalidInput
from tests.bot.forms.conftest import LANGUAGES, NOW

TEXTS = {"en": "x"}


def field(kind: Any = "text", **more: Any) -> Field:
    return Field(id=more.pop("id", "f"), kind=kind, label=TEXTS, ask=TEXTS, **more)


def form(*fields: Field, **more: Any) -> Form:
    return Form(
        id="test",
        department="waste",
        prefix="X",
        title=TEXTS,
        intro=TEXTS,
        done=TEXTS,
        words={},
        fields=fields,
        **more,
    )


# Conditions


@pytest.mark.parametrize(
    ("text", "answers", "holds"),
    [
        ("", {}, True),
        ("kind == 'a'", {"kind": "a"}, True),
        ("kind == 'a'", {"kind": "b"}, False),
        ("kind == 'a'", {}, False),
        ("kind != 'a'", {"kind": "b"}, True),
        ("kind != 'a'", {"kind": "a"}, False),
        ("kind != 'a'", {}, False),
        ("kind in ['a', 'b']", {"kind": "b"}, True),
        ("kind in ['a','b']", {"kind": "c"}, False),
        ("need == 'yes'", {"need": True}, True),
        ("need == 'yes'", {"need": False}, False),
    ],
)
def test_condition_holds_as_written(text: str, answers: dict[str, Any], holds: bool) -> None:
    assert read_condition(text).holds(answers) is holds


@pytest.mark.parametrize(
    "text",
    [
        "kind",
        "kind = 'a'",
        "kind == a",
        "__import__('os').system('x')",
        "kind == 'a' or True",
        "kind in []",
        "kind in ['a' 'b']",
        "'a' == kind",
    ],
)
def test_anything_else_is_no_condition(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_condition(text)


def test_condition_on_a_field_that_is_not_asked_does_not_hold() -> None:
    first = field("choice", id="a", options=(Option(id="x", texts=TEXTS), Option(id="y", texts=TEXTS)))
    second = field("choice", id="b", when=Condition(field="a", values=frozenset({"x"})))
    third = field("text", id="c", when=Condition(field="b", values=frozenset({"z"})))
    made = form(first, second, third)
    answers = {"a": "y", "b": "z"}
    assert [one.id for one in made.active(answers)] == ["a"]
    assert [one.id for one in made.active({**answers, "a": "x"})] == ["a", "b", "c"]
    assert ALWAYS.holds({})


def test_yes_and_no_are_words_for_conditions() -> None:
    assert [as_word(value) for value in (True, False, "x", 3)] == ["yes", "no", "x", "3"]


# The Japanese calendar


def test_city_hall_is_closed_at_new_year_and_on_saturdays(city: City) -> None:
    assert is_closed(city.hours, dt.date(2026, 12, 31)) is True
    assert is_closed(city.hours, dt.date(2027, 3, 22)) is True  # a substitute for a Sunday
    assert is_open(city.hours, dt.date(2026, 11, 28)) is False
    assert is_open(city.hours, dt.date(2026, 11, 24)) is True


# Slots


def slots(city: City, rule: Rule, answers: dict[str, Any] | None = None, **more: Any) -> Slots:
    taken = more.pop("taken", {})
    return Slots(field("slot", rule=rule), answers or {}, hours=city.hours, now=NOW, taken=taken, **more)


def test_days_are_those_of_the_city_hall_unless_the_rule_names_them(city: City) -> None:
    assert [f"{day:%m-%d}" for day in slots(city, Rule(ahead_days=7)).days()] == [
        "11-24",
        "11-25",
        "11-26",
        "11-27",
        "11-30",
        "12-01",
    ]
    saturdays = Rule(ahead_days=14, days={"": frozenset({6})})
    assert [f"{day:%m-%d}" for day in slots(city, saturdays).days()] == ["11-28", "12-05"]


def test_days_on_holidays_only_where_the_rule_says_so(city: City) -> None:
    rule = Rule(earliest_days=36, ahead_days=38, days={"": frozenset(range(1, 8))})
    assert list(slots(city, rule).days()) == []
    always = Rule(earliest_days=36, ahead_days=36, days={"": frozenset(range(1, 8))}, holidays=True)
    assert list(slots(city, always).days()) == [dt.date(2026, 12, 30)]


def test_times_in_the_past_and_within_the_notice_are_not_free(city: City) -> None:
    rule = Rule(times=(dt.time(9), dt.time(10, 30), dt.time(11)), notice_min=45)
    assert slots(city, rule).times(NOW.date()) == [dt.time(11)]


def test_full_places_are_not_free_and_others_are(city: City) -> None:
    rule = Rule(times=(dt.time(13), dt.time(14)), capacity=2)
    found = slots(city, rule, taken={"2026-11-24T13:00": 2, "2026-11-24T14:00": 1})
    assert found.times(NOW.date()) == [dt.time(14)]
    two = slots(city, rule, taken={"2026-11-24T14:00": 1}, seats=2)
    assert two.times(NOW.date()) == [dt.time(13)]


def test_pools_have_places_of_their_own(city: City) -> None:
    rule = Rule(times=(dt.time(13),), capacity=1, pool="place")
    taken = {"home|2026-11-24T13:00": 1}
    assert slots(city, rule, {"place": "home"}, taken=taken).times(NOW.date()) == []
    assert slots(city, rule, {"place": "midori"}, taken=taken).times(NOW.date()) == [dt.time(13)]
    assert place_key(field("slot", rule=rule), {"place": "home"}, "v") == "home|v"


def test_capacity_of_nothing_is_no_limit() -> None:
    assert has_room(0, 10_000, 5)
    assert has_room(5, 4, 1)
    assert not has_room(5, 4, 2)


def test_past_and_full_events_are_left_out() -> None:
    event = field(
        "choice",
        options=(
            Option(id="over", texts=TEXTS, at=dt.datetime(2026, 11, 24, 9, 0)),  # noqa: DTZ001 -- local time
            Option(id="full", texts=TEXTS, capacity=2),
            Option(id="open", texts=TEXTS, capacity=3),
        ),
    )
    found = open_options(event, now=NOW, taken={"full": 2, "open": 1}, seats=2)
    assert [option.id for option in found] == ["open"]


def test_seats_are_one_unless_a_field_says_more() -> None:
    people = field("number", id="people")
    assert seats_wanted(form(people), {"people": 3}) == 1
    assert seats_wanted(form(people, seats="people"), {"people": 3}) == 3


def test_place_of_a_form_is_its_first_slot_or_event() -> None:
    slot = field("slot", id="slot", rule=Rule(times=(dt.time(9),), capacity=1))
    held = held_place(form(field(id="a"), slot), {"slot": "2026-12-01T09:00"})
    assert (held.key, held.capacity) == ("2026-12-01T09:00", 1)
    free = field("date", id="day")
    assert held_place(form(free), {"day": "2026-12-01"}).key == ""
    assert held_place(form(field(id="a")), {"a": "x"}).starts_at is None


# Answers


def options(*names: str) -> tuple[Option, ...]:
    return tuple(Option(id=f"o{place}", texts={"en": name}) for place, name in enumerate(names))


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("Chair", "o0"),
        (" chair. ", "o0"),
        ("ＣＨＡＩＲ", "o0"),
        ("2", "o1"),
        ("2.", "o1"),
        ("２", "o1"),
        ("big table", "o2"),
        ("o1", "o1"),
        ("机", "o3"),
        ("つくえ", None),
        ("table", None),  # two have it
        ("c", None),
        ("0", None),
        ("9", None),
        ("", None),
    ],
)
def test_option_is_found_by_its_name_or_its_place(text: str, option: str | None) -> None:
    found = read_option(text, options("Chair", "Small table", "Big table", "机（つくえ）"))
    assert (found.id if found else None) == option


def test_reading_in_brackets_is_not_compared() -> None:
    assert folded("椅子（いす） と 机") == "椅子と机"


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("3 people", 3), ("３人", 3), ("三", None), ("२", 2), ("2 or 3", None), ("99", None)],
)
def test_number_is_read_within_its_bounds(text: str, value: int | None) -> None:
    found = read_number(text, field("number", least=1, most=5))
    assert found == (Right(value) if value else Wrong(why="number", values=(("least", "1"), ("most", "5"))))


def test_phone_is_read_and_bounded() -> None:
    assert read_phone("call 045-000-1100") == Right("+81450001100")
    assert read_phone("9" * 5000) == Wrong(why="phone")


def test_text_keeps_its_words_and_loses_my_number() -> None:
    assert read_text("  a\n b ", field(least=2, most=5)) == Right("a b")
    assert read_text("", field()) == Wrong(why="short")
    assert read_text("abcdef", field(most=5)) == Wrong(why="long", values=(("most", "5"),))
    assert read_text("1234-5678-9018", field()) == Right("****-****-****")


# Showing


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("ja", "12月3日(木) 10:00"),
        ("en", "Thu, December 3 10:00"),
        ("pt-BR", "qui., 3/12 10:00"),
        ("ne", "बिहि, 3 डिसेम्बर 10:00"),
    ],
)
def test_moment_is_shown_as_its_reader_writes_it(language: str, shown: str) -> None:
    assert show_moment("2026-12-03T10:00", language) == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_value_is_shown_in_every_language(city: City, language: str) -> None:
    values: dict[Any, Any] = {
        "choice": "o0",
        "items": ["o0", "o0", "gone"],
        "date": "2026-12-03",
        "slot": "2026-12-03T10:00",
        "address": {"lat": 35.6, "lon": 139.5},
        "phone": "+819012345678",
        "number": 3,
        "text": "{x}",
        "photo": "m1",
        "location": {"lat": 35.6, "lon": 139.5},
        "yes_no": False,
        "confirm": True,
    }
    shown = {
        kind: show(field(kind, options=options("Chair")), value, language, city.phrases)
        for kind, value in values.items()
    }
    assert all(shown.values())
    assert shown["items"] == "Chair × 2, gone × 1"
    assert shown["location"] == "35.60000, 139.50000"
    assert show(field(), None, language, city.phrases) == city.phrases.get(language, "form.skipped")


def test_fee_is_added_up_and_multiplied() -> None:
    priced = (Option(id="a", texts=TEXTS, fee=300), Option(id="b", texts=TEXTS, fee=500))
    made = form(field("choice", id="x", options=priced), field("number", id="n"), fee_times="n")
    assert fee_of(made, {"x": "a"}) == 300
    assert fee_of(made, {"x": "b", "n": 3}) == 1500
    assert show_fee(1500) == "¥1,500"


# Drafts


def test_draft_survives_its_json() -> None:
    draft = Draft(form="f", answers={"a": 1}, picked=("x",), day="2026-12-03", at="now")
    assert Draft.of(draft.json()) == draft


def test_changed_pool_forgets_the_place_and_the_same_one_keeps_it() -> None:
    pool = field("choice", id="pool")
    slot = field("slot", id="slot", rule=Rule(pool="pool"))
    draft = Draft(form="test", answers={"pool": "a", "slot": "s"})
    assert draft.with_answer(form(pool, slot), pool, "a", "").answers == {"pool": "a", "slot": "s"}
    assert draft.with_answer(form(pool, slot), pool, "b", "").answers == {"pool": "b"}


def test_message_of_an_answer_is_remembered_until_a_button_replaces_it() -> None:
    one = field(id="a")
    draft = Draft(form="test").with_answer(form(one), one, "x", "m1")
    assert draft.sources == {"a": "m1"}
    assert draft.with_answer(form(one), one, "y", "").sources == {}
