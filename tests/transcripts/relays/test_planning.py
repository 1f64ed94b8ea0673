"""Which captions go out next."""

from __future__ import annotations

import datetime as dt

from transcripts.relays.model import Spoken
from transcripts.relays.planning import Plan, PlanOptions, plan

NOW = dt.datetime(2026, 11, 2, 0, 30, tzinfo=dt.UTC)


def caption(seq: int, *, lang: str = "en", age_s: float = 1.0) -> Spoken:
    at = NOW - dt.timedelta(seconds=age_s)
    return Spoken(seq=seq, lang=lang, text=f"{lang}{seq}", said_at=at, ready_at=at)


def chosen(*captions: Spoken, last_seq: int = 0, languages: tuple[str, ...] = ("en",)) -> Plan:
    return plan(captions, languages, last_seq=last_seq, now=NOW, options=PlanOptions())


def test_nothing_new_leaves_everything_as_it_is() -> None:
    assert chosen(last_seq=3) == Plan(next=None, late=0, crowded=0, last_seq=3)


def test_the_earliest_segment_is_next_whatever_the_order_of_rows() -> None:
    assert chosen(caption(2), caption(1)).next == caption(1)


def test_segment_before_the_last_one_is_never_taken_up_again() -> None:
    assert chosen(caption(2), caption(3), last_seq=3) == Plan(next=None, late=0, crowded=0, last_seq=3)


def test_four_may_wait() -> None:
    four = [caption(seq) for seq in range(1, 5)]

    assert chosen(*four) == Plan(next=caption(1), late=0, crowded=0, last_seq=1)


def test_of_five_the_newest_two_are_kept() -> None:
    five = [caption(seq) for seq in range(1, 6)]

    assert chosen(*five) == Plan(next=caption(4), late=0, crowded=3, last_seq=4)


def test_late_captions_are_left_out_and_counted_apart() -> None:
    assert chosen(caption(1, age_s=31), caption(2)) == Plan(next=caption(2), late=1, crowded=0, last_seq=2)
    assert chosen(caption(1, age_s=31), caption(2, age_s=30.5)) == Plan(
        next=None, late=2, crowded=0, last_seq=2
    )
    assert chosen(caption(1, age_s=30)).next == caption(1, age_s=30)


def test_preferred_language_wins_for_the_same_segment() -> None:
    captions = (caption(1, lang="ja"), caption(1, lang="ja-Hira"), caption(2, lang="ja"))

    assert chosen(*captions, languages=("ja-Hira", "ja")).next == caption(1, lang="ja-Hira")
    assert chosen(*captions[::-1], languages=("ja-Hira", "ja")).next == caption(1, lang="ja-Hira")
