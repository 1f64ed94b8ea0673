"""One suite for every engine: what the port promises, on the starter models."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from translation.engine import Pair, TranslationEngine
from translation.engines.argos import ArgosEngine
from translation.engines.firefox import FirefoxEngine
from translation.errors import BrokenModel
from translation.manifest import hash_files, read_manifest, write_manifest

ENGINES = {
    "argos-en-ja": (
        ArgosEngine,
        "argos-en-ja-0.1",
        ("en", "ja"),
        "Where is the city hall?",
        "市役所はどこですか",
    ),
    "argos-ja-en": (
        ArgosEngine,
        "argos-ja-en-0.1",
        ("ja", "en"),
        "在留カードをなくしました。",
        "I lost my residence card.",
    ),
    "firefox-en-pt": (
        FirefoxEngine,
        "firefox-en-pt-BR-2.0-tiny",
        ("en", "pt-BR"),
        "Good morning.",
        "Bom dia.",
    ),
    "firefox-pt-en": (
        FirefoxEngine,
        "firefox-pt-BR-en-2.0-tiny",
        ("pt-BR", "en"),
        "Bom dia.",
        "Good morning.",
    ),
}


class Case:
    def __init__(self, engine: TranslationEngine, pair: Pair, sentence: str, expected: str) -> None:
        self.engine, self.pair, self.sentence, self.expected = engine, pair, sentence, expected

    def say(self, *sentences: str, careful: bool = False) -> list[str]:
        return [output.text for output in self.engine.translate_batch(sentences, self.pair, careful=careful)]


@pytest.fixture(params=sorted(ENGINES))
def case(request: pytest.FixtureRequest, models_dir: Path) -> Iterator[Case]:
    made, folder, pair, sentence, expected = ENGINES[request.param]
    case = Case(made(models_dir / folder), pair, sentence, expected)
    yield case
    case.engine.unload()


def test_engine_names_its_pair_and_a_version(case: Case) -> None:
    assert case.engine.pairs == frozenset({case.pair})
    assert case.engine.version


def test_engine_translates(case: Case) -> None:
    (text,) = case.say(case.sentence)
    assert text.startswith(case.expected)


def test_outputs_come_in_the_order_of_the_sentences(case: Case) -> None:
    alone = [case.say(sentence)[0] for sentence in ("A", case.sentence, "2")]
    assert case.say("A", case.sentence, "2")[1] == alone[1]
    assert len(alone) == 3


def test_nothing_gives_nothing(case: Case) -> None:
    assert case.engine.translate_batch([], case.pair) == []


@pytest.mark.parametrize("text", ["", " ", "?", "𠮷", "\u200b", "a" * 2000, "。" * 300, "(" * 50])
def test_odd_sentences_give_one_output_each(case: Case, text: str) -> None:
    outputs = case.engine.translate_batch([text, case.sentence], case.pair)
    assert len(outputs) == 2
    assert outputs[1].text.startswith(case.expected)


def test_careful_outputs_are_as_many_as_sentences(case: Case) -> None:
    assert len(case.engine.translate_batch([case.sentence] * 3, case.pair, careful=True)) == 3


def test_scores_are_none_or_logarithms(case: Case) -> None:
    (output,) = case.engine.translate_batch([case.sentence], case.pair)
    assert output.score is None or -5.0 < output.score <= 0.0


def test_unloaded_engine_loads_again(case: Case) -> None:
    before = case.say(case.sentence)
    case.engine.unload()
    assert case.say(case.sentence) == before


def test_loading_twice_is_fine(case: Case) -> None:
    case.engine.load()
    case.engine.load()
    assert case.say(case.sentence)


def test_engine_works_on_a_thread_of_its_own(case: Case) -> None:
    said: list[str] = []

    def work() -> None:
        said.extend(case.say(case.sentence))
        case.engine.unload()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    assert said[0].startswith(case.expected)


def test_changed_model_is_refused_at_load(case: Case, models_dir: Path, tmp_path: Path) -> None:
    source = next(models_dir / row[1] for row in ENGINES.values() if row[2] == case.pair)
    folder = tmp_path / source.name
    shutil.copytree(source, folder)
    model = next(path for path in folder.rglob("*.bin") if path.name.startswith("model"))
    with model.open("r+b") as file:
        file.seek(500)
        file.write(b"\xff\xff")
    with pytest.raises(BrokenModel, match="missing or has changed"):
        type(case.engine)(folder).load()  # type: ignore[call-arg]


def test_model_that_is_no_model_is_one_sentence(case: Case, models_dir: Path, tmp_path: Path) -> None:
    source = next(models_dir / row[1] for row in ENGINES.values() if row[2] == case.pair)
    folder = tmp_path / source.name
    shutil.copytree(source, folder)
    next(path for path in folder.rglob("*.bin") if path.name.startswith("model")).write_bytes(b"not a model")
    manifest = read_manifest(source)
    from dataclasses import replace

    write_manifest(folder, replace(manifest, files=hash_files(folder)))
    with pytest.raises(BrokenModel, match="does not load"):
        type(case.engine)(folder).load()  # type: ignore[call-arg]


def test_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    for made in (ArgosEngine, FirefoxEngine):
        with pytest.raises(BrokenModel, match="no readable manifest"):
            made(tmp_path)


def test_underscores_survive_where_argos_own_library_turns_them_into_spaces(models_dir: Path) -> None:
    engine = ArgosEngine(models_dir / "argos-en-ja-0.1")
    engine.load()
    assert engine._text(engine._pieces.encode("a_b", out_type=str)) == "a_b"


def test_careful_search_offers_alternatives_where_the_engine_can(models_dir: Path) -> None:
    engine = ArgosEngine(models_dir / "argos-ja-en-0.1")
    (output,) = engine.translate_batch(["受付は午前9時から午後5時までです。"], ("ja", "en"), careful=True)
    assert len(output.others) == 3
    assert all((other.score or 0) <= (output.score or 0) + 0.5 for other in output.others)
