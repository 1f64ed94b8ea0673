from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Sequence

import pytest

from core.clock import ManualClock
from core.errors import Busy, Unavailable
from core.metrics import REGISTRY
from core.tasks import Tasks
from tests.translation.engine_doubles import BACK, PAIR, UpperEngine
from translation.batching import BatchingOptions, EngineRunner, Scheduler
from translation.engine import Output
from translation.errors import BrokenModel, EngineFailed
from translation.loading import LoadingOptions
from translation.model import Lane

SMALL = BatchingOptions(bulk_batch=2, waiting_live=4, waiting_chat=10, waiting_bulk=10, recent=5)


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"madoguchi_{name}", labels) or 0.0


class Bench:
    """A scheduler over one engine, and others where a test adds them."""

    def __init__(self, options: BatchingOptions = SMALL, *, parallel: int = 1, workers: int = 1) -> None:
        self.tasks = Tasks()
        self.clock = ManualClock()
        self.scheduler = Scheduler(options, LoadingOptions(), self.tasks, self.clock, parallel=parallel)
        self.engines: list[UpperEngine] = []
        self.engine = UpperEngine(workers=workers)
        self.runner = self.add(self.engine)

    def add(self, engine: UpperEngine) -> EngineRunner:
        self.engines.append(engine)
        return self.scheduler.runner(engine)

    def ask(self, text: str, lane: Lane = "chat", runner: EngineRunner | None = None) -> asyncio.Task[Output]:
        return self.tasks.spawn(text, (runner or self.runner).translate(text, PAIR, lane=lane))

    async def many(self, sentences: Sequence[str], lane: Lane = "chat") -> list[Output]:
        return await asyncio.gather(*(self.ask(sentence, lane) for sentence in sentences))

    async def hold(self, text: str = "busy", lane: Lane = "chat") -> asyncio.Task[Output]:
        """Keep a worker busy with one sentence, so that what comes next has to wait."""
        self.engine.go.clear()
        busy = self.ask(text, lane)
        assert await asyncio.to_thread(self.engine.entered.acquire, timeout=10)
        return busy

    async def close(self) -> None:
        for engine in self.engines:
            engine.go.set()
        await self.scheduler.close()
        await self.tasks.close()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    opened = Bench()
    yield opened
    await opened.close()


@pytest.fixture
async def wide() -> AsyncIterator[Bench]:
    """Two batches at once, both of one engine if need be."""
    opened = Bench(parallel=2, workers=2)
    yield opened
    await opened.close()


async def texts(work: Sequence[asyncio.Task[Output]]) -> list[str]:
    return [output.text for output in await asyncio.gather(*work)]


async def turns() -> None:
    """Let everything happen that needs no thread."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_callers_of_one_moment_share_a_batch(bench: Bench) -> None:
    assert await texts([bench.ask(text) for text in "abcd"]) == ["A", "B", "C", "D"]
    assert bench.engine.batches == [["a", "b", "c", "d"]]


async def test_batches_are_as_large_as_the_engine_asks(bench: Bench) -> None:
    await bench.many(list("abcdef"), "chat")
    assert [len(batch) for batch in bench.engine.batches] == [4, 2]


async def test_identical_sentences_are_decoded_once(bench: Bench) -> None:
    outputs = await bench.many(["a", "a", "a"], "chat")
    assert [output.text for output in outputs] == ["A", "A", "A"]
    assert bench.engine.batches == [["a"]]


async def test_sentence_that_is_being_decoded_is_not_decoded_again(bench: Bench) -> None:
    busy = await bench.hold("same")
    again = bench.ask("same", "live")
    await asyncio.sleep(0)
    bench.engine.go.set()
    assert await texts([busy, again]) == ["SAME", "SAME"]
    assert bench.engine.batches == [["same"]]


async def test_recent_sentence_is_not_decoded_again(bench: Bench) -> None:
    await bench.runner.translate("a", PAIR, lane="chat")
    await bench.runner.translate("a", PAIR, lane="live")
    assert bench.engine.batches == [["a"]]


async def test_recent_sentences_are_forgotten_beyond_their_number(bench: Bench) -> None:
    for text in "abcdefa":
        await bench.runner.translate(text, PAIR, lane="chat")
    assert bench.engine.batches[-1] == ["a"]
    assert len(bench.engine.batches) == 7


async def test_recent_sentences_are_forgotten_beyond_their_characters() -> None:
    bench = Bench(BatchingOptions(recent=100, recent_characters=50))
    for text in ("a" * 20, "b" * 20, "a" * 20):
        await bench.runner.translate(text, PAIR, lane="chat")
    assert len(bench.engine.batches) == 3
    await bench.close()


async def test_result_of_another_version_of_the_model_is_not_used(bench: Bench) -> None:
    newer = UpperEngine(version="2")
    runner = bench.add(newer)
    await bench.runner.translate("a", PAIR, lane="chat")
    await runner.translate("a", PAIR, lane="chat")
    assert newer.batches == [["a"]]


async def test_same_version_of_the_model_shares_its_results(bench: Bench) -> None:
    again = UpperEngine()
    runner = bench.add(again)
    await bench.runner.translate("a", PAIR, lane="chat")
    await runner.translate("a", PAIR, lane="chat")
    assert again.batches == []


async def test_careful_result_is_kept_apart_from_the_usual_one(bench: Bench) -> None:
    usual = await bench.runner.translate("a", PAIR, lane="chat")
    careful = await bench.runner.translate("a", PAIR, lane="chat", careful=True)
    assert (usual.text, careful.text) == ("A", "A!")


async def test_pairs_and_modes_are_not_mixed_in_a_batch(bench: Bench) -> None:
    await asyncio.gather(
        bench.runner.translate("a", PAIR, lane="chat"),
        bench.runner.translate("b", BACK, lane="chat"),
        bench.runner.translate("c", PAIR, lane="chat", careful=True),
        bench.runner.translate("d", PAIR, lane="chat"),
    )
    assert sorted(bench.engine.batches) == [["a", "d"], ["b"], ["c"]]


async def test_engine_that_can_gets_several_pairs_in_a_batch(bench: Bench) -> None:
    engine = UpperEngine("many", mixes_pairs=True)
    runner = bench.add(engine)
    await asyncio.gather(runner.translate("a", PAIR, lane="chat"), runner.translate("b", BACK, lane="chat"))
    assert engine.batches == [["a", "b"]]


async def test_captions_go_before_chat_and_chat_before_bulk(bench: Bench) -> None:
    busy = await bench.hold()
    rows: list[tuple[str, Lane]] = [("b1", "bulk"), ("c1", "chat"), ("c2", "chat"), ("l1", "live")]
    waiting = [bench.ask(text, lane) for text, lane in rows]
    await asyncio.sleep(0)
    bench.engine.go.set()
    await asyncio.gather(busy, *waiting)
    assert bench.engine.batches == [["busy"], ["l1"], ["c1", "c2"], ["b1"]]


async def test_caption_goes_before_the_bulk_of_another_engine(bench: Bench) -> None:
    other = UpperEngine("other")
    runner = bench.add(other)
    await runner.translate("warm", PAIR, lane="chat")
    busy = await bench.hold()
    order: list[str] = []
    waiting = [bench.ask(f"b{n}", "bulk") for n in range(8)]
    caption = bench.ask("caption", "live", runner)
    for task in (*waiting, caption):
        task.add_done_callback(lambda done: order.append(done.get_name()))
    await asyncio.sleep(0)
    bench.engine.go.set()
    await asyncio.gather(busy, caption, *waiting)
    assert order[0] == "caption"


async def test_bulk_is_not_starved_by_captions_that_never_end(bench: Bench) -> None:
    bulk = [bench.ask(f"b{n}", "bulk") for n in range(4)]
    captions = 0

    async def keep_asking(name: str) -> None:
        nonlocal captions
        while not all(task.done() for task in bulk):
            await bench.runner.translate(f"{name}{captions}", PAIR, lane="live")
            captions += 1

    await asyncio.gather(*(keep_asking(name) for name in "xyz"))
    assert await texts(bulk) == ["B0", "B1", "B2", "B3"]
    assert captions < 200


async def test_bulk_never_takes_the_last_worker(wide: Bench) -> None:
    busy = await wide.hold("b0", "bulk")
    more = [wide.ask(f"b{n}", "bulk") for n in range(1, 6)]
    await asyncio.sleep(0)
    caption = wide.ask("caption", "live")
    assert await asyncio.to_thread(wide.engine.entered.acquire, timeout=10)  # though bulk is held and waits
    wide.engine.go.set()
    await asyncio.gather(busy, caption, *more)
    assert wide.engine.most_at_once == 2
    assert ["caption"] in wide.engine.batches[:2]


async def test_no_more_batches_at_once_than_allowed_over_all_engines() -> None:
    bench = Bench(parallel=2)
    runners = [bench.runner, *(bench.add(UpperEngine(f"other{n}")) for n in range(3))]
    await asyncio.gather(*(runner.translate("warm", PAIR, lane="chat") for runner in runners))
    for engine in bench.engines:
        engine.go.clear()
    work = [bench.ask("a", "chat", runner) for runner in runners]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (metric("translation_running"), metric("translation_waiting", lane="chat")) == (2, 2)
    for engine in bench.engines:
        engine.go.set()
    assert await texts(work) == ["A"] * 4
    await bench.close()


async def test_engine_runs_no_more_batches_than_it_has_workers() -> None:
    bench = Bench(BatchingOptions(), parallel=3, workers=2)
    await asyncio.gather(
        *(bench.runner.translate(f"{n}", pair, lane="chat") for n in range(40) for pair in (PAIR, BACK))
    )
    await bench.close()
    assert len(bench.engine.batches) == 20
    assert bench.engine.most_at_once <= 2


async def test_bulk_batches_are_small_while_captions_come_and_large_when_they_do_not(bench: Bench) -> None:
    await bench.runner.translate("caption", PAIR, lane="live")
    await bench.many([f"a{n}" for n in range(4)], "bulk")
    bench.clock.advance(SMALL.quiet_s)
    await bench.many([f"b{n}" for n in range(4)], "bulk")
    assert [len(batch) for batch in bench.engine.batches] == [1, 2, 2, 4]


async def test_bulk_begins_nothing_while_a_caption_is_decoded(wide: Bench) -> None:
    busy = await wide.hold("caption", "live")
    bulk = wide.ask("bulk", "bulk")
    await turns()
    assert (metric("translation_running"), metric("translation_waiting", lane="bulk")) == (1, 1)
    wide.engine.go.set()
    await asyncio.gather(busy, bulk)
    assert wide.engine.batches == [["caption"], ["bulk"]]


async def test_bulk_of_two_engines_together_leaves_a_worker_free(wide: Bench) -> None:
    other = wide.add(UpperEngine("other", workers=2))
    await other.translate("warm", PAIR, lane="chat")
    busy = await wide.hold("bulk 1", "bulk")
    more = wide.ask("bulk 2", "bulk", other)
    await turns()
    assert (metric("translation_running"), metric("translation_waiting", lane="bulk")) == (1, 1)
    wide.engine.go.set()
    assert await texts([busy, more]) == ["BULK 1", "BULK 2"]


async def test_bulk_leaves_one_worker_of_each_engine_free() -> None:
    bench = Bench(parallel=4, workers=2)
    await bench.runner.translate("warm", PAIR, lane="chat")
    bench.engine.entered.acquire()
    busy = await bench.hold("bulk 1", "bulk")
    more = bench.ask("bulk 2", "bulk")
    await turns()
    assert (metric("translation_running"), metric("translation_waiting", lane="bulk")) == (1, 1)
    bench.engine.go.set()
    assert await texts([busy, more]) == ["BULK 1", "BULK 2"]
    await bench.close()


async def test_bulk_sentence_that_a_caption_joins_becomes_urgent(bench: Bench) -> None:
    busy = await bench.hold()
    slow = [bench.ask(text, "bulk") for text in "abcde"]
    await asyncio.sleep(0)
    fast = bench.ask("e", "live")
    await asyncio.sleep(0)
    bench.engine.go.set()
    await asyncio.gather(busy, fast, *slow)
    assert bench.engine.batches[1] == ["e"]
    assert sorted(text for batch in bench.engine.batches for text in batch) == [
        "a",
        "b",
        "busy",
        "c",
        "d",
        "e",
    ]


async def test_sentence_whose_caption_has_gone_waits_with_the_bulk_again(bench: Bench) -> None:
    busy = await bench.hold()
    bulk = bench.ask("x", "bulk")
    await asyncio.sleep(0)
    caption = bench.ask("x", "live")
    await asyncio.sleep(0)
    assert (metric("translation_waiting", lane="live"), metric("translation_waiting", lane="bulk")) == (1, 0)
    caption.cancel()
    await asyncio.gather(caption, return_exceptions=True)
    assert (metric("translation_waiting", lane="live"), metric("translation_waiting", lane="bulk")) == (0, 1)
    bench.engine.go.set()
    assert await texts([busy, bulk]) == ["BUSY", "X"]


async def test_full_lane_refuses_with_a_sentence_and_leaves_the_others_open(bench: Bench) -> None:
    busy = await bench.hold()
    waiting = [bench.ask(str(n), "bulk") for n in range(10)]
    await asyncio.sleep(0)
    before = metric("translation_refused_total", lane="bulk")
    with pytest.raises(Busy, match="Too many texts wait"):
        await bench.runner.translate("one more", PAIR, lane="bulk")
    assert metric("translation_refused_total", lane="bulk") == before + 1
    waiting += [bench.ask(f"{lane}{n}", lane) for lane in ("live", "chat") for n in range(3)]  # type: ignore[arg-type]
    await asyncio.sleep(0)
    bench.engine.go.set()
    assert len(await texts([busy, *waiting])) == 17


async def test_full_lane_still_takes_who_asks_for_the_same(bench: Bench) -> None:
    busy = await bench.hold()
    waiting = [bench.ask(str(n), "live") for n in range(4)]
    await asyncio.sleep(0)
    again = bench.ask("3", "live")
    await asyncio.sleep(0)
    bench.engine.go.set()
    assert (await texts([busy, *waiting, again]))[-1] == "3"


async def test_sentence_whose_callers_have_gone_leaves_at_once(bench: Bench) -> None:
    busy = await bench.hold()
    gone = [bench.ask(f"gone{n}") for n in range(5)]
    stays = bench.ask("stays")
    await asyncio.sleep(0)
    before = metric("translation_left_total", lane="chat")
    for task in gone:
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    assert metric("translation_waiting", lane="chat") == 1
    assert metric("translation_left_total", lane="chat") == before + 5
    bench.engine.go.set()
    await asyncio.gather(busy, stays)
    assert bench.engine.batches == [["busy"], ["stays"]]


async def test_caller_that_leaves_does_not_take_the_result_from_others(bench: Bench) -> None:
    busy = await bench.hold()
    leaves, stays = bench.ask("same"), bench.ask("same")
    await asyncio.sleep(0)
    leaves.cancel()
    bench.engine.go.set()
    await busy
    assert (await stays).text == "SAME"


async def test_result_of_a_batch_whose_callers_left_is_kept(bench: Bench) -> None:
    busy = await bench.hold("left")
    busy.cancel()
    await asyncio.gather(busy, return_exceptions=True)
    bench.engine.go.set()
    await bench.runner.translate("other", PAIR, lane="chat")
    assert (await bench.runner.translate("left", PAIR, lane="chat")).text == "LEFT"
    assert bench.engine.batches == [["left"], ["other"]]


async def test_sentence_that_kills_the_engine_does_not_take_its_neighbours_along(bench: Bench) -> None:
    results = await asyncio.gather(
        *(bench.ask(text) for text in ("a", "deadly", "b")), return_exceptions=True
    )
    assert [getattr(result, "text", type(result)) for result in results] == ["A", EngineFailed, "B"]
    assert bench.engine.batches == [["a", "deadly", "b"], ["a"], ["deadly"], ["b"]]


async def test_sentence_is_tried_once_more_when_the_engine_died(bench: Bench) -> None:
    before = metric("translation_batch_failures_total", engine="upper")
    assert (await bench.runner.translate("shaky", PAIR, lane="chat")).text == "SHAKY"
    assert bench.engine.batches == [["shaky"], ["shaky"]]
    assert metric("translation_batch_failures_total", engine="upper") == before + 1


async def test_error_that_nobody_foresaw_is_one_sentence_without_the_text(bench: Bench) -> None:
    def fail(sentences: list[str], careful: bool) -> list[Output]:
        raise RuntimeError(f"cannot read {sentences[0]}")

    bench.engine._answer = fail  # type: ignore[method-assign]
    with pytest.raises(EngineFailed, match="could not work on this text") as raised:
        await bench.runner.translate("secret", PAIR, lane="chat")
    assert "secret" not in str(raised.value)


async def test_broken_model_reaches_every_caller_and_is_noted_for_the_routes(bench: Bench) -> None:
    results = await asyncio.gather(*(bench.ask(text) for text in ("a", "broken")), return_exceptions=True)
    assert [type(result) for result in results] == [BrokenModel, BrokenModel]
    assert bench.runner.broken is not None
    assert (await bench.runner.translate("a", PAIR, lane="chat")).text == "A"


async def test_model_that_does_not_load_refuses_all_who_wait_for_it(bench: Bench) -> None:
    engine = UpperEngine("hollow", loads=False)
    runner = bench.add(engine)
    results = await asyncio.gather(*(bench.ask(t, "chat", runner) for t in "abc"), return_exceptions=True)
    assert {str(result) for result in results} == {"The model “hollow” does not load."}
    assert metric("translation_waiting", lane="chat") == 0
    engine.loads = True
    assert (await runner.translate("a", PAIR, lane="chat")).text == "A"
    assert runner.broken is None


async def test_model_is_loaded_once_for_many_callers(bench: Bench) -> None:
    await asyncio.gather(*(bench.ask(f"{n}") for n in range(9)))
    assert bench.engine.events == ["load"]


async def test_engines_are_never_called_on_the_event_loop(bench: Bench) -> None:
    threads: set[int] = set()
    answer = bench.engine._answer

    def note(sentences: list[str], careful: bool) -> list[Output]:
        threads.add(threading.get_ident())
        return answer(sentences, careful)

    bench.engine._answer = note  # type: ignore[method-assign]
    await bench.runner.translate("a", PAIR, lane="chat")
    assert threading.get_ident() not in threads


async def test_closing_answers_those_who_wait(bench: Bench) -> None:
    busy = await bench.hold()
    waiting = [bench.ask("waiting"), bench.ask("bulk", "bulk")]
    await asyncio.sleep(0)
    closing = bench.tasks.spawn("closing", bench.scheduler.close())
    results = await asyncio.gather(busy, *waiting, return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable] * 3
    bench.engine.go.set()
    await closing
    assert bench.engine.events == ["load", "unload"]
    assert metric("translation_waiting", lane="chat") == metric("translation_waiting", lane="bulk") == 0


async def test_closed_scheduler_takes_nothing_more(bench: Bench) -> None:
    await bench.scheduler.close()
    await bench.scheduler.close()
    with pytest.raises(Unavailable, match="stopping"):
        await bench.runner.translate("late", PAIR, lane="chat")


async def test_what_does_not_fill_a_batch_is_parted_among_free_workers(wide: Bench) -> None:
    await wide.ask("warm")
    await wide.many(["a", "b", "c"])
    assert sorted(map(len, wide.engine.batches)) == [1, 1, 2]


async def test_full_batch_is_not_parted(wide: Bench) -> None:
    await wide.ask("warm")
    await wide.many(list("abcdefgh"))
    assert [len(batch) for batch in wide.engine.batches] == [1, 4, 4]


async def test_busy_worker_gets_no_part(wide: Bench) -> None:
    busy = await wide.hold()
    asked = [wide.ask(text) for text in "abc"]
    await turns()
    wide.engine.go.set()
    await asyncio.gather(busy, *asked)
    assert sorted(map(len, wide.engine.batches)) == [1, 3]


async def test_caption_waits_for_no_others_of_its_moment(bench: Bench) -> None:
    await bench.ask("warm")
    await bench.many(["a", "b", "c"], "live")
    assert bench.engine.batches == [["warm"], ["a"], ["b", "c"]]


async def test_second_try_of_a_caption_goes_before_bulk_work_that_waits(bench: Bench) -> None:
    async def caption() -> list[Output]:
        return [
            await bench.runner.translate("caption", PAIR, lane="live", careful=careful)
            for careful in (False, True)
        ]

    bench.engine.go.clear()
    tries = bench.tasks.spawn("caption", caption())
    assert await asyncio.to_thread(bench.engine.entered.acquire, timeout=10)
    bulk = bench.ask("bulk", "bulk")
    await turns()
    bench.engine.go.set()
    await asyncio.gather(tries, bulk)
    assert bench.engine.batches == [["caption"], ["caption"], ["bulk"]]


async def test_busy_event_loop_keeps_workers_waiting_for_less_than_python_would(bench: Bench) -> None:
    assert sys.getswitchinterval() == pytest.approx(BatchingOptions().switch_s)
