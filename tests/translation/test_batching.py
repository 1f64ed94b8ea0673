from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import pytest

from core.errors import Busy, Unavailable
from core.tasks import Tasks
from translation.batching import BatchingOptions, EngineRunner
from translation.engine import Output, Pair
from translation.errors import BrokenModel

PAIR = ("ja", "en")


class UpperEngine:
    """An engine that writes in capitals, notes what it was given, and can be held still."""

    name = "upper"
    version = "1"
    pairs = frozenset({PAIR, ("en", "ja")})

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.threads: set[int] = set()
        self.unloaded_on: int | None = None
        self.go = threading.Event()
        self.go.set()
        self.entered = threading.Event()

    def load(self) -> None: ...

    def unload(self) -> None:
        self.unloaded_on = threading.get_ident()

    def translate_batch(self, sentences: Sequence[str], pair: Pair, *, careful: bool = False) -> list[Output]:
        self.entered.set()
        assert self.go.wait(10)
        self.threads.add(threading.get_ident())
        self.batches.append(list(sentences))
        if "broken" in sentences:
            raise BrokenModel("The model is broken.")
        return [Output(sentence.upper() + ("!" if careful else ""), -0.1) for sentence in sentences]


class Bench:
    def __init__(self, options: BatchingOptions) -> None:
        self.engine = UpperEngine()
        self.tasks = Tasks()
        self.runner = EngineRunner(self.engine, options, self.tasks, asyncio.Semaphore(2))

    async def hold(self) -> asyncio.Task[Output]:
        """Keep the engine busy with one sentence, so that what comes next has to wait."""
        self.engine.go.clear()
        busy = self.tasks.spawn("busy", self.runner.translate("busy", PAIR, lane="chat"))
        await asyncio.to_thread(self.engine.entered.wait, 10)
        return busy

    async def close(self) -> None:
        self.engine.go.set()
        await self.runner.close()
        await self.tasks.close()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    opened = Bench(BatchingOptions(batch=4, bulk_batch=2, waiting=10, recent=5))
    yield opened
    await opened.close()


async def test_callers_of_one_moment_share_a_batch(bench: Bench) -> None:
    outputs = await asyncio.gather(*(bench.runner.translate(text, PAIR, lane="chat") for text in "abcd"))
    assert [output.text for output in outputs] == ["A", "B", "C", "D"]
    assert bench.engine.batches == [["a", "b", "c", "d"]]


async def test_batches_have_a_limit(bench: Bench) -> None:
    await bench.runner.translate_many(list("abcdef"), PAIR, lane="chat")
    assert [len(batch) for batch in bench.engine.batches] == [4, 2]


async def test_identical_sentences_are_decoded_once(bench: Bench) -> None:
    outputs = await bench.runner.translate_many(["a", "a", "a"], PAIR, lane="chat")
    assert [output.text for output in outputs] == ["A", "A", "A"]
    assert bench.engine.batches == [["a"]]


async def test_recent_sentence_is_not_decoded_again(bench: Bench) -> None:
    await bench.runner.translate("a", PAIR, lane="chat")
    await bench.runner.translate("a", PAIR, lane="live")
    assert bench.engine.batches == [["a"]]


async def test_recent_sentences_are_forgotten_beyond_the_limit(bench: Bench) -> None:
    for text in "abcdefa":
        await bench.runner.translate(text, PAIR, lane="chat")
    assert bench.engine.batches[-1] == ["a"]
    assert len(bench.engine.batches) == 7


async def test_careful_result_is_kept_apart_from_the_usual_one(bench: Bench) -> None:
    usual = await bench.runner.translate("a", PAIR, lane="chat")
    careful = await bench.runner.translate("a", PAIR, lane="chat", careful=True)
    assert (usual.text, careful.text) == ("A", "A!")


async def test_pairs_and_modes_are_not_mixed_in_a_batch(bench: Bench) -> None:
    await asyncio.gather(
        bench.runner.translate("a", PAIR, lane="chat"),
        bench.runner.translate("b", ("en", "ja"), lane="chat"),
        bench.runner.translate("c", PAIR, lane="chat", careful=True),
        bench.runner.translate("d", PAIR, lane="chat"),
    )
    assert sorted(bench.engine.batches) == [["a", "d"], ["b"], ["c"]]


async def test_captions_go_before_chat_and_chat_before_bulk(bench: Bench) -> None:
    busy = await bench.hold()
    waiting = [
        bench.tasks.spawn(text, bench.runner.translate(text, PAIR, lane=lane))
        for text, lane in [("b1", "bulk"), ("b2", "bulk"), ("c1", "chat"), ("c2", "chat"), ("l1", "live")]
    ]  # type: ignore[misc]
    await asyncio.sleep(0)
    bench.engine.go.set()
    await asyncio.gather(busy, *waiting)
    assert bench.engine.batches == [["busy"], ["l1", "c1", "c2"], ["b1", "b2"]]


async def test_bulk_work_is_not_starved_by_captions(bench: Bench) -> None:
    busy = await bench.hold()
    texts = [f"l{n}" for n in range(7)]
    live = [bench.tasks.spawn(text, bench.runner.translate(text, PAIR, lane="live")) for text in texts[:6]]
    bulk = bench.tasks.spawn("bulk", bench.runner.translate("bulk", PAIR, lane="bulk"))
    await asyncio.sleep(0)
    bench.engine.go.set()
    more = bench.tasks.spawn("l6", bench.runner.translate("l6", PAIR, lane="live"))
    await asyncio.gather(busy, bulk, more, *live)
    assert any("bulk" in batch for batch in bench.engine.batches[:4])


async def test_sentence_that_becomes_urgent_goes_with_the_urgent_ones(bench: Bench) -> None:
    busy = await bench.hold()
    slow = [bench.tasks.spawn(text, bench.runner.translate(text, PAIR, lane="bulk")) for text in "abcde"]
    fast = bench.tasks.spawn("e", bench.runner.translate("e", PAIR, lane="live"))
    await asyncio.sleep(0)
    bench.engine.go.set()
    await asyncio.gather(busy, fast, *slow)
    assert bench.engine.batches == [["busy"], ["e", "a"], ["b", "c"], ["d"]]


async def test_full_queue_refuses_with_a_sentence(bench: Bench) -> None:
    busy = await bench.hold()
    waiting = [bench.tasks.spawn(str(n), bench.runner.translate(str(n), PAIR, lane="bulk")) for n in range(9)]
    await asyncio.sleep(0)
    with pytest.raises(Busy, match="Too many texts wait"):
        await bench.runner.translate("one more", PAIR, lane="live")
    bench.engine.go.set()
    await asyncio.gather(busy, *waiting)


async def test_sentence_whose_callers_have_gone_is_not_decoded(bench: Bench) -> None:
    busy = await bench.hold()
    gone = bench.tasks.spawn("gone", bench.runner.translate("gone", PAIR, lane="chat"))
    stays = bench.tasks.spawn("stays", bench.runner.translate("stays", PAIR, lane="chat"))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    bench.engine.go.set()
    await asyncio.gather(busy, stays)
    assert bench.engine.batches == [["busy"], ["stays"]]


async def test_caller_that_leaves_does_not_take_the_result_from_others(bench: Bench) -> None:
    busy = await bench.hold()
    leaves = bench.tasks.spawn("leaves", bench.runner.translate("same", PAIR, lane="chat"))
    stays = bench.tasks.spawn("stays", bench.runner.translate("same", PAIR, lane="chat"))
    await asyncio.sleep(0)
    leaves.cancel()
    bench.engine.go.set()
    await busy
    assert (await stays).text == "SAME"


async def test_error_reaches_every_caller_of_the_batch_and_the_queue_goes_on(bench: Bench) -> None:
    results = await asyncio.gather(
        *(bench.runner.translate(text, PAIR, lane="chat") for text in ("a", "broken")), return_exceptions=True
    )
    assert [type(result) for result in results] == [BrokenModel, BrokenModel]
    assert (await bench.runner.translate("a", PAIR, lane="chat")).text == "A"


async def test_engine_is_only_touched_by_its_own_thread(bench: Bench) -> None:
    for text in "abc":
        await bench.runner.translate(text, PAIR, lane="chat")
    await bench.runner.close()
    assert bench.engine.threads == {bench.engine.unloaded_on}
    assert threading.get_ident() not in bench.engine.threads


async def test_closing_answers_those_who_wait(bench: Bench) -> None:
    busy = await bench.hold()
    waiting = bench.tasks.spawn("waiting", bench.runner.translate("waiting", PAIR, lane="chat"))
    await asyncio.sleep(0)
    closing = bench.tasks.spawn("closing", bench.runner.close())
    await asyncio.sleep(0)
    bench.engine.go.set()
    await closing
    results = await asyncio.gather(busy, waiting, return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable, Unavailable]


async def test_closed_runner_takes_nothing_more(bench: Bench) -> None:
    await bench.runner.close()
    with pytest.raises(Unavailable, match="stopping"):
        await bench.runner.translate("late", PAIR, lane="chat")
