"""Learning, forgetting and keeping up with other processes, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from core.bus import LocalBus
from core.clock import ManualClock
from core.database import Database
from core.errors import Conflict, InvalidInput, NotFound, TooLarge
from core.metrics import REGISTRY
from core.nats import NatsBus
from core.tasks import Tasks
from tests.servers import nats_server
from tests.translation.memory.conftest import OpenMemory, learn, rows
from translation.errors import UnknownLanguage
from translation.memory import Memory, Unit, store
from translation.memory.model import Draft


def answer(memory: Memory, text: str = "Hello") -> str | None:
    match = memory.find(text, "en", "ja")
    return match.text if match else None


async def until_found(memory: Memory, text: str, wanted: str | None) -> None:
    """Return once `memory` answers `text` with `wanted`; the test's own time limit ends a wait in vain."""
    while answer(memory, text) != wanted:  # noqa: ASYNC110 -- what is waited for is the memory's own look
        await asyncio.sleep(0)


async def put(database: Database, clock: ManualClock, source_text: str, target_text: str) -> Unit:
    """Write a unit as another process would that dies before it can hint."""
    draft = Draft(source="en", target="ja", source_text=source_text, target_text=target_text)
    async with database.write() as connection:
        [unit] = await store.put_units(connection, [draft], now=clock.now())
    return unit


@pytest.fixture
async def memory(either: Database, open_memory: OpenMemory) -> Memory:
    """A memory over an empty database of each kind."""
    return await open_memory(either)


async def test_learnt_unit_knows_who_when_and_from_where(memory: Memory, clock: ManualClock) -> None:
    unit = await learn(memory, " Hello ", "こんにちは\n", author="ito", came_from="review:m1/4")

    assert await memory.get(unit.id) == unit
    assert (unit.source_text, unit.target_text) == ("Hello", "こんにちは")
    assert (unit.origin, unit.author, unit.came_from) == ("human", "ito", "review:m1/4")
    assert unit.created_at == unit.updated_at == clock.now()


async def test_learning_again_replaces(memory: Memory, clock: ManualClock) -> None:
    first = await learn(memory, "Hello", "こんにちは")
    clock.advance(60)

    second = await learn(memory, "hello!", "やあ", author="mori")

    assert (second.id, second.created_at) == (first.id, first.created_at)
    assert second.updated_at == clock.now()
    assert answer(memory) == "やあ"
    assert await memory.search() == [second]


async def test_learning_in_the_callers_transaction_counts_after_its_commit(
    memory: Memory, either: Database
) -> None:
    values: dict[str, Any] = {"source": "en", "target": "ja", "author": "ito", "came_from": "review:m1/4"}
    async with either.write() as connection:
        unit = await memory.learn_in(connection, source_text="Hello", target_text="やあ", **values)
        assert answer(memory) is None
    await memory.refresh()

    assert answer(memory) == "やあ"
    assert await memory.get(unit.id) == unit


async def test_callers_transaction_that_rolls_back_teaches_nothing(memory: Memory, either: Database) -> None:
    values: dict[str, Any] = {"source": "en", "target": "ja", "author": "ito", "came_from": "page"}
    with pytest.raises(RuntimeError):
        async with either.write() as connection:
            await memory.learn_in(connection, source_text="Hello", target_text="やあ", **values)
            raise RuntimeError
    await memory.refresh()

    assert answer(memory) is None
    assert await rows(either) == 0


async def test_forgotten_unit_answers_no_more(memory: Memory) -> None:
    unit = await learn(memory, "Hello", "こんにちは")

    await memory.forget(unit.id)

    assert answer(memory) is None
    assert await memory.search() == []
    with pytest.raises(NotFound):
        await memory.get(unit.id)
    with pytest.raises(NotFound):
        await memory.forget(unit.id)


async def test_changed_unit_answers_with_its_new_texts(memory: Memory, clock: ManualClock) -> None:
    unit = await learn(memory, "Hello", "こんにちは")
    clock.advance(60)

    changed = await memory.change(unit.id, source_text="Hi", target_text="やあ", author="mori")

    assert (changed.id, changed.created_at, changed.updated_at) == (unit.id, unit.created_at, clock.now())
    assert (changed.author, changed.came_from) == ("mori", "page")
    assert (answer(memory, "Hello"), answer(memory, "Hi")) == (None, "やあ")
    assert await memory.get(unit.id) == changed


async def test_machine_unit_that_a_person_changed_is_human(memory: Memory) -> None:
    unit = await learn(memory, "Hello", "機械", origin="machine")
    assert answer(memory) is None

    changed = await memory.change(unit.id, source_text="Hello", target_text="こんにちは", author="mori")

    assert changed.origin == "human"
    assert answer(memory) == "こんにちは"


async def test_wording_of_another_unit_is_refused_and_nothing_changes(memory: Memory) -> None:
    await learn(memory, "Hello", "こんにちは")
    other = await learn(memory, "Hi", "やあ")

    with pytest.raises(Conflict):
        await memory.change(other.id, source_text="HELLO.", target_text="やあ", author="mori")

    assert (answer(memory, "Hello"), answer(memory, "Hi")) == ("こんにちは", "やあ")


async def test_changing_what_is_not_there_is_refused(memory: Memory) -> None:
    with pytest.raises(NotFound):
        await memory.change("nobody", source_text="a", target_text="b", author="mori")


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"source": "xx"}, UnknownLanguage),
        ({"target": "xx"}, UnknownLanguage),
        ({"target": "en"}, InvalidInput),
        ({"source_text": " \u200b "}, InvalidInput),
        ({"source_text": "?!"}, InvalidInput),
        ({"target_text": "。"}, InvalidInput),
        ({"source_text": "a" * 2001}, TooLarge),
        ({"target_text": "あ" * 2001}, TooLarge),
    ],
)
async def test_unit_that_cannot_be_is_refused(
    memory: Memory, either: Database, values: dict[str, str], error: type[Exception]
) -> None:
    given = {"source": "en", "target": "ja", "source_text": "Hello", "target_text": "やあ", **values}

    with pytest.raises(error):
        await memory.learn(author="ito", came_from="page", **given)  # type: ignore[arg-type]

    assert await rows(either) == 0


async def test_longest_text_is_learnt_and_found(memory: Memory) -> None:
    await learn(memory, "a" * 2000, "あ" * 2000)

    assert answer(memory, "A" * 2000) == "あ" * 2000


async def test_two_processes_see_each_others_changes_at_the_hint(
    either: Database, bus: LocalBus, open_memory: OpenMemory
) -> None:
    one, two = await open_memory(either, bus), await open_memory(either, bus)

    unit = await learn(one, "Hello", "こんにちは")
    await until_found(two, "Hello", "こんにちは")

    await two.change(unit.id, source_text="Hello", target_text="やあ", author="mori")
    await until_found(one, "Hello", "やあ")

    await one.forget(unit.id)
    await until_found(two, "Hello", None)


async def test_unit_whose_hint_was_lost_is_found_by_the_next_look(
    either: Database, clock: ManualClock, open_memory: OpenMemory
) -> None:
    memory = await open_memory(either, poll_s=0.01)

    unit = await put(either, clock, "Hello", "こんにちは")
    await until_found(memory, "Hello", "こんにちは")

    async with either.write() as connection:
        await store.forget_unit(connection, unit.id, now=clock.now())
    await until_found(memory, "Hello", None)


async def test_units_from_before_are_there_after_opening(
    either: Database, clock: ManualClock, open_memory: OpenMemory
) -> None:
    for number in range(7):
        await put(either, clock, f"Word {number} 5", f"言葉{number} 5")
    gone = await put(either, clock, "gone", "ない")
    async with either.write() as connection:
        await store.forget_unit(connection, gone.id, now=clock.now())

    memory = await open_memory(either, chunk=2)

    assert [answer(memory, f"word {number} 5") for number in range(7)] == [f"言葉{n} 5" for n in range(7)]
    assert answer(memory, "word 3 8") == "言葉3 8"
    assert answer(memory, "gone") is None


async def test_clocks_that_disagree_lose_nothing(
    either: Database, clock: ManualClock, open_memory: OpenMemory
) -> None:
    memory = await open_memory(either)
    await learn(memory, "Hello", "こんにちは")
    behind = ManualClock(clock.now() - dt.timedelta(hours=3))

    await put(either, behind, "Hello", "やあ")
    await put(either, behind, "Bye", "では")
    await memory.refresh()

    assert (answer(memory), answer(memory, "Bye")) == ("やあ", "では")


async def test_concurrent_learning_of_one_text_gives_one_unit(
    either: Database, bus: LocalBus, open_memory: OpenMemory
) -> None:
    memories = [await open_memory(either, bus) for _ in range(3)]

    units = await asyncio.gather(
        *(learn(memory, "Hello", f"{number}です") for number in range(5) for memory in memories)
    )
    await asyncio.gather(*(memory.refresh() for memory in memories))

    assert len({unit.id for unit in units}) == 1
    [stored] = await memories[0].search()
    assert {answer(memory) for memory in memories} == {stored.target_text}


async def test_many_units_are_learnt_in_one_go_and_newer_ones_stay(
    memory: Memory, clock: ManualClock
) -> None:
    await learn(memory, "Hello", "新しい")
    old = clock.now() - dt.timedelta(days=1)
    ahead = clock.now() + dt.timedelta(days=1)

    written = await memory.learn_many(
        [
            Draft(source="en", target="ja", source_text="Hello", target_text="古い", updated_at=old),
            Draft(source="en", target="ja", source_text="Bye", target_text="では", updated_at=ahead),
        ]
    )
    await memory.refresh()

    assert written == 1
    assert (answer(memory), answer(memory, "Bye")) == ("新しい", "では")
    [bye] = await memory.search(words="bye")
    assert bye.updated_at == clock.now()  # a time to come would win for ever


async def test_search_is_bounded_and_goes_on_after_a_unit(memory: Memory, clock: ManualClock) -> None:
    for number in range(5):
        await learn(memory, f"word {number}", "言葉")
        clock.advance(1)

    first = await memory.search(words="word", limit=2)
    rest = await memory.search(words="word", limit=500, after=first[-1].id)

    assert [unit.source_text for unit in first + rest] == [f"word {number}" for number in (4, 3, 2, 1, 0)]


async def test_text_that_no_database_takes_finds_nothing(memory: Memory) -> None:
    await learn(memory, "Hello", "こんにちは")

    assert await memory.search(words="a\x00b \ud800c") == []
    assert await memory.search(source="\x00", after="\ud800") == await memory.search()
    with pytest.raises(NotFound):
        await memory.get("\x00")
    with pytest.raises(NotFound):
        await memory.forget("a\ud800")
    with pytest.raises(NotFound):
        await memory.change("\x00", source_text="a", target_text="b", author="mori")


async def test_every_unit_is_read_for_an_export(
    memory: Memory, either: Database, open_memory: OpenMemory
) -> None:
    for number in range(5):
        await learn(memory, f"word {number}", "言葉")
    small = await open_memory(either, chunk=2, units=1)

    found = [unit.source_text async for unit in small.units(source="en", target="ja", origin="human")]

    assert sorted(found) == [f"word {number}" for number in range(5)]


@pytest.fixture(scope="module")
def nats_url() -> Iterator[str]:
    with nats_server() as url:
        yield url


@pytest.fixture
async def buses(nats_url: str) -> AsyncIterator[tuple[NatsBus, NatsBus]]:
    tasks = Tasks()
    one, two = await NatsBus.open(nats_url, tasks), await NatsBus.open(nats_url, tasks)
    yield one, two
    await tasks.close()
    await one.close()
    await two.close()


async def test_hint_reaches_another_process_over_nats(
    database: Database, buses: tuple[NatsBus, NatsBus], open_memory: OpenMemory
) -> None:
    one, two = await open_memory(database, buses[0]), await open_memory(database, buses[1])

    await learn(one, "Hello", "こんにちは")

    await until_found(two, "Hello", "こんにちは")


def left_out(origin: str) -> float:
    return REGISTRY.get_sample_value("madoguchi_memory_units_left_out_total", {"origin": origin}) or 0.0


async def test_full_index_keeps_the_newest_human_units(database: Database, open_memory: OpenMemory) -> None:
    before = left_out("human")
    memory = await open_memory(database, units=2)
    for text in ("one", "two", "three"):
        await learn(memory, text, "訳")

    assert [answer(memory, text) for text in ("one", "two", "three")] == [None, "訳", "訳"]
    assert left_out("human") == before + 1
    assert len(await memory.search()) == 3


async def test_machine_units_make_room_for_human_ones(database: Database, open_memory: OpenMemory) -> None:
    memory = await open_memory(database, units=2)
    await learn(memory, "one", "訳")
    await learn(memory, "two", "機械", origin="machine")
    await learn(memory, "three", "訳")
    before = left_out("machine")
    await learn(memory, "four", "機械", origin="machine")

    assert (answer(memory, "one"), answer(memory, "three")) == ("訳", "訳")
    assert left_out("machine") == before + 1


async def test_reopened_memory_holds_the_same_units(database: Database, open_memory: OpenMemory) -> None:
    first = await open_memory(database, units=2)
    await learn(first, "one", "訳")
    await learn(first, "two", "訳")
    await learn(first, "three", "機械", origin="machine")
    await learn(first, "one", "新訳")  # now the newest

    second = await open_memory(database, units=2, chunk=1)

    for text in ("one", "two"):
        assert answer(second, text) == answer(first, text)
    assert answer(second, "one") == "新訳"


async def test_held_units_are_shown_as_a_metric(database: Database, open_memory: OpenMemory) -> None:
    memory = await open_memory(database)
    await learn(memory, "one", "訳")
    await learn(memory, "two", "訳")
    await learn(memory, "two", "機械", origin="machine")

    held = {
        origin: REGISTRY.get_sample_value("madoguchi_memory_units_held", {"origin": origin})
        for origin in ("human", "machine")
    }
    assert held == {"human": 2.0, "machine": 1.0}


async def test_database_that_fails_for_a_moment_is_looked_at_again(
    either: Database, clock: ManualClock, open_memory: OpenMemory
) -> None:
    bus = LocalBus()
    memory = await open_memory(either, bus)
    await put(either, clock, "Hello", "こんにちは")

    await either.close()
    with pytest.raises(Exception, match="closed"):
        await memory.refresh()
    await either.open()

    await memory.refresh()
    assert answer(memory) == "こんにちは"
