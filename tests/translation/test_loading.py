from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.metrics import REGISTRY
from core.tasks import Tasks
from tests.translation.engine_doubles import PAIR, UpperEngine
from translation.batching import BatchingOptions, EngineRunner, Scheduler
from translation.engines.firefox import FirefoxEngine
from translation.errors import BrokenModel
from translation.loading import LoadingOptions


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"madoguchi_{name}", labels) or 0.0


def memory_mb(pid: int | str = "self") -> int:
    """What a process holds in memory, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) >> 10
    raise AssertionError("no VmRSS")


class Bench:
    def __init__(self, *, memory: int = 100, parallel: int = 2) -> None:
        self.tasks = Tasks()
        self.clock = ManualClock()
        loading = LoadingOptions(idle_s=60, memory_mb=memory)
        self.scheduler = Scheduler(BatchingOptions(), loading, self.tasks, self.clock, parallel=parallel)
        self.engines: list[UpperEngine] = []
        self.numbers = 0

    def add(self, name: str, megabytes: int) -> tuple[UpperEngine, EngineRunner]:
        engine = UpperEngine(name, megabytes=megabytes)
        self.engines.append(engine)
        return engine, self.scheduler.runner(engine)

    async def use(self, runner: EngineRunner) -> None:
        self.numbers += 1
        self.clock.advance(1)
        await runner.translate(f"text {self.numbers}", PAIR, lane="chat")

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


async def test_nothing_is_loaded_before_its_first_use(bench: Bench) -> None:
    engine, runner = bench.add("a", 40)
    assert engine.events == []
    await bench.use(runner)
    assert engine.events == ["load"]


async def test_idle_model_is_unloaded_and_loads_again(bench: Bench) -> None:
    engine, runner = bench.add("a", 40)
    await bench.use(runner)
    bench.clock.advance(59)
    await bench.scheduler.models.unload_idle()
    assert engine.events == ["load"]
    bench.clock.advance(1)
    before = metric("translation_unloads_total", reason="idle")
    await bench.scheduler.models.unload_idle()
    assert engine.events == ["load", "unload"]
    assert metric("translation_unloads_total", reason="idle") == before + 1
    await bench.use(runner)
    assert engine.events == ["load", "unload", "load"]


async def test_model_that_works_is_not_idle(bench: Bench) -> None:
    engine, runner = bench.add("a", 40)
    await bench.use(runner)
    engine.go.clear()
    busy = bench.tasks.spawn("busy", runner.translate("busy", PAIR, lane="chat"))
    await asyncio.to_thread(engine.entered.acquire)
    bench.clock.advance(3600)
    await bench.scheduler.models.unload_idle()
    assert engine.events == ["load"]
    engine.go.set()
    await busy


async def test_model_is_idle_since_its_last_batch_not_its_first(bench: Bench) -> None:
    engine, runner = bench.add("a", 40)
    for _ in range(4):
        await bench.use(runner)
        bench.clock.advance(40)
        await bench.scheduler.models.unload_idle()
    assert engine.events == ["load"]


async def test_least_recently_used_model_makes_room(bench: Bench) -> None:
    (a, run_a), (b, run_b), (c, run_c) = (bench.add(name, 40) for name in "abc")
    for runner in (run_a, run_b, run_a, run_c):
        await bench.use(runner)
    assert (a.events, b.events, c.events) == (["load"], ["load", "unload"], ["load"])
    assert metric("translation_models_loaded") == 2
    assert metric("translation_model_bytes") == 80 << 20


async def test_as_many_make_room_as_are_needed(bench: Bench) -> None:
    (a, run_a), (b, run_b), (large, run_large) = (
        bench.add("a", 40),
        bench.add("b", 40),
        bench.add("large", 90),
    )
    for runner in (run_a, run_b, run_large):
        await bench.use(runner)
    assert (a.events, b.events, large.events) == (["load", "unload"], ["load", "unload"], ["load"])


async def test_model_larger_than_the_limit_loads_alone(bench: Bench) -> None:
    (small, run_small), (huge, run_huge) = bench.add("small", 10), bench.add("huge", 500)
    await bench.use(run_small)
    await bench.use(run_huge)
    assert (small.events, huge.events) == (["load", "unload"], ["load"])
    await bench.use(run_small)
    assert (small.events, huge.events) == (["load", "unload", "load"], ["load", "unload"])


async def test_model_that_decodes_is_unloaded_only_after_its_batch(bench: Bench) -> None:
    (a, run_a), (b, run_b) = bench.add("a", 60), bench.add("b", 60)
    await bench.use(run_a)
    a.go.clear()
    busy = bench.tasks.spawn("busy", run_a.translate("busy", PAIR, lane="chat"))
    await asyncio.to_thread(a.entered.acquire)
    other = bench.tasks.spawn("other", run_b.translate("other", PAIR, lane="chat"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert (a.events, b.events) == (["load"], [])
    a.go.set()
    assert [output.text for output in await asyncio.gather(busy, other)] == ["BUSY", "OTHER"]
    assert (a.events, b.events) == (["load", "unload"], ["load"])


async def test_models_that_do_not_fit_together_take_turns(bench: Bench) -> None:
    runners = [bench.add(name, 60)[1] for name in "abc"]
    outputs = await asyncio.gather(
        *(runner.translate(f"{n}", PAIR, lane="chat") for n in range(20) for runner in runners)
    )
    assert [output.text for output in outputs] == [f"{n}" for n in range(20) for _ in runners]
    assert metric("translation_model_bytes") <= 100 << 20


async def test_removed_model_is_unloaded(bench: Bench) -> None:
    engine, runner = bench.add("a", 40)
    await bench.use(runner)
    await bench.scheduler.models.unload(engine)
    await bench.scheduler.models.unload(engine)
    assert engine.events == ["load", "unload"]


async def test_unexpected_error_at_load_is_a_broken_model(bench: Bench) -> None:
    engine, runner = bench.add("a", 40)

    def load() -> None:
        raise MemoryError("no room")

    engine.load = load  # type: ignore[method-assign]
    with pytest.raises(BrokenModel, match="does not load"):
        await bench.use(runner)


async def test_closing_unloads_everything_and_shows_it() -> None:
    bench = Bench()
    engines = [bench.add(name, 10) for name in "abc"]
    for _, runner in engines:
        await bench.use(runner)
    await bench.close()
    assert [engine.events for engine, _ in engines] == [["load", "unload"]] * 3
    assert (metric("translation_models_loaded"), metric("translation_model_bytes")) == (0, 0)


def test_firefox_model_gives_all_its_memory_back(models_dir: Path) -> None:
    engine = FirefoxEngine(models_dir / "firefox-en-pt-BR-2.0-tiny")
    engine.load()
    engine.translate_batch(["Good morning."], [("en", "pt-BR")])
    pids = [process.pid for process in engine._idle]
    took = sum(map(memory_mb, pids))
    assert took > 30 * len(pids)
    engine.unload()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert abs((engine.bytes_needed >> 20) - took) <= took / 2


# In a process of its own: what earlier tests left free would be taken again, and nothing would be seen to grow.
LOADING_AND_UNLOADING = """
import sys
from pathlib import Path
from tests.translation.test_loading import memory_mb
from translation.engines.argos import ArgosEngine

engine = ArgosEngine(Path(sys.argv[1]))
text = "市役所は月曜日から金曜日まで開いていますので、必要な書類を持って来てください。" * 5

def work():
    engine.translate_batch([f"{text}{n}" for n in range(16)], [("ja", "en")] * 16)

work()
engine.unload()  # the library has taken what it keeps for good
before = memory_mb()
work()
took = memory_mb() - before
engine.unload()
print(took, memory_mb() - before, engine.bytes_needed >> 20)
"""


def test_ctranslate_model_gives_most_of_its_memory_back(models_dir: Path) -> None:
    model = models_dir / "argos-ja-en-0.1"
    seen = subprocess.run(
        [sys.executable, "-c", LOADING_AND_UNLOADING, str(model)], capture_output=True, text=True, check=True
    )
    took, left, estimate = map(int, seen.stdout.splitlines()[-1].split())
    assert took > 15
    assert left < took / 2
    assert took < estimate
