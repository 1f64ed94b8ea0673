"""The glossary on the whole way of a sentence, with scripted engines and with the starter models."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.tasks import Tasks
from tests.translation.glossary.municipal import GLOSSARY, sentences
from translation.assembly import ModelsFolder, TranslationOptions
from translation.batching import BatchingOptions, Scheduler
from translation.engine import Output, Pair
from translation.facts import find
from translation.glossary import Glossary, parse_glossary, read_glossary
from translation.loading import LoadingOptions
from translation.model import Lane
from translation.routes import Candidate, Route, measured_quality
from translation.sentences import Sentence, SentenceTranslator

CITY = """ja,en,pt-BR,forbidden_en,forbidden_pt-BR
窓口,counter,balcão,window,janela
住民票,certificate of residence,atestado de residência,,
在留カード,residence card,cartão de residência,,
後期高齢者医療,medical care for those 75 and over,assistência aos maiores de 75 anos,,
集会所,,sala de reuniões,,
"""


class Script:
    """An engine that says what it was told to say, and remembers what it was asked."""

    def __init__(self, pairs: Sequence[Pair], said: Mapping[str, str], score: float | None = -0.3) -> None:
        self.pairs = pairs
        self.said = dict(said)
        self.score = score
        self.asked: list[str] = []

    async def translate(self, sentence: str, pair: Pair, *, lane: Lane, careful: bool = False) -> Output:
        self.asked.append(sentence)
        return Output(self.said.get(sentence, "Nothing that was written down here."), self.score)


class Unsure(Script):
    """One that doubts what it says about cameras."""

    async def translate(self, sentence: str, pair: Pair, *, lane: Lane, careful: bool = False) -> Output:
        output = await super().translate(sentence, pair, lane=lane, careful=careful)
        return Output(output.text, -3.0 if "camera" in output.text else -0.1)


async def once(engine: Script, glossary: Glossary | None, text: str, *tags: str) -> Sentence:
    """One sentence, on a way that has the engine on every hop."""
    hops = tuple(Candidate(0, "script", "1", pair) for pair in zip(tags, tags[1:], strict=False))
    return await SentenceTranslator([engine], measured_quality(), 32, glossary).translate(
        text, Route(hops), "chat"
    )


@pytest.fixture(scope="module")
def city() -> Glossary:
    glossary, mistakes = parse_glossary(CITY)
    assert mistakes == ()
    return glossary


async def test_right_term_needs_no_second_decode(city: Glossary) -> None:
    engine = Script([("ja", "en")], {"住民票をください。": "A certificate of residence, please."})

    done = await once(engine, city, "住民票をください。", "ja", "en")

    assert engine.asked == ["住民票をください。"]
    assert (done.text, _about_terms(done)) == ("A certificate of residence, please.", [])
    assert [use.wording for use in done.terms_kept] == ["住民票"]
    assert done.terms_lost == ()


async def test_sentence_without_terms_is_as_without_a_glossary(city: Glossary) -> None:
    said = {"犬が好きです。": "I like dogs."}
    with_glossary, without = Script([("ja", "en")], said), Script([("ja", "en")], said)

    assert await once(with_glossary, city, "犬が好きです。", "ja", "en") == await once(
        without, None, "犬が好きです。", "ja", "en"
    )
    assert with_glossary.asked == without.asked == ["犬が好きです。"]


async def test_without_a_glossary_nothing_is_enforced() -> None:
    engine = Script([("ja", "en")], {"住民票をください。": "The resident card, please."})

    done = await once(engine, None, "住民票をください。", "ja", "en")

    assert (done.text, done.flags, done.terms_kept) == ("The resident card, please.", (), ())


async def test_forbidden_wording_is_replaced_without_a_second_decode(city: Glossary) -> None:
    engine = Script([("ja", "en")], {"窓口に来てください。": "Please come to the windows."})

    done = await once(engine, city, "窓口に来てください。", "ja", "en")

    assert (done.text, _about_terms(done)) == ("Please come to the counters.", [])
    assert len(engine.asked) == 1


async def test_missing_term_comes_in_by_a_stand_in(city: Glossary) -> None:
    engine = Script(
        [("ja", "en")],
        {"在留カードを見せて。": "Show it to me.", "カメラを見せて。": "Show me your camera."},
    )

    done = await once(engine, city, "在留カードを見せて。", "ja", "en")

    assert (done.text, _about_terms(done)) == ("Show me your residence card.", [])
    assert [use.wording for use in done.terms_kept] == ["在留カード"]


async def test_term_that_cannot_be_placed_is_put_in_brackets_and_flagged(city: Glossary) -> None:
    engine = Script([("ja", "en")], {"在留カードを見せて。": "Show it to me."})

    done = await once(engine, city, "在留カードを見せて。", "ja", "en")

    assert done.text == "Show it to me. (在留カード: residence card)"
    assert _about_terms(done) == ["term_lost"]
    assert [use.wording for use in done.terms_lost] == ["在留カード"]


async def test_sentence_that_goes_astray_for_a_term_is_not_taken(city: Glossary) -> None:
    engine = Unsure(
        [("ja", "en")], {"在留カードを見せて。": "Show it to me.", "カメラを見せて。": "A camera saw a show."}
    )

    done = await once(engine, city, "在留カードを見せて。", "ja", "en")

    assert done.text == "Show it to me. (在留カード: residence card)"


async def test_forbidden_wording_that_stays_is_flagged(city: Glossary) -> None:
    engine = Script([("ja", "en")], {"窓口です。": "The window of the counter is here."})

    done = await once(engine, city, "窓口です。", "ja", "en")

    assert _about_terms(done) == ["term_forbidden"]
    assert [use.wording for use in done.terms_kept] == ["窓口"]


async def test_engine_without_scores_is_asked_for_one_stand_in_first(city: Glossary) -> None:
    engine = Script(
        [("en", "pt-BR")],
        {"I lost my residence card.": "Perdi isso.", "I lost my hospital.": "Perdi meu hospital."},
        score=None,
    )

    done = await once(engine, city, "I lost my residence card.", "en", "pt-BR")

    assert (done.text, _about_terms(done)) == ("Perdi meu cartão de residência.", [])
    assert engine.asked == ["I lost my residence card.", "I lost my hospital."]


async def test_text_that_is_a_term_needs_no_engine(city: Glossary) -> None:
    engine = Script([("ja", "en")], {})

    done = await once(engine, city, "在留カード", "ja", "en")

    assert (done.text, done.flags, done.confidence) == ("Residence card", (), 1.0)
    assert engine.asked == []


async def test_number_within_a_term_is_neither_lost_nor_added(city: Glossary) -> None:
    japanese = Script([("ja", "en")], {"後期高齢者医療です。": "It is medical care for those 75 and over."})
    english = Script([("en", "ja")], {"It is medical care for those 75 and over.": "後期高齢者医療です。"})

    there = await once(japanese, city, "後期高齢者医療です。", "ja", "en")
    back = await once(english, city, "It is medical care for those 75 and over.", "en", "ja")

    assert (_about_terms(there), _about_terms(back)) == ([], [])
    assert [fact.value for fact in back.kept] == ["75"]


async def test_pivot_enforces_the_last_name(city: Glossary) -> None:
    engine = Script(
        [("ja", "en"), ("en", "pt-BR")],
        {
            "在留カードを見せて。": "Show me the residence card.",
            "Show me the residence card.": "Mostre-me o cartão de estadia.",
            "Show me the hospital.": "Mostre-me o hospital.",
        },
    )

    done = await once(engine, city, "在留カードを見せて。", "ja", "en", "pt-BR")

    assert (done.text, _about_terms(done)) == ("Mostre-me o cartão de residência.", [])


async def test_pivot_through_a_language_without_a_name_for_it(city: Glossary) -> None:
    engine = Script(
        [("ja", "en"), ("en", "pt-BR")],
        {
            "集会所はここです。": "The place is here.",
            "カメラはここです。": "The camera is here.",
            "The sala de reuniões is here.": "A sala de reuniões é aqui.",
        },
    )

    done = await once(engine, city, "集会所はここです。", "ja", "en", "pt-BR")

    assert (done.text, _about_terms(done)) == ("A sala de reuniões é aqui.", [])


async def test_facts_and_terms_are_put_right_together(city: Glossary) -> None:
    engine = Script(
        [("ja", "en")],
        {
            "在留カードは18,600円です。": "It is 18 yen.",
            "カメラは18,600円です。": "The camera is 600 yen.",
            "先生は300円です。": "The teacher is 300 yen.",
            "先生は500円です。": "The teacher is 500 yen.",
        },
    )

    done = await once(engine, city, "在留カードは18,600円です。", "ja", "en")

    assert (done.text, _about_terms(done)) == ("The residence card is 18,600 yen.", [])


async def test_phrases_of_people_are_not_touched() -> None:
    glossary, _ = parse_glossary("ja,en\nさようなら,farewell\n")
    engine = Script([("ja", "en")], {})

    done = await once(engine, glossary, "さようなら", "ja", "en")

    assert (done.text, done.engines, done.terms_lost) == ("Goodbye.", ("phrases",), ())


# On the starter models.


@pytest.fixture(scope="module")
def glossary() -> Glossary:
    return read_glossary(GLOSSARY)


Translate = Callable[..., Awaitable[Sentence]]


@pytest.fixture
async def starter(models_dir: Path, glossary: Glossary) -> AsyncIterator[Translate]:
    tasks = Tasks()
    engines = ModelsFolder(models_dir, TranslationOptions()).engines()
    scheduler = Scheduler(BatchingOptions(), LoadingOptions(), tasks, SystemClock(), parallel=2)
    by_pair = {
        pair: Candidate(index, engine.name, "1", pair)
        for index, engine in enumerate(engines)
        for pair in engine.pairs
    }
    translator = SentenceTranslator(
        [scheduler.runner(engine) for engine in engines], measured_quality(), 32, glossary
    )

    async def translate(text: str, *tags: str) -> Sentence:
        hops = tuple(by_pair[pair] for pair in zip(tags, tags[1:], strict=False))
        return await translator.translate(text, Route(hops), "chat")

    yield translate
    await scheduler.close()
    await tasks.close()


STAND_INS = {
    "en": ("camera", "bicycle", "piano"),
    "ja": ("図書館", "自転車", "ピアノ"),
    "pt-BR": ("biblioteca", "câmera", "piano"),
}


@pytest.mark.parametrize(
    "tags", [("ja", "en"), ("en", "ja"), ("en", "pt-BR"), ("pt-BR", "en"), ("ja", "en", "pt-BR")]
)
async def test_terms_of_municipal_sentences_are_right_or_flagged(
    starter: Translate, tags: tuple[str, ...]
) -> None:
    source, target = tags[0], tags[-1]
    made = list(sentences(source, 150))

    done = await asyncio.gather(*(starter(one.text, *tags) for one in made))

    for one, result in zip(made, done, strict=True):
        flagged = "term_lost" in result.flags
        assert flagged == bool(result.terms_lost), result
        assert flagged or _says(result.text, f"{one.row[target]};{one.row.get(f'also_{target}', '')}"), (
            one.text,
            result,
        )
        about_bicycles = one.row["ja"] == "駐輪場"
        strange = [word for word in STAND_INS[target] if word in result.text and not about_bicycles]
        assert strange == [], (one.text, result)
        assert sorted(fact.start for fact in (*result.kept, *result.lost)) == [
            fact.start for fact in find(one.text, source)
        ]
    assert sum(1 for result in done if "term_lost" in result.flags) <= 6
    assert sum(1 for result in done if any(flag.startswith("fact") for flag in result.flags)) <= 7


def _about_terms(done: Sentence) -> list[str]:
    return [flag for flag in done.flags if flag.startswith(("term", "fact"))]


def _says(text: str, cell: str) -> bool:
    """Are all the words of one wording of the cell in the text, as far as their first letters?"""
    lower = text.lower()
    return any(
        all(
            word[: max(3, len(word) - 3)].lower() in lower
            for word in re.findall(r"[^\W_]{3,}", re.sub(r"\([^)]*\)", "", wording))
        )
        for wording in cell.split(";")
    )
