"""Captions set for readers: lines, blocks, times."""

from __future__ import annotations

import re
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from transcripts.breaks import weight
from transcripts.lines import GAP_S, break_lines, reading, time_blocks
from translation.languages import languages

TAGS = list(languages())


def flat(text: str, tag: str) -> list[str]:
    return [line for block in break_lines(text, tag) for line in block]


@pytest.mark.parametrize(
    ("tag", "text", "lines"),
    [
        ("en", "The school opens at 9.", ["The school opens at 9."]),
        (
            "en",
            "Welcome to the briefing for parents of new pupils at Aoba Elementary School.",
            ["Welcome to the briefing for parents", "of new pupils at Aoba Elementary School."],
        ),
        (
            "pt-BR",
            "Bem-vindos à reunião para os pais dos novos alunos da escola primária de Aoba.",
            ["Bem-vindos à reunião para os pais dos", "novos alunos da escola primária de Aoba."],
        ),
        (
            "ja",
            "本日は市立あおば小学校の入学説明会にお集まりいただき、ありがとうございます。",
            ["本日は市立あおば", "小学校の入学説明会に", "お集まりいただき、", "ありがとうございます。"],
        ),
        (
            "ja",
            "入学式は4月7日の午前9時30分から、体育館で行います。",
            ["入学式は4月7日の", "午前9時30分から、", "体育館で行います。"],
        ),
        (
            "zh-Hans",
            "欢迎参加青叶小学的入学说明会，谢谢大家。",
            ["欢迎参加青叶小学的", "入学说明会，谢谢大家。"],
        ),
        ("ko", "오늘은 아오바 초등학교 입학 설명회입니다.", ["오늘은 아오바 초등학교", "입학 설명회입니다."]),
    ],
)
def test_lines_are_as_a_person_would_break_them(tag: str, text: str, lines: list[str]) -> None:
    assert flat(text, tag) == lines


def test_empty_text_has_no_lines() -> None:
    assert [break_lines(text, "ja") for text in ("", "  ", "\u3000\n")] == [(), (), ()]


@pytest.mark.parametrize("piece", ["4,500", "４，５００", "03-1234-5678", "2026/04/07", "9:30", "3.14"])
def test_number_is_never_cut(piece: str) -> None:
    for before in range(12, 17):
        assert any(
            piece in line
            for line in flat("あ" * before + piece + "円ですのでよろしくお願いいたします。", "ja")
        )


def test_address_of_a_page_is_never_cut() -> None:
    url = "https://www.city.aoba.example.jp/school/2026/nyugaku-an-nai"
    assert any(url in line for line in flat(f"詳しくは{url}をご覧ください。", "ja"))
    assert any(url in line for line in flat(f"For the details see {url} and write to us.", "en"))


def test_katakana_word_is_not_cut_where_that_can_be_avoided() -> None:
    lines = flat("本日はインフォメーションセンターにお越しいただきありがとうございます。", "ja")
    assert any("インフォメーションセンター" in line for line in lines)


def test_katakana_word_longer_than_a_line_is_cut() -> None:
    assert flat("ア" * 20, "ja") == ["ア" * 10, "ア" * 10]


def test_single_short_word_does_not_stand_alone() -> None:
    lines = flat("You can put your questions to all of us now.", "en")
    assert min(len(line) for line in lines) > 15


def test_upper_line_is_not_the_longer_one_without_need() -> None:
    ((upper, lower),) = break_lines("aaaa aaaa aaaa aaaa aaaa aaaa aaaa aaaa aaaa aaaa aaaa", "tr")
    assert len(upper) <= len(lower)


def test_article_does_not_end_a_line() -> None:
    assert not flat("Please bring the form with you to the office of the school today.", "en")[0].endswith(
        " the"
    )


def test_french_mark_does_not_begin_a_line() -> None:
    for count in range(6, 12):
        lines = flat("mot " * count + "vraiment ? Oui, la réunion commence bientôt.", "fr")
        assert [line for line in lines if line.startswith("?")] == []


@pytest.mark.parametrize("tag", ["th", "my", "km"])
def test_vowel_signs_stay_with_their_letters(tag: str) -> None:
    text = {
        "th": "ยินดีต้อนรับสู่การประชุมชี้แจงสำหรับผู้ปกครองของนักเรียนใหม่",
        "my": "အာအိုဘာမူလတန်းကျောင်း၏ကျောင်းသားသစ်များ၏မိဘများအတွက်",
        "km": "សូមស្វាគមន៍មកកាន់កិច្ចប្រជុំសម្រាប់ឪពុកម្តាយរបស់សិស្សថ្មីនៃសាលាបឋមសិក្សាអាអូបា",
    }[tag]
    lines = flat(text, tag)
    assert len(lines) == 2
    assert not unicodedata.category(lines[1][0]).startswith("M")
    assert "".join(lines) == text


TEXTS = st.one_of(
    st.text(max_size=120),
    st.text(alphabet="あいうえおカタカナー、。「」漢字会議日本語9０,.-ab ", max_size=160),
    st.text(alphabet="abcdefg ,.!?-'\"()0123456789éç", max_size=260),
    st.text(alphabet="กขคงเแะาำิ่้ๆ ฯ", max_size=120),
    st.text(alphabet="ကခဂါာိ္်း၏။ ", max_size=120),
    st.text(alphabet="가나다라마 바사.", max_size=120),
)


def without_spaces(text: str) -> str:
    return regex.sub(r"[^\S\u00a0\u2007\u202f]+", "", text)


@given(TEXTS, st.sampled_from(TAGS))
def test_nothing_is_lost_and_nothing_is_added(text: str, tag: str) -> None:
    assert without_spaces("".join(flat(text, tag))) == without_spaces(text)


@given(TEXTS, st.sampled_from(TAGS))
def test_only_spaces_between_lines_are_left_out(text: str, tag: str) -> None:
    """Every line stands in the text as it is, once runs of spaces are one."""
    rest = regex.sub(
        r"[^\S\u00a0\u2007\u202f]+", lambda run: "\u3000" if run.group() == "\u3000" else " ", text
    )
    for line in flat(text, tag):
        rest = rest.lstrip(" \u3000")
        assert rest.startswith(line)
        rest = rest[len(line) :]
    assert rest.strip(" \u3000") == ""


@given(TEXTS, st.sampled_from(TAGS))
def test_no_line_is_too_long_unless_it_cannot_be_broken(text: str, tag: str) -> None:
    rules = reading(tag)
    for block in break_lines(text, tag):
        assert len(block) in (1, 2)
        for line in block:
            if weight(line, wide=rules.wide) > rules.line * 2:
                assert flat(line, tag) == [line]  # one piece


@given(st.text(alphabet="日本語のぶんしょうカナ、。「」っゃー", max_size=200))
def test_no_japanese_line_begins_or_ends_with_what_may_not(text: str) -> None:
    lines = flat(text, "ja")
    assert [line for line in lines[1:] if line[0] in "、。」っゃー"] == []
    assert [line for line in lines[:-1] if line[-1] == "「"] == []


# Times


def test_end_moves_into_the_pause_for_slow_readers() -> None:
    (block,) = time_blocks("給食費は月額四千五百円です。", "ja", start=10.0, end=11.0, next_start=20.0)
    assert (block.start, block.end, block.too_fast) == (10.0, 12.0, False)


def test_end_keeps_away_from_the_next_caption_and_marks_what_is_too_fast() -> None:
    (block,) = time_blocks("給食費は月額四千五百円です。", "ja", start=10.0, end=11.0, next_start=11.5)
    assert (block.end, block.too_fast) == (11.5 - GAP_S, True)


def test_caption_is_kept_seven_seconds_at_most_for_slow_readers() -> None:
    blocks = time_blocks("a" * 200, "pt-BR", start=0.0, end=1.0)
    assert (len(blocks), blocks[0].end) == (1, 7.0)


def test_time_of_speech_is_never_cut_short() -> None:
    (block,) = time_blocks("Yes.", "en", start=1.0, end=12.0, next_start=12.0)
    assert block.end == 12.0


def test_blocks_share_the_time_by_their_length() -> None:
    blocks = time_blocks("あ" * 48, "ja", start=0.0, end=9.0, next_start=9.0)
    assert [(sum(map(len, block.lines)), block.start, block.end) for block in blocks] == [
        (32, 0.0, 6.0),
        (16, 6.0, 9.0),
    ]


@given(
    TEXTS, st.sampled_from(TAGS), st.floats(0, 36_000), st.floats(-5, 30), st.none() | st.floats(0, 36_100)
)
def test_times_never_run_backwards(
    text: str, tag: str, start: float, length: float, follows: float | None
) -> None:
    blocks = time_blocks(text, tag, start=start, end=start + length, next_start=follows)
    times = [moment for block in blocks for moment in (block.start, block.end)]
    assert times == sorted(times)
    assert tuple(block.lines for block in blocks) == break_lines(text, tag)
    if blocks:
        assert (blocks[0].start, blocks[-1].end >= start + length) == (start, True)


def test_every_served_language_has_rules() -> None:
    wide = {tag for tag in TAGS if reading(tag).wide}
    assert wide == {"ja", "ja-Hira", "zh-Hans", "zh-Hant", "ko"}
    assert [
        tag for tag in TAGS if not (7 <= reading(tag).speed <= 20 and 16 <= reading(tag).line <= 42)
    ] == []


def test_very_long_text_without_spaces_is_set_whole() -> None:
    text = "あ" * 1000
    assert re.sub("あ+", "", "".join(flat(text, "ja"))) == ""
    assert max(len(line) for line in flat(text, "ja")) == 16
