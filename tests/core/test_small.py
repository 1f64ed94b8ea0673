"""Ids, the clock, errors and metrics."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest

from core import errors
from core.clock import ManualClock, SystemClock
from core.ids import digest, new_id, new_secret
from core.metrics import counter, exposition, gauge, histogram


def test_id_is_a_random_uuid_in_the_form_that_line_wants() -> None:
    made = new_id()

    assert str(uuid.UUID(made)) == made
    assert uuid.UUID(made).version == 4
    assert len({new_id() for _ in range(1000)}) == 1000


def test_secret_has_256_bits_that_fit_into_an_address() -> None:
    secret = new_secret()

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", secret)
    assert len({new_secret() for _ in range(1000)}) == 1000
    assert len(new_secret(128)) == 22


def test_digest_is_sha_256() -> None:
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock()
    moment, mark = clock.now(), clock.monotonic()

    assert (clock.now(), clock.monotonic()) == (moment, mark)
    clock.advance(90)
    assert clock.now() - moment == dt.timedelta(seconds=90)
    assert clock.monotonic() - mark == 90


def test_manual_clock_starts_where_it_is_told() -> None:
    start = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)

    assert ManualClock(start).now() == start


def test_system_clock_tells_aware_moments_in_utc() -> None:
    clock = SystemClock()

    assert clock.now().utcoffset() == dt.timedelta(0)
    assert clock.monotonic() <= clock.monotonic()


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (errors.AppError, 500, "error"),
        (errors.InvalidInput, 400, "invalid_input"),
        (errors.NotAuthorised, 403, "not_authorised"),
        (errors.NotFound, 404, "not_found"),
        (errors.Conflict, 409, "conflict"),
        (errors.TooLarge, 413, "too_large"),
        (errors.Busy, 429, "busy"),
        (errors.Unavailable, 503, "unavailable"),
    ],
)
def test_error_has_a_sentence_a_code_and_a_status(
    kind: type[errors.AppError], status: int, code: str
) -> None:
    error = kind("Do this.", key="error.this", number=3)

    assert (str(error), error.code, error.status) == ("Do this.", code, status)
    assert (error.key, error.values) == ("error.this", {"number": 3})
    assert isinstance(error, errors.AppError)


def test_error_without_words_of_the_pages_has_none() -> None:
    assert (errors.NotFound("Nothing.").key, errors.NotFound("Nothing.").values) == ("", {})


def test_metrics_carry_the_name_of_the_house() -> None:
    counter("test_things", "Things", ["kind"]).labels("good").inc(2)
    gauge("test_level", "Level").set(3)
    histogram("test_seconds", "Seconds").observe(0.3)

    lines = exposition().decode().splitlines()

    assert 'madoguchi_test_things_total{kind="good"} 2.0' in lines
    assert "madoguchi_test_level 3.0" in lines
    assert 'madoguchi_test_seconds_bucket{le="0.25"} 0.0' in lines
    assert 'madoguchi_test_seconds_bucket{le="0.5"} 1.0' in lines


def test_metric_cannot_be_defined_twice() -> None:
    counter("test_single", "Single")

    with pytest.raises(ValueError, match="Duplicated"):
        counter("test_single", "Single")
