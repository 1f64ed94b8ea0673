"""Measures translation: throughput against argostranslate and against raw CTranslate2, latency of a caption alone and
under load, and facts kept.

    python benchmarks/translate.py [--json] [--rounds N] [--facts N]

All sides run the same starter model on the same sentences in one process, one after the other, and no sentence is used
twice by one side, so that no cache helps. The ratios are the result; absolute figures belong to the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import platform
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core import log
from translation.assembly import build_translator
from translation.packages import ModelStore
from translation.service import Translator

CALLERS = 32

PLACES = [
    "市役所",
    "区役所",
    "図書館",
    "保育園",
    "体育館",
    "公民館",
    "病院",
    "駅",
    "学校",
    "郵便局",
    "銀行",
    "窓口",
    "避難所",
    "公園",
]
THINGS = [
    "住民票",
    "在留カード",
    "保険証",
    "申請書",
    "パスポート",
    "母子手帳",
    "納税通知",
    "印鑑",
    "書類",
    "ごみ袋",
    "自転車",
    "証明書",
]
DAYS = ["", "あした", "今日", "来週", "今週", "午後", "午前"]
PEOPLE = ["子ども", "妻", "夫", "母", "娘", "息子", "友だち", "家族"]
PLAIN = {
    "ja": [
        "{p}はどこですか。",
        "{t}をなくしました。",
        "{t}を{p}でもらえますか。",
        "{q}が{p}に行きます。",
        "{q}の{t}が必要です。",
        "{p}で{t}を出してください。",
        "{q}と{p}に来てください。",
        "{t}の書き方を教えてください。",
        "{p}は日曜日も開いていますか。",
        "{q}に{t}を渡してください。",
    ]
}
FACTS = {
    "ja": [
        "{thing}の手数料は{yen:,}円です。",
        "締め切りは{month}月{day}日です。",
        "電話番号は03-{a}-{b}です。",
        "受付は午前{h}時から午後{k}時までです。",
        "{day}日以内に届け出てください。",
        "{n}番の窓口に来てください。",
        "詳しくはhttps://www.city.example.jp/{a}をご覧ください。",
        "令和7年{month}月{day}日に{yen:,}円を振り込みます。",
    ],
    "en": [
        "The fee is {yen:,} yen.",
        "The deadline is {month_name} {day}.",
        "Please call 03-{a}-{b}.",
        "The office is open from {h}:00 to {later}:30.",
        "Please notify us within {day} days.",
        "Please go to counter {n}.",
        "For details, see https://www.city.example.jp/{a}.",
        "We will pay {yen:,} yen on {month_name} {day}, 2025.",
    ],
    "pt-BR": [
        "A taxa é de {yen_pt} ienes.",
        "O prazo é {day} de {month_pt}.",
        "Ligue para 03-{a}-{b}.",
        "O atendimento é das {h}h às {later}h30.",
        "Avise em até {day} dias.",
        "Vá ao balcão {n}.",
        "Veja https://www.city.example.jp/{a} para detalhes.",
        "Pagaremos {yen_pt} ienes em {day} de {month_pt} de 2025.",
    ],
}
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October"]
MONTHS_PT = [
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
]
DIRECTIONS = [("ja", "en"), ("en", "ja"), ("en", "pt-BR"), ("pt-BR", "en")]


def plain_sentences() -> list[str]:
    """Different short sentences without facts, shuffled the same way each time."""
    made = {
        day + pattern.format(p=p, t=t, q=q)
        for day, pattern, p, t, q in itertools.product(DAYS, PLAIN["ja"], PLACES, THINGS, PEOPLE)
    }
    ordered = sorted(made)
    random.Random(2).shuffle(ordered)
    return ordered


def fact_sentences(language: str, number: int) -> list[str]:
    """Municipal sentences, each with at least one fact."""
    draw = random.Random(3)
    made = []
    for pattern in itertools.islice(itertools.cycle(FACTS[language]), number):
        month, yen, hour = draw.randrange(10), draw.randrange(100, 90000, 50), draw.randrange(8, 11)
        made.append(
            pattern.format(
                thing=draw.choice(THINGS),
                yen=yen,
                yen_pt=f"{yen:,}".replace(",", "."),
                month=month + 1,
                month_name=MONTHS[month],
                month_pt=MONTHS_PT[month],
                day=draw.randrange(2, 28),
                a=draw.randrange(1000, 9999),
                b=draw.randrange(1000, 9999),
                h=hour,
                k=draw.randrange(4, 7),
                later=hour + 7,
                n=draw.randrange(1, 30),
            )
        )
    return made


class Argos:
    """argostranslate at its defaults, with a splitter supplied: its own would be downloaded."""

    def __init__(self, store: Path, home: Path) -> None:
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = str(home)
        os.environ["ARGOS_PACKAGES_DIR"] = str(home / "packages")
        shutil.copytree(store / "argos-ja-en-0.1", home / "packages" / "ja_en")
        from argostranslate import translate

        class Whole:
            def split_sentences(self, text: str) -> list[str]:
                return [text]

        self._translation: Any = translate.get_translation_from_codes("ja", "en")
        self._translation.underlying.sentencizer = Whole()

    def translate(self, text: str) -> str:
        return str(self._translation.translate(text))


class Raw:
    """CTranslate2 and SentencePiece by hand, with the settings that our engine uses: the limit."""

    def __init__(self, folder: Path) -> None:
        import ctranslate2
        import sentencepiece

        self._pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.model"))
        self._translator = ctranslate2.Translator(str(folder / "model"), inter_threads=1, intra_threads=1)

    def translate(self, texts: Sequence[str]) -> list[str]:
        tokens = sorted((self._pieces.encode(text, out_type=str) for text in texts), key=len)
        results = self._translator.translate_batch(
            tokens, beam_size=4, return_scores=True, max_decoding_length=200
        )
        return [self._pieces.decode(result.hypotheses[0]) for result in results]


async def throughput(ours: Translator, argos: Argos, raw: Raw, rounds: int) -> dict[str, float]:
    """Sentences a second with 32 callers of one sentence each; the sides take turns, after one round to warm up."""
    sentences = iter(plain_sentences())
    spent = {"ours": 0.0, "argostranslate": 0.0, "raw": 0.0}
    for number in range(rounds + 1):
        texts = list(itertools.islice(sentences, CALLERS))
        at = [time.perf_counter()]
        await asyncio.gather(*(ours.translate(text, source="ja", target="en") for text in texts))
        at.append(time.perf_counter())
        for text in texts:
            argos.translate(text)
        at.append(time.perf_counter())
        raw.translate(texts)
        at.append(time.perf_counter())
        if number:
            for side, (start, end) in zip(spent, itertools.pairwise(at), strict=True):
                spent[side] += end - start
    return {side: round(CALLERS * rounds / seconds, 1) for side, seconds in spent.items()}


async def latency(ours: Translator, raw: Raw) -> dict[str, float]:
    """Milliseconds for one caption of at most 40 characters: alone, by raw call, and while bulk work runs."""
    captions = [text for text in plain_sentences()[-400:] if len(text) <= 40]
    alone, by_hand, loaded = [], [], []
    for text in captions[:60]:
        at = time.perf_counter()
        await ours.translate(text, source="ja", target="en", lane="live")
        alone.append(time.perf_counter() - at)
        at = time.perf_counter()
        raw.translate([text])
        by_hand.append(time.perf_counter() - at)
    bulk = asyncio.gather(
        *(
            ours.translate(text, source="ja", target="en", lane="bulk")
            for text in plain_sentences()[2000:3900]
        )
    )
    for text in captions[60:100]:
        at = time.perf_counter()
        await ours.translate(text, source="ja", target="en", lane="live")
        loaded.append(time.perf_counter() - at)
        await asyncio.sleep(0.02)
    still_loaded = not bulk.done()
    await bulk
    return {
        "alone_ms": round(1000 * statistics.median(alone), 2),
        "raw_ms": round(1000 * statistics.median(by_hand), 2),
        "under_load_p95_ms": round(1000 * statistics.quantiles(loaded, n=20)[-1], 2),
        "loaded_to_the_end": float(still_loaded),
    }


async def facts(ours: Translator, number: int) -> dict[str, dict[str, float]]:
    """For each direction: share of sentences flagged for a fact, facts lost without a flag, stand-ins that leaked."""
    found = {}
    for source, target in DIRECTIONS:
        texts = fact_sentences(source, number)
        results = await asyncio.gather(
            *(ours.translate(text, source=source, target=target, lane="bulk") for text in texts)
        )
        flagged = [any(flag.startswith("fact") for flag in result.flags) for result in results]
        unmarked = [bool(result.lost) and "fact_lost" not in result.flags for result in results]
        leaked = [
            any(word in f" {result.text}" for word in (" X7", " Q4", " X ", "トム", " NHK"))
            for result in results
        ]
        found[f"{source}>{target}"] = {
            "sentences": len(texts),
            "flagged_percent": round(100 * sum(flagged) / len(texts), 2),
            "lost_unflagged": sum(unmarked),
            "leaked": sum(leaked),
        }
    return found


async def measure(rounds: int, number: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        store, home = Path(scratch, "models"), Path(scratch, "home")
        ModelStore(store).prepare_starter(lambda what, done, total: None)
        ours = build_translator(store)
        argos, raw = Argos(store, home), Raw(store / "argos-ja-en-0.1")
        speed = await throughput(ours, argos, raw, rounds)
        wait = await latency(ours, raw)
        kept = await facts(ours, number)
        await ours.close()
    return {
        "machine": {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "callers": CALLERS,
        "sentences_a_second": speed,
        "ratios": {
            "ours_to_argostranslate": round(speed["ours"] / speed["argostranslate"], 2),
            "ours_to_raw": round(speed["ours"] / speed["raw"], 3),
            "caption_alone_to_raw": round(wait["alone_ms"] / wait["raw_ms"], 2),
            "caption_under_load_p95_to_raw": round(wait["under_load_p95_ms"] / wait["raw_ms"], 2),
        },
        "latency": wait,
        "facts": kept,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--rounds", type=int, default=12, help="rounds of 32 callers")
    parser.add_argument("--facts", type=int, default=200, help="sentences with facts for each direction")
    options = parser.parse_args()
    log.set_up(level="WARNING")
    result = asyncio.run(measure(options.rounds, options.facts))
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
        return
    for name, value in result.items():
        print(f"{name}: {json.dumps(value, ensure_ascii=False)}")


if __name__ == "__main__":
    main()
