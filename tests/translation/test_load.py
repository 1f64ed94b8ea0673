"""Mixed load over real models: nothing hangs, nothing is mixed up, nothing is left behind."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from core.metrics import REGISTRY
from translation.assembly import TranslationOptions, build_translator
from translation.model import Lane, Translation
from translation.service import Translator, TranslatorOptions

LANES: tuple[Lane, ...] = ("live", "chat", "bulk")
TEXTS = {
    "ja": [
        "図書館はどこですか。",
        "在留カードをなくしました。",
        "窓口で申請書を出してください。",
        "印鑑が必要です。",
    ],
    "en": [
        "Where is the city hall?",
        "I lost my residence card.",
        "Please bring your passport.",
        "Good morning.",
    ],
    "pt-BR": [
        "Perdi meu cartão de residência.",
        "Onde fica a biblioteca?",
        "Bom dia.",
        "Traga o passaporte.",
    ],
}
DIRECTIONS = [("ja", "en"), ("en", "ja"), ("en", "pt-BR"), ("pt-BR", "en"), ("pt-BR", "ja"), ("ja", "pt-BR")]
Request = tuple[str, str, str]


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"madoguchi_{name}", labels) or 0.0


def numbered(text: str, number: int, language: str) -> str:
    """The text with a number, so that few requests are the same."""
    return f"{text[:-1]}{'、' if language == 'ja' else ', '}{number}{text[-1]}"


def requests(number: int) -> list[Request]:
    draw = random.Random(5)
    made = []
    for _ in range(number):
        source, target = draw.choice(DIRECTIONS)
        made.append((numbered(draw.choice(TEXTS[source]), draw.randrange(2, 7), source), source, target))
    return made


@pytest.fixture
async def alone(models_dir: Path) -> dict[Request, set[str]]:
    """What each request gives when nothing else is going on, for people who wait and for those who cannot."""
    translator = build_translator(models_dir)
    found: dict[Request, set[str]] = {}
    for request in requests(500):
        if request not in found:
            text, source, target = request
            found[request] = {
                (await translator.translate(text, source=source, target=target, lane=lane)).text
                for lane in ("chat", "live")
            }
    await translator.close()
    return found


async def test_mixed_requests_and_cancellations_end_well(
    models_dir: Path, alone: dict[Request, set[str]]
) -> None:
    translator = build_translator(models_dir, TranslationOptions(translator=TranslatorOptions(parallel=2)))
    draw = random.Random(6)

    async def ask(request: Request, lane: Lane, leaves_after: int | None) -> Translation | None:
        text, source, target = request
        task = asyncio.current_task()
        assert task is not None
        if leaves_after is not None:
            asyncio.get_running_loop().call_later(leaves_after / 1000, task.cancel)
        return await translator.translate(text, source=source, target=target, lane=lane)

    work = [
        ask(request, draw.choice(LANES), draw.randrange(0, 2000) if draw.random() < 0.4 else None)
        for request in requests(500)
    ]
    results = await asyncio.wait_for(asyncio.gather(*work, return_exceptions=True), 100)
    wrong = [
        (request, result.text)
        for request, result in zip(requests(500), results, strict=True)
        if isinstance(result, Translation) and result.text not in alone[request]
    ]
    kinds = {type(result) for result in results}
    assert wrong == []
    assert kinds <= {Translation, asyncio.CancelledError}
    assert sum(isinstance(result, Translation) for result in results) > 250
    assert _left_behind(translator) == (0, 0, 0)
    await translator.close()
    assert [metric("translation_waiting", lane=lane) for lane in LANES] == [0, 0, 0]
    assert (metric("translation_running"), metric("translation_models_loaded")) == (0, 0)


async def test_bulk_goes_on_under_captions_that_never_end(models_dir: Path) -> None:
    translator = build_translator(models_dir)
    bulk = [
        asyncio.get_running_loop().create_task(
            translator.translate(numbered(text, n, "ja"), source="ja", target="en", lane="bulk")
        )
        for n in range(2, 7)
        for text in TEXTS["ja"]
    ]
    captions = 0

    async def caption(number: int) -> None:
        nonlocal captions
        while not all(task.done() for task in bulk):
            captions += 1
            text = numbered(TEXTS["ja"][number % 4], 100 * captions + number, "ja")
            await translator.translate(text, source="ja", target="en", lane="live")

    await asyncio.wait_for(asyncio.gather(*(caption(number) for number in range(4))), 100)
    results = await asyncio.gather(*bulk)
    await translator.close()
    assert len(results) == 20
    assert captions < 20 * 40


def _left_behind(translator: Translator) -> tuple[int, int, int]:
    """Sentences known, waiting, and answers held back."""
    scheduler = translator._scheduler
    waiting = sum(scheduler._room.size(lane) for lane in LANES)
    return len(scheduler._sentences), waiting, len(scheduler._held_back)
