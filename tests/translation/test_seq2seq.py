"""Models of the third kind: the tokens that each family wants, on models made by hand that really translate."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.translation.tiny_model import (
    PAIRS,
    STYLES,
    TOKENS,
    Style,
    likely_score,
    note,
    renew_manifest,
    write_model,
)
from translation.engine import Pair
from translation.engines.ctranslate import DecodingOptions, Frame
from translation.engines.seq2seq import Seq2SeqEngine
from translation.errors import BrokenModel
from translation.manifest import read_manifest

SAID: dict[Pair, tuple[str, str]] = {
    ("en", "ja"): ("hello city hall card", "こんにちは 市 役所 カード"),
    ("en", "pt-BR"): ("hello tax", "olá imposto"),
    ("ja", "en"): ("市 役所 税", "city hall tax"),
    ("pt-BR", "en"): ("olá cidade", "hello city"),
}


@pytest.fixture(params=STYLES)
def style(request: pytest.FixtureRequest) -> Style:
    found: Style = request.param
    return found


@pytest.fixture
def engine(style: Style, tiny_dir: Path) -> Seq2SeqEngine:
    return Seq2SeqEngine(tiny_dir / f"seq2seq-{style}")


def translate(engine: Seq2SeqEngine, text: str, pair: Pair) -> str:
    return engine.translate_batch([text], [pair])[0].text


def copy(tiny_dir: Path, tmp_path: Path, text: str) -> Path:
    """A model with another model.toml."""
    folder = Path(shutil.copytree(tiny_dir / "seq2seq-m2m100", tmp_path / "copy"))
    (folder / "model.toml").write_text(text, "utf-8")
    renew_manifest(folder, read_manifest(folder))
    return folder


def test_model_takes_its_name_and_pairs_from_its_folder(engine: Seq2SeqEngine, style: Style) -> None:
    assert engine.name == f"tiny-{style}"
    assert engine.pairs == frozenset(PAIRS)


@pytest.mark.parametrize("pair", PAIRS)
def test_each_pair_is_translated_into_its_language(engine: Seq2SeqEngine, pair: Pair) -> None:
    text, expected = SAID[pair]
    assert translate(engine, text, pair) == expected


def test_pairs_may_be_mixed_in_one_batch(engine: Seq2SeqEngine) -> None:
    assert engine.mixes_pairs
    outputs = engine.translate_batch([SAID[pair][0] for pair in PAIRS], PAIRS)
    assert [output.text for output in outputs] == [SAID[pair][1] for pair in PAIRS]


def test_same_word_goes_into_the_language_asked_for(engine: Seq2SeqEngine) -> None:
    outputs = engine.translate_batch(["card", "card"], [("en", "ja"), ("en", "pt-BR")])
    assert [output.text for output in outputs] == ["カード", "cartão"]


def test_batch_says_the_same_as_single_sentences(engine: Seq2SeqEngine) -> None:
    texts = ["card", "hello city hall card tax", "ok", "hello hello hello"]
    together = engine.translate_batch(texts, [("en", "ja")] * 4)
    alone = [engine.translate_batch([text], [("en", "ja")])[0] for text in texts]
    assert [output.text for output in together] == [output.text for output in alone]
    assert [output.score for output in together] == pytest.approx(
        [output.score for output in alone], abs=1e-4
    )


def test_no_language_token_shows_in_the_output(engine: Seq2SeqEngine, style: Style) -> None:
    outputs = engine.translate_batch(["hello", "zebra", ""], [("en", "ja")] * 3, careful=True)
    texts = [said.text for output in outputs for said in (output, *output.others)]
    assert not any(token in text for text in texts for token in TOKENS[style].values())


def test_unknown_word_is_marked_in_its_place(engine: Seq2SeqEngine) -> None:
    assert translate(engine, "hello zebra ok", ("en", "ja")).split() == ["こんにちは", "⁇", "ok"]


@pytest.mark.parametrize("text", ["hello", "hello city", "hello city hall card tax ok"])
def test_score_is_the_mean_over_what_was_chosen_whatever_the_length(engine: Seq2SeqEngine, text: str) -> None:
    (output,) = engine.translate_batch([text], [("en", "ja")])
    assert output.score == pytest.approx(likely_score(), abs=5e-3)


def test_score_is_the_mean_with_another_length_penalty(tiny_dir: Path, style: Style) -> None:
    engine = Seq2SeqEngine(tiny_dir / f"seq2seq-{style}", DecodingOptions(length_penalty=0.2))
    (output,) = engine.translate_batch(["hello city hall"], [("en", "ja")])
    assert output.score == pytest.approx(likely_score(), abs=5e-3)


def test_careful_search_offers_alternatives(engine: Seq2SeqEngine) -> None:
    (output,) = engine.translate_batch(["hello city"], [("en", "ja")], careful=True)
    assert output.text == "こんにちは 市"
    assert len(output.others) == 3
    assert all((other.score or 0) < (output.score or 0) for other in output.others)


def test_long_input_is_cut_to_the_limit(tiny_dir: Path) -> None:
    engine = Seq2SeqEngine(tiny_dir / "seq2seq-m2m100", DecodingOptions(longest_input=3))
    assert translate(engine, "hello city hall card tax", ("en", "ja")) == "こんにちは 市 役所"


def test_two_vocabularies_are_read_for_their_sides(tmp_path: Path) -> None:
    engine = Seq2SeqEngine(write_model(tmp_path / "opus", "opus", two_vocabularies=True))
    assert translate(engine, "hello tax", ("en", "pt-BR")) == "olá imposto"
    assert engine._source is not engine._target


def test_frames_are_those_of_the_family(tiny_dir: Path) -> None:
    frames = {}
    for style in STYLES:
        engine = Seq2SeqEngine(tiny_dir / f"seq2seq-{style}")
        frames[style] = engine.layout().frames["en", "ja"]
    assert frames == {
        "m2m100": Frame(("__en__",), ("</s>",), ("__ja__",)),
        "nllb": Frame((), ("</s>", "eng_Latn"), ("jpn_Jpan",)),
        "opus": Frame((">>jpn<<",), ("</s>",), ()),
    }


def test_missing_note_is_one_sentence(tiny_dir: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_dir / "seq2seq-opus", tmp_path / "copy"))
    (folder / "model.toml").unlink()
    with pytest.raises(BrokenModel, match=r"no readable model\.toml"):
        Seq2SeqEngine(folder)


@pytest.mark.parametrize("text", ["name = [", "\x00", "a" * (65 << 10)])
def test_unreadable_note_is_one_sentence(tiny_dir: Path, tmp_path: Path, text: str) -> None:
    with pytest.raises(BrokenModel, match=r"no readable model\.toml"):
        Seq2SeqEngine(copy(tiny_dir, tmp_path, text))


@pytest.mark.parametrize("name", ["", "a b", "../up", "x" * 61, "a+b"])
def test_name_that_would_confuse_is_refused(tiny_dir: Path, tmp_path: Path, name: str) -> None:
    text = note("m2m100").replace('"tiny-m2m100"', f'"{name}"')
    with pytest.raises(BrokenModel, match="no usable name"):
        Seq2SeqEngine(copy(tiny_dir, tmp_path, text))


def test_language_that_the_note_forgets_is_named(tiny_dir: Path, tmp_path: Path) -> None:
    text = note("m2m100").replace('ja = ["__ja__"], ', "")
    with pytest.raises(BrokenModel, match="lacks the language ja"):
        Seq2SeqEngine(copy(tiny_dir, tmp_path, text)).load()


def test_tokens_that_are_no_list_are_refused(tiny_dir: Path, tmp_path: Path) -> None:
    text = note("m2m100").replace('["</s>"]', '"</s>"')
    with pytest.raises(BrokenModel, match="source_suffix of “copy” is no list"):
        Seq2SeqEngine(copy(tiny_dir, tmp_path, text)).load()
