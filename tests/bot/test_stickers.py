"""What stickers say."""

from __future__ import annotations

import pytest

from bot.stickers import MOODS, mood


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        (["Thank you", "bow", "polite"], "thanks"), (["cry", "sad", "tears", "bye"], "sad"), (["OK", "yes"], "ok"),
        (["good morning"], "hello"), (["sleepy"], "bye"), (["angry"], "angry"), (["love", "heart"], "happy"),
        (["sorry", "cry"], "sorry"), (["cony"], ""), ([], ""), (["not sad"], ""),
    ],
)  # fmt: skip
def test_keywords_tell_the_mood(keywords: list[str], said: str) -> None:
    assert mood(keywords) == said


def test_no_keyword_has_two_moods() -> None:
    words = [word for words in MOODS.values() for word in words]
    assert len(words) == len(set(words))
