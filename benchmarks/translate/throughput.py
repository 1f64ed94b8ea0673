"""Sentences a second with 32 callers of one sentence each, all sides in turns on the same sentences."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

from benchmarks.translate.bench import Bench, NotMeasured, Report, say
from benchmarks.translate.figures import ratio, spread
from benchmarks.translate.libretranslate import LibreTranslate, install, versions
from benchmarks.translate.municipal import fill
from benchmarks.translate.ours import open_ours
from benchmarks.translate.sentences import plain
from benchmarks.translate.serving import OursOverHttp
from benchmarks.translate.sides import ARGOS_FOLDER, Argos, Raw

CALLERS = 32
WARM_UP = 3  # rounds that do not count
LAYOUTS = (0, 16, 8)  # sentences decoded together by hand; the fastest in the warm-up is the limit
SETTLE_S = (
    0.4  # between sides: OpenMP threads spin for 0.2 s after their work and would disturb the next side
)

Translate = Callable[[Sequence[str]], Awaitable[object]]


@dataclass(slots=True)
class Side:
    """One way to translate 32 sentences, and the seconds that each counted round took."""

    name: str
    translate: Translate
    seconds: list[float] = field(default_factory=list)


async def measure(bench: Bench) -> Report:
    """Sentences without facts, which is what the targets are about, and municipal sentences with facts."""
    async with AsyncExitStack() as stack:
        sides, missing, peers = await _open_sides(bench, stack)
        raw = Raw(bench.models / ARGOS_FOLDER["ja", "en"])
        number = CALLERS * (bench.rounds + WARM_UP)
        texts = {"plain": plain("ja")[:number], "with_facts": _with_facts(number)}
        return {"callers": CALLERS, "rounds": bench.rounds, "pair": "ja>en", "libretranslate": peers} | {
            name: await _compare(name, chosen, sides, raw) | missing for name, chosen in texts.items()
        }


def _with_facts(number: int) -> Sequence[str]:
    return [filled.text for filled in fill("ja", number, seed=5)]


async def _open_sides(bench: Bench, stack: AsyncExitStack) -> tuple[list[Side], Report, Report]:
    """All sides that can be measured, why the others cannot, and LibreTranslate's versions."""
    # Two of ours, so that no cache helps the second.
    ours, served = [await stack.enter_async_context(open_ours(bench)) for _ in range(2)]
    http = await stack.enter_async_context(OursOverHttp(served, callers=CALLERS))
    sides = [
        Side("ours", partial(_at_once, partial(ours.translate, source="ja", target="en"))),
        Side("ours_over_http", partial(_at_once, http.translate)),
        Side("argostranslate", _one_by_one(Argos())),
        Side("argostranslate_tuned", _one_by_one(Argos(tuned=True))),
    ]
    home, missing = bench.scratch / "home", {}
    try:
        python = await asyncio.to_thread(install, bench.cache, allowed=bench.install)
        for name, tuned in (("libretranslate", False), ("libretranslate_tuned", True)):
            server = LibreTranslate(python, home, bench.scratch, callers=CALLERS, tuned=tuned)
            opened = await stack.enter_async_context(server)
            sides.append(Side(name, partial(_at_once, opened.translate)))
        peers = await asyncio.to_thread(versions, python)
    except NotMeasured as error:
        say(str(error))
        missing, peers = {"libretranslate": {"not_measured": str(error)}}, {}
    return sides, missing, peers


async def _compare(name: str, texts: Sequence[str], sides: Sequence[Side], raw: Raw) -> Report:
    """Rounds of all sides in turns; the order turns too, so that no side always follows the same other."""
    best = _fastest_layout(raw, texts[: CALLERS * WARM_UP])
    by_hand = Side("raw", lambda chosen: asyncio.to_thread(raw.translate, chosen, best))
    turns = [Side(side.name, side.translate) for side in sides] + [by_hand]
    for number, at in enumerate(range(0, len(texts), CALLERS)):
        say(f"throughput, {name}: round {number + 1 - WARM_UP}")
        first = number % len(turns)
        for side in turns[first:] + turns[:first]:
            await asyncio.sleep(SETTLE_S)
            began = time.perf_counter()
            await side.translate(texts[at : at + CALLERS])
            if number >= WARM_UP:
                side.seconds.append(time.perf_counter() - began)
    return _report(turns) | {"raw_sentences_together": best or CALLERS}


def _fastest_layout(raw: Raw, texts: Sequence[str]) -> int:
    spent = {}
    for together in LAYOUTS:
        raw.translate(texts[:CALLERS], together)
        began = time.perf_counter()
        for at in range(0, len(texts), CALLERS):
            raw.translate(texts[at : at + CALLERS], together)
        spent[together] = time.perf_counter() - began
    return min(spent, key=spent.__getitem__)


def _report(sides: Sequence[Side]) -> Report:
    speeds = {side.name: [CALLERS / seconds for seconds in side.seconds] for side in sides}
    ours, served = speeds["ours"], speeds["ours_over_http"]
    ratios = {}
    for name, speed in speeds.items():
        if not name.startswith("ours"):
            ratios[f"ours_to_{name}"] = _ratios(ours, speed)
            if name.startswith("libretranslate"):
                ratios[f"ours_over_http_to_{name}"] = _ratios(served, speed)
    return {
        "sentences_a_second": {name: spread(speed, 1) for name, speed in speeds.items()},
        "ratios": ratios,
    }


def _ratios(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float | None]:
    """Of the medians, and the spread of the rounds' own ratios."""
    rounds = spread([one / other for one, other in zip(ours, theirs, strict=True)], 3)
    of_medians = ratio(spread(ours, 6)["median"], spread(theirs, 6)["median"], 3)
    return {"of_medians": of_medians, "p25": rounds["p25"], "p75": rounds["p75"]}


async def _at_once(translate: Callable[[str], Awaitable[object]], texts: Sequence[str]) -> None:
    await asyncio.gather(*(translate(text) for text in texts))


def _one_by_one(argos: Argos) -> Translate:
    """argostranslate has no way to take several callers' texts together; in a thread, as a service would call it."""

    def all_of(texts: Sequence[str]) -> None:
        for text in texts:
            argos.translate(text)

    return lambda texts: asyncio.to_thread(all_of, texts)
