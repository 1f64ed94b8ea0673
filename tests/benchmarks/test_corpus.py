"""Held-out lines, and chrF over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.translate.bench import NotMeasured
from benchmarks.translate.corpus import EVERY, is_set_aside, normal, others, set_aside

TEXTS = [f"これは{number}番目の文です。" for number in range(2000)]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rows = [f"{text}\tThis is sentence {number}." for number, text in enumerate(TEXTS)]
    (tmp_path / "municipal.ja-en.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    return tmp_path


def test_about_one_line_in_twenty_is_set_aside() -> None:
    assert 60 < sum(map(is_set_aside, TEXTS)) < 2 * 2000 / EVERY


def test_the_rule_does_not_depend_on_width_case_or_spaces() -> None:
    assert [is_set_aside(text) for text in TEXTS] == [
        is_set_aside(f" {text} ".replace("0", "０")) for text in TEXTS
    ]
    assert normal("ＡＢ c　１") == "abc1"


def test_a_line_is_on_one_side_only(corpus: Path) -> None:
    apart = {line.ja for line in set_aside(corpus, "municipal")}
    rest = {line.ja for line in others(corpus, "municipal")}

    assert apart & rest == set()
    assert apart | rest == set(TEXTS)


def test_the_order_is_the_same_each_time(corpus: Path) -> None:
    assert set_aside(corpus, "municipal") == set_aside(corpus, "municipal")


def test_a_line_that_shares_a_side_with_a_held_out_one_is_not_among_the_others(corpus: Path) -> None:
    held_out = set_aside(corpus, "municipal")[0]
    twin = next(f"{text}！" for text in TEXTS if not is_set_aside(f"{text}！"))
    with (corpus / "municipal.ja-en.tsv").open("a", encoding="utf-8") as file:
        file.write(f"{twin}\t{held_out.en}\n")

    assert twin not in {line.ja for line in others(corpus, "municipal")}


def test_quotes_are_part_of_the_text(tmp_path: Path) -> None:
    held_out = next(text for text in (f'「{number}」"と' for number in range(200)) if is_set_aside(text))
    (tmp_path / "public.ja-en.tsv").write_text(f'{held_out}\t"Yes\n', "utf-8")

    assert [(line.ja, line.en) for line in set_aside(tmp_path, "public")] == [(held_out, '"Yes')]


def test_a_missing_corpus_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(NotMeasured, match="--corpus"):
        set_aside(tmp_path, "public")


def test_the_difference_of_two_sides_has_an_interval_round_it() -> None:
    pytest.importorskip("sacrebleu", reason="sacrebleu is missing; run `make test`")
    from benchmarks.translate.chrf import compare, score

    references = [f"Please bring form {number} to the counter." for number in range(60)]
    worse = [text.replace("counter", "window") for text in references]

    found = compare(references, worse, references)

    assert (found["ours"], found["same_text_percent"]) == (100.0, 0.0)
    assert found["raw"] == round(score(worse, references), 2)
    assert found["difference"] == round(found["ours"] - score(worse, references), 2)
    assert found["interval_95"][0] < found["difference"] < found["interval_95"][1]


def test_the_same_translations_do_not_differ() -> None:
    pytest.importorskip("sacrebleu", reason="sacrebleu is missing; run `make test`")
    from benchmarks.translate.chrf import compare

    texts = ["市役所はどこですか。", "図書館は休みです。"]

    found = compare(texts, texts, ["市役所はどこ？", "図書館は休館です。"])

    assert (found["difference"], found["interval_95"], found["same_text_percent"]) == (0.0, [0.0, 0.0], 100.0)
