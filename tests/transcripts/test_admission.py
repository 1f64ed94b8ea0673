"""When one more meeting is let in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Busy
from transcripts.admission import Measured, NoRoom, admit

QUIET = Measured(capacity=20, final_wait_s=0.0)


def refused(live: int, *, most: int = 6, measured: Measured = QUIET) -> str:
    """Why it is refused; empty when it is let in."""
    try:
        admit(live, most=most, promise_s=6.0, measured=measured)
    except NoRoom as error:
        return error.reason
    return ""


def test_meetings_are_let_in_up_to_the_limit() -> None:
    assert [refused(live, most=6) for live in (0, 5, 6, 7)] == ["", "", "limit", "limit"]


def test_limit_holds_however_cheap_recognition_is() -> None:
    assert refused(1, most=1, measured=Measured(capacity=1_000_000, final_wait_s=0.0)) == "limit"


def test_measured_cost_refuses_before_the_limit() -> None:
    assert [refused(live, measured=Measured(capacity=3, final_wait_s=0.0)) for live in (2, 3)] == ["", "cost"]


def test_nobody_is_let_in_while_captions_are_late() -> None:
    late, nearly = (Measured(capacity=20, final_wait_s=wait_s) for wait_s in (3.1, 2.9))
    assert [refused(1, measured=late), refused(1, measured=nearly)] == ["late", ""]


@given(st.integers(0, 5), st.floats(0, 100))
def test_first_meeting_is_let_in_on_the_slowest_machine(capacity: int, wait_s: float) -> None:
    assert refused(0, measured=Measured(capacity=capacity, final_wait_s=wait_s)) == ""


@given(st.integers(0, 30), st.integers(1, 20), st.integers(0, 20), st.floats(0, 20))
def test_where_one_more_is_refused_two_more_are_too(
    live: int, most: int, capacity: int, wait_s: float
) -> None:
    measured = Measured(capacity=capacity, final_wait_s=wait_s)
    if refused(live, most=most, measured=measured):
        assert refused(live + 1, most=most, measured=measured)


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [
        (QUIET, "This machine captions at most 4 meetings at once; end another one first."),
        (
            Measured(capacity=3, final_wait_s=0.0),
            "This machine has no time left to caption more than the 3 meetings that are live; end another one first, "
            "or set a smaller speech model.",
        ),
        (
            Measured(capacity=9, final_wait_s=5.0),
            "Captions are late already at the moment; try again in a minute, or end another meeting first.",
        ),
    ],
)
def test_refusal_is_one_sentence_that_says_what_to_do(measured: Measured, sentence: str) -> None:
    with pytest.raises(Busy) as caught:
        admit(4 if measured is QUIET else 3, most=4, promise_s=6.0, measured=measured)
    assert str(caught.value) == sentence
    assert caught.value.status == 429  # the sender tries again by itself
