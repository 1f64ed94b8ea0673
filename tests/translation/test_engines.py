"""One suite for every engine: what the port promises, on the starter models and on one made by hand."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.translation.tiny_model import renew_manifest
from translation.engine import Pair, TranslationEngine
from translation.engines.argos import ArgosEngine
from translation.engines.firefox import FirefoxEngine
from translation.engines.seq2seq import Seq2SeqEngine
from translation.errors import BrokenModel
from translation.manifest import read_manifest

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
    "seq2seq-m2m100": (
        Seq2SeqEngine,
        "seq2seq-m2m100",
        ("en", "ja"),
        "hello city hall",
        "こんにちは 市 役所",
    ),
    "seq2seq-opus": (Seq2SeqEngine, "seq2seq-opus", ("ja", "en"), "市 役所", "city hall"),
}


class Case:
    def __init__(
        self, folder: Path, engine: TranslationEngine, pair: Pair, sentence: str, expected: str
    ) -> None:
        self.folder, self.engine = folder, engine
        self.pair, self.sentence, self.expected = pair, sentence, expected

    def say(self, *sentences: str, careful: bool = False) -> list[str]:
        outputs = self.engine.translate_batch(sentences, [self.pair] * len(sentences), careful=careful)
        return [output.text for output in outputs]

    def copy(self, tmp_path: Path) -> Path:
        return Path(shutil.copytree(self.folder, tmp_path / self.folder.name))


@pytest.fixture(params=sorted(ENGINES))
def case(request: pytest.FixtureRequest, models_dir: Path, tiny_dir: Path) -> Iterator[Case]:
    made, name, pair, sentence, expected = ENGINES[request.param]
    folder = (tiny_dir if made is Seq2SeqEngine else models_dir) / name
    case = Case(folder, made(folder), pair, sentence, expected)
    yield case
    case.engine.unload()


def test_engine_names_its_pairs_and_a_version(case: Case) -> None:
    assert case.engine.pairs == frozenset(read_manifest(case.folder).pairs)
    assert case.pair in case.engine.pairs
    assert case.engine.version.startswith(read_manifest(case.folder).version + "+")


def test_engine_tells_its_limits(case: Case) -> None:
    assert case.engine.workers >= 1
    assert case.engine.batch >= 1
    assert case.engine.bytes_needed > 10 << 20


def test_engine_translates(case: Case) -> None:
    (text,) = case.say(case.sentence)
    assert text.startswith(case.expected)


def test_outputs_come_in_the_order_of_the_sentences(case: Case) -> None:
    alone = [case.say(sentence)[0] for sentence in ("A", case.sentence, "2")]
    assert case.say("A", case.sentence, "2")[1] == alone[1]
    assert len(alone) == 3


def test_nothing_gives_nothing(case: Case) -> None:
    assert case.engine.translate_batch([], []) == []


@pytest.mark.parametrize(
    "text", ["", " ", "?", "𠮷", "\u200b", "\ud800", "a\x00b", "a" * 2000, "。" * 300, "(" * 50]
)
def test_odd_sentences_give_one_output_each(case: Case, text: str) -> None:
    outputs = case.engine.translate_batch([text, case.sentence], [case.pair] * 2)
    assert len(outputs) == 2
    assert outputs[1].text.startswith(case.expected)


def test_careful_outputs_are_as_many_as_sentences(case: Case) -> None:
    assert len(case.say(*[case.sentence] * 3, careful=True)) == 3


def test_scores_are_none_or_logarithms(case: Case) -> None:
    (output,) = case.engine.translate_batch([case.sentence], [case.pair])
    assert output.score is None or -5.0 < output.score <= 0.0


def test_unloaded_engine_loads_again(case: Case) -> None:
    before = case.say(case.sentence)
    case.engine.unload()
    case.engine.unload()
    assert case.say(case.sentence) == before


def test_loading_twice_is_fine(case: Case) -> None:
    case.engine.load()
    case.engine.load()
    assert case.say(case.sentence)


def test_engine_works_on_any_thread(case: Case) -> None:
    case.engine.load()
    said: list[str] = []
    for _ in range(2):
        thread = threading.Thread(target=lambda: said.extend(case.say(case.sentence)))
        thread.start()
        thread.join(30)
    assert [text.startswith(case.expected) for text in said] == [True, True]


def test_engine_runs_as_many_batches_at_once_as_it_says(case: Case) -> None:
    case.engine.load()
    said: list[str] = []
    threads = [
        threading.Thread(target=lambda: said.extend(case.say(*[case.sentence] * 4)))
        for _ in range(case.engine.workers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert said == case.say(case.sentence) * (4 * case.engine.workers)


def test_changed_model_is_refused_at_load(case: Case, tmp_path: Path) -> None:
    folder = case.copy(tmp_path)
    model = next(path for path in folder.rglob("*.bin") if path.name.startswith("model"))
    with model.open("r+b") as file:
        file.seek(500)
        file.write(b"\xff\xff")
    with pytest.raises(BrokenModel, match="missing or has changed"):
        type(case.engine)(folder).load()  # type: ignore[call-arg]


def test_model_that_is_no_model_is_one_sentence(case: Case, tmp_path: Path) -> None:
    folder = case.copy(tmp_path)
    next(path for path in folder.rglob("*.bin") if path.name.startswith("model")).write_bytes(b"not a model")
    renew_manifest(folder, read_manifest(case.folder))
    with pytest.raises(BrokenModel, match="does not load"):
        type(case.engine)(folder).load()  # type: ignore[call-arg]


def test_folder_without_manifest_is_refused(case: Case, tmp_path: Path) -> None:
    folder = case.copy(tmp_path)
    (folder / "manifest.json").unlink()
    with pytest.raises(BrokenModel, match="no readable manifest"):
        type(case.engine)(folder)  # type: ignore[call-arg]


def test_underscores_survive_where_argos_own_library_turns_them_into_spaces(models_dir: Path) -> None:
    engine = ArgosEngine(models_dir / "argos-en-ja-0.1")
    engine.load()
    assert engine._target.decode(engine._source.encode("a_b", out_type=str)) == "a_b"


def test_careful_search_offers_alternatives_where_the_engine_can(models_dir: Path) -> None:
    engine = ArgosEngine(models_dir / "argos-ja-en-0.1")
    sentence = "受付は午前9時から午後5時までです。"
    (output,) = engine.translate_batch([sentence], [("ja", "en")], careful=True)
    assert len(output.others) == 3
    assert all((other.score or 0) <= (output.score or 0) + 0.5 for other in output.others)


def test_argos_package_without_metadata_is_one_sentence(models_dir: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(models_dir / "argos-ja-en-0.1", tmp_path / "argos"))
    (folder / "metadata.json").write_text("[]")
    renew_manifest(folder, read_manifest(folder))
    with pytest.raises(BrokenModel, match=r"no readable metadata\.json"):
        ArgosEngine(folder).load()


def test_firefox_folder_that_lacks_a_part_is_one_sentence(models_dir: Path, tmp_path: Path) -> None:
    for pattern, what in (("*vocab*.spm", "no vocabulary"), ("lex.*.bin", "lacks a file")):
        folder = Path(shutil.copytree(models_dir / "firefox-en-pt-BR-2.0-tiny", tmp_path / what))
        next(folder.glob(pattern)).unlink()
        renew_manifest(folder, read_manifest(folder))
        with pytest.raises(BrokenModel, match=what):
            FirefoxEngine(folder).load()
