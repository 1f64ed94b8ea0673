"""The table of units, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from core.database import Database
from core.ids import new_id
from translation.memory import Unit, store
from translation.memory.model import Draft
from translation.memory.store import Selection

NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)


def draft(source_text: str = "Hello", target_text: str = "こんにちは", **more: Any) -> Draft:
    return Draft(source="en", target="ja", source_text=source_text, target_text=target_text, **more)


async def put(
    database: Database, *drafts: Draft, now: dt.datetime = NOW, keep_newer: bool = False
) -> list[Unit]:
    async with database.write() as connection:
        return await store.put_units(connection, drafts, now=now, keep_newer=keep_newer)


async def forget(database: Database, unit_id: str) -> bool:
    async with database.write() as connection:
        return await store.forget_unit(connection, unit_id, now=NOW)


async def find(database: Database, unit_id: str) -> Unit | None:
    async with database.read() as connection:
        return await store.find_unit(connection, unit_id)


async def changes(database: Database, after: int = 0, limit: int = 100) -> list[tuple[int, str | None]]:
    async with database.read() as connection:
        found = await store.changes_after(connection, after, limit=limit)
    return [(change.position, change.unit.target_text if change.unit else None) for change in found]


async def listed(database: Database, *, after: str = "", limit: int = 100, **wanted: Any) -> list[str]:
    oldest_first = wanted.pop("oldest_first", False)
    async with database.read() as connection:
        units = await store.list_units(
            connection, Selection(**wanted), after=after, limit=limit, oldest_first=oldest_first
        )
    return [unit.source_text for unit in units]


async def test_unit_is_stored_with_all_that_is_known_about_it(either: Database) -> None:
    [unit] = await put(either, draft(author="ito", came_from="review:m1/4", origin="machine"))

    assert await find(either, unit.id) == unit
    assert unit == Unit(
        id=unit.id,
        source="en",
        target="ja",
        source_text="Hello",
        target_text="こんにちは",
        origin="machine",
        author="ito",
        came_from="review:m1/4",
        created_at=NOW,
        updated_at=NOW,
    )


async def test_same_wording_is_replaced_and_keeps_its_id_and_birthday(either: Database) -> None:
    [first] = await put(either, draft("Hello.", author="ito"))
    later = NOW + dt.timedelta(days=1)

    [second] = await put(either, draft("HELLO", "やあ", author="mori"), now=later)

    assert (second.id, second.created_at, second.updated_at) == (first.id, NOW, later)
    assert await find(either, first.id) == second
    assert await listed(either) == ["HELLO"]


async def test_other_origin_and_other_languages_are_other_units(either: Database) -> None:
    await put(either, draft(), draft(origin="machine"))
    async with either.write() as connection:
        reverse = Draft(source="ja", target="en", source_text="Hello", target_text="Hello")
        await store.put_units(connection, [reverse], now=NOW)

    assert len(await listed(either)) == 3


async def test_of_two_drafts_with_one_wording_the_later_counts(either: Database) -> None:
    written = await put(either, draft("Hi", "一"), draft("hi!", "二"))

    assert [unit.target_text for unit in written] == ["二"]
    assert await changes(either) == [(1, "二")]


async def test_positions_rise_with_every_change(either: Database) -> None:
    await put(either, draft("a", "一"), draft("b", "二"))
    await put(either, draft("a", "三"))

    assert await changes(either) == [(2, "二"), (3, "三")]


async def test_changes_come_in_pieces(either: Database) -> None:
    await put(either, *(draft(f"word {number}", str(number)) for number in range(5)))

    assert [position for position, _ in await changes(either, after=1, limit=2)] == [2, 3]
    assert await changes(either, after=5) == []


async def test_forgotten_unit_leaves_a_row_without_words(either: Database) -> None:
    [unit] = await put(either, draft(author="ito", came_from="page"))

    assert await forget(either, unit.id) is True

    assert await find(either, unit.id) is None
    assert await listed(either) == []
    assert await changes(either) == [(2, None)]
    async with either.read() as connection:
        row = (await connection.execute(sa.select(store.units_table))).one()
    assert (row.source_text, row.target_text, row.author, row.came_from) == ("", "", "", "")
    assert row.wording == unit.id  # not even a digest of the text is left


async def test_unit_is_forgotten_once(either: Database) -> None:
    [unit] = await put(either, draft())

    assert [await forget(either, unit.id), await forget(either, unit.id)] == [True, False]
    assert await forget(either, new_id()) is False


async def test_forgotten_wording_can_be_learnt_again(either: Database) -> None:
    [unit] = await put(either, draft())
    await forget(either, unit.id)

    [again] = await put(either, draft())

    assert again.id != unit.id
    assert await changes(either) == [(2, None), (3, "こんにちは")]


async def test_stored_unit_that_changed_later_stays(either: Database) -> None:
    await put(either, draft("Hi", "新しい", author="mori"))
    older = draft("Hi", "古い", updated_at=NOW - dt.timedelta(days=1))

    assert await put(either, older, keep_newer=True) == []
    assert await changes(either) == [(1, "新しい")]


async def test_draft_that_changed_later_replaces_the_stored_unit(either: Database) -> None:
    await put(either, draft("Hi", "古い"))
    newer = draft("Hi", "新しい", updated_at=NOW + dt.timedelta(days=1))

    [unit] = await put(either, newer, keep_newer=True)

    assert (unit.target_text, unit.updated_at) == ("新しい", NOW + dt.timedelta(days=1))


async def test_unit_that_says_the_same_is_not_written_again(either: Database) -> None:
    await put(either, draft(author="ito"))

    assert await put(either, draft(author="ito"), now=NOW + dt.timedelta(days=1), keep_newer=True) == []
    assert await changes(either) == [(1, "こんにちは")]


async def test_concurrent_learning_of_one_wording_gives_one_unit(either: Database) -> None:
    written = await asyncio.gather(*(put(either, draft("Hi", str(number))) for number in range(12)))

    assert len({unit.id for [unit] in written}) == 1
    [(position, text)] = await changes(either)
    assert position == 12
    assert text in {str(number) for number in range(12)}


async def test_positions_are_committed_in_order(either: Database) -> None:
    """A reader that saw position N never finds a lower one later."""
    seen: list[int] = []

    async def write(number: int) -> None:
        await put(either, draft(f"word {number}"))

    async def look() -> None:
        last = 0
        while last < 30:
            found = [position for position, _ in await changes(either, after=last)]
            seen.extend(found)
            last = found[-1] if found else last

    await asyncio.gather(look(), *(write(number) for number in range(30)))

    assert seen == list(range(1, 31))


async def test_rolled_back_unit_was_never_there(either: Database) -> None:
    with pytest.raises(RuntimeError):
        async with either.write() as connection:
            await store.put_units(connection, [draft()], now=NOW)
            raise RuntimeError

    await put(either, draft("other"))
    assert await listed(either) == ["other"]
    assert [position for position, _ in await changes(either)] == [1]


async def test_rewriting_to_a_taken_wording_is_refused(either: Database) -> None:
    [first, second] = await put(either, draft("one"), draft("two"))

    async with either.write() as connection:
        moved = Unit(**{**_fields(second), "source_text": "ONE."})
        assert await store.rewrite_unit(connection, moved) is False

    assert await find(either, second.id) == second
    assert await find(either, first.id) == first


def _fields(unit: Unit) -> dict[str, Any]:
    return {name: getattr(unit, name) for name in Unit.__dataclass_fields__}


async def test_rewritten_unit_has_a_new_position(either: Database) -> None:
    [unit] = await put(either, draft("one", "一"))

    async with either.write() as connection:
        assert await store.rewrite_unit(connection, Unit(**{**_fields(unit), "target_text": "壱"}))

    assert await changes(either) == [(2, "壱")]


async def listing(database: Database) -> list[Unit]:
    """Three units, each a day younger than the one before, then one as old as the last."""
    units = []
    for day, text in enumerate(("the first", "the second", "Tuesday 100%", "tuesday_fee")):
        moment = NOW + dt.timedelta(days=min(day, 2))
        units += await put(database, draft(text, f"訳{day}", created_at=moment), now=moment)
    return units


async def test_units_are_listed_from_the_newest(either: Database) -> None:
    await listing(either)

    newest = await listed(either)
    assert set(newest[:2]) == {"Tuesday 100%", "tuesday_fee"}
    assert newest[2:] == ["the second", "the first"]
    assert await listed(either, oldest_first=True) == newest[::-1]


@pytest.mark.parametrize("oldest_first", [False, True])
async def test_pages_meet_every_unit_once(either: Database, oldest_first: bool) -> None:
    await listing(either)
    whole = await listed(either, oldest_first=oldest_first)
    pages: list[str] = []
    after = ""
    for _ in range(5):
        async with either.read() as connection:
            page = await store.list_units(
                connection, Selection(), after=after, limit=1, oldest_first=oldest_first
            )
        pages += [unit.source_text for unit in page]
        after = page[-1].id if page else after

    assert pages == whole


async def test_page_goes_on_behind_a_unit_forgotten_meanwhile(either: Database) -> None:
    units = await listing(either)
    await forget(either, units[1].id)

    assert await listed(either, after=units[1].id) == ["the first"]


async def test_nothing_follows_a_unit_that_never_was(either: Database) -> None:
    await listing(either)

    assert await listed(either, after="nobody") == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("FIRST",), ["the first"]),
        (("訳1",), ["the second"]),
        (("the", "訳0"), ["the first"]),
        (("100%",), ["Tuesday 100%"]),
        (("y_f",), ["tuesday_fee"]),
        (("%",), ["Tuesday 100%"]),
        (("'; --",), []),
    ],
)
async def test_words_are_searched_in_both_texts_literally(
    either: Database, words: tuple[str, ...], found: list[str]
) -> None:
    await listing(either)

    assert await listed(either, words=words) == found


async def test_units_are_listed_by_language_and_origin(either: Database) -> None:
    await put(either, draft("human"), draft("machine", origin="machine"))

    assert await listed(either, origin="machine") == ["machine"]
    assert sorted(await listed(either, source="en", target="ja")) == ["human", "machine"]
    assert await listed(either, source="ja") == []
    assert await listed(either, target="en") == []


async def test_long_and_unusual_texts_come_back_as_they_were(either: Database) -> None:
    text = "𠮷野家 🗾 " + "長" * 5000 + " \u200b‏ e\u0301"
    [unit] = await put(either, draft(text, text))

    found = await find(either, unit.id)
    assert found is not None
    assert (found.source_text, found.target_text) == (text, text)
