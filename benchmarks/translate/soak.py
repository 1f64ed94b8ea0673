"""Mixed load for a long time: does memory stay flat, and is anything bad let through without a mark?"""

from __future__ import annotations

import asyncio
import random
import re
import time
import tomllib
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.translate.bench import Bench, Report, say
from benchmarks.translate.facts import PAIRS
from benchmarks.translate.figures import milliseconds, slope_per_hour
from benchmarks.translate.machine import resident_mb
from benchmarks.translate.municipal import fill
from benchmarks.translate.ours import open_memory, open_ours
from benchmarks.translate.sentences import DATA, plain
from core.errors import Busy
from core.tasks import Tasks
from translation.memory.service import Memory
from translation.model import Lane, Translation
from translation.service import Translator

LANES: tuple[Lane, ...] = ("live", "chat", "bulk")
AT_ONCE = 400  # requests on their way; what comes on top is counted and left out
KEPT = 20_000  # of each lane's latest waiting times
EXAMPLES = 10
SAMPLE_S = 5.0
# How often each kind of request comes, in a thousand.
KINDS = {
    "plain": 300,
    "facts": 300,
    "fresh": 150,
    "identical": 120,
    "cancelled": 80,
    "odd": 35,
    "correction": 10,
    "long": 5,
}
CORRECTED = 200  # sentences of each language that get corrections, again and again
IDENTICAL = 5  # callers of one and the same text at the same moment


@dataclass(slots=True)
class Seen:
    """What the soak has counted so far."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, str]] = field(default_factory=list)
    waits: dict[Lane, list[float]] = field(default_factory=lambda: {lane: [] for lane in LANES})
    memory: list[tuple[float, float]] = field(default_factory=list)  # seconds since the start, MB


async def measure(bench: Bench) -> Report:
    """`bench.soak_s` seconds at `bench.rate` requests a second, then everything is awaited."""
    seen, tasks = Seen(), Tasks()
    async with open_memory(bench) as memory, open_ours(bench, glossary=True, memory=memory) as ours:
        load = Load(ours, memory, seen, tasks)
        began = time.monotonic()
        watching = tasks.spawn("soak-memory", _watch(seen, began))
        while time.monotonic() - began < bench.soak_s:
            load.send()
            await asyncio.sleep(load.draw.expovariate(bench.rate))
        watching.cancel()
        await load.finish()
        seen.memory.append((time.monotonic() - began, resident_mb()))
    await tasks.close()
    return report(seen, bench)


class Load:
    """Draws requests and sends them."""

    def __init__(self, ours: Translator, memory: Memory, seen: Seen, tasks: Tasks) -> None:
        self.draw = random.Random(7)
        self._ours = ours
        self._memory = memory
        self._seen = seen
        self._tasks = tasks
        self._running: set[asyncio.Task[None]] = set()
        self._sentences = {tag: plain(tag) for tag in ("ja", "en", "pt-BR")}
        self._facts = {tag: [filled.text for filled in fill(tag, 2000)] for tag in ("ja", "en", "pt-BR")}
        self._odd: list[str] = tomllib.loads((DATA / "odd.toml").read_text("utf-8"))["texts"]
        self._number = 0

    def send(self) -> None:
        """One more request, or several of the same."""
        if len(self._running) >= AT_ONCE:
            self._seen.counts["left_out"] += 1
            return
        kind = self.draw.choices(list(KINDS), list(KINDS.values()))[0]
        source, target = self.draw.choice(PAIRS)
        text, lane = self._text(kind, source), self.draw.choice(LANES)
        self._seen.counts[kind] += 1
        for _ in range(IDENTICAL if kind == "identical" else 1):
            ask = self._correct if kind == "correction" else self._ask
            task = self._tasks.spawn("soak-request", ask(text, source, target, lane))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            if kind == "cancelled":
                asyncio.get_running_loop().call_later(self.draw.random() * 0.05, task.cancel)

    def _text(self, kind: str, source: str) -> str:
        sentences = self._sentences[source]
        if kind == "odd":
            return self.draw.choice(self._odd)
        if kind == "facts":
            return self.draw.choice(self._facts[source])
        if kind == "fresh":  # never seen before, so that caches turn over
            self._number += 1
            return f"{self.draw.choice(sentences)} {self._number}"
        if kind == "long":
            return "\n".join(self.draw.choice(sentences) for _ in range(300))[:10_000]
        return self.draw.choice(sentences)

    async def _correct(self, text: str, source: str, target: str, lane: Lane) -> None:
        """A person corrects a translation; whoever asks next must get just that."""
        text = self.draw.choice(self._sentences[source][:CORRECTED])
        right = self.draw.choice(self._sentences[target])
        await self._memory.learn(
            source=source, target=target, source_text=text, target_text=right, author="soak", came_from="page"
        )
        result = await self._ours.translate(text, source=source, target=target, lane=lane)
        await self._memory.suggest(text, source, target)
        if result.text != right:
            self._seen.counts["correction_not_used"] += 1
            self._note("correction_not_used", text, result.text)

    async def _ask(self, text: str, source: str, target: str, lane: Lane) -> None:
        began = time.perf_counter()
        try:
            result = await self._ours.translate(text, source=source, target=target, lane=lane)
        except asyncio.CancelledError:
            self._seen.counts["cancelled_in_time"] += 1
            raise
        except Busy:
            self._seen.counts["refused_busy"] += 1
            return
        except Exception as error:  # whatever it is, it is what the soak looks for
            self._seen.errors[type(error).__name__] += 1
            self._note(f"error: {error}", text, "")
            return
        waits = self._seen.waits[lane]
        waits.append(time.perf_counter() - began)
        del waits[:-KEPT]
        self._seen.counts["answered"] += 1
        self._seen.flags.update(result.flags)
        if (what := bad_without_mark(text, result)) is not None:
            self._seen.counts[what] += 1
            self._note(what, text, result.text)

    def _note(self, what: str, text: str, said: str) -> None:
        if len(self._seen.examples) < EXAMPLES:
            self._seen.examples.append({"what": what, "source": text[:200], "text": said[:200]})

    async def finish(self) -> None:
        """Wait for what is still on its way."""
        await asyncio.gather(*self._running, return_exceptions=True)


def bad_without_mark(text: str, result: Translation) -> str | None:
    """Why a result without flags should have had one, by rules of the benchmark's own; None when it is fine."""
    if result.flags:
        return None
    if re.search(r"[^\W\d_]{2}", text) and not result.text.strip():
        return "empty_unflagged"
    if is_repetitive(result.text) and not is_repetitive(text):
        return "repeated_unflagged"
    return None


def is_repetitive(text: str) -> bool:
    """The same words three times in a row, or the same four or more characters four times."""
    words = re.search(r"\b(\w+(?:\W+\w+){1,5})(?:\W+\1\b){2}", text.casefold())
    return words is not None or re.search(r"(.{4,20}?)\1{3}", text) is not None


async def _watch(seen: Seen, began: float) -> None:
    """A sample every few seconds, and a line every minute."""
    minutes = 0
    while True:
        size = await asyncio.to_thread(resident_mb)
        spent = time.monotonic() - began
        seen.memory.append((spent, size))
        if spent // 60 > minutes:
            minutes = int(spent // 60)
            say(_line(seen, spent))
        await asyncio.sleep(SAMPLE_S)


def _line(seen: Seen, spent: float) -> str:
    size = seen.memory[-1][1] if seen.memory else 0.0
    return (
        f"soak: {spent / 60:.0f} min, {seen.counts['answered']} answered, {seen.counts['refused_busy']} refused, "
        f"{sum(seen.errors.values())} errors, {_bad(seen)} bad without a mark, {size:.0f} MB, "
        f"{slope_per_hour(seen.memory):+.1f} MB/h"
    )


def _bad(seen: Seen) -> int:
    return seen.counts["empty_unflagged"] + seen.counts["repeated_unflagged"]


def report(seen: Seen, bench: Bench) -> Report:
    """Everything that was counted, and the slope of memory over the second half."""
    sizes = [size for _, size in seen.memory]
    middle = seen.memory[len(seen.memory) // 2][1]
    return {
        "seconds": bench.soak_s,
        "rate": bench.rate,
        "requests": dict(seen.counts),
        "errors": dict(seen.errors),
        "corrections_not_used": seen.counts["correction_not_used"],
        "empty_unflagged": seen.counts["empty_unflagged"],
        "repeated_unflagged": seen.counts["repeated_unflagged"],
        "memory_mb": {
            "first": round(sizes[0], 1),
            "middle": round(middle, 1),
            "last": round(sizes[-1], 1),
            "highest": round(max(sizes), 1),
            "samples": len(sizes),
        },
        "memory_slope_mb_per_hour": round(slope_per_hour(seen.memory), 2),
        "waiting_ms": {lane: milliseconds(waits) for lane, waits in seen.waits.items() if waits},
        "flags": dict(seen.flags.most_common()),
        "examples": seen.examples,
    }
