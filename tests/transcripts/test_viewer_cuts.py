"""Connections that break at any byte: a small share of what `benchmarks/captions/cuts.py` does a thousand times."""

from __future__ import annotations

import random

from benchmarks.captions.cuts import Faults, Reader, Words, cut_source, cut_viewers, frame
from benchmarks.captions.viewers import summary
from tests.transcripts.conftest import Build, Running, speech
from transcripts.hub import HubOptions

SECONDS = 13.0


async def test_viewers_that_are_cut_get_every_caption_once_and_in_order(build: Build) -> None:
    site = await build(hub_options=HubOptions(poll_s=0.2))
    faults, cuts = await cut_viewers(site.service, port(site), cuts=60, readers=6, captions=40)
    assert (faults, cuts) == (Faults(), 60)


async def test_viewers_that_are_cut_under_small_buffers_lose_nothing_either(build: Build) -> None:
    """The hub cuts some of them as well, and writes to one at a time."""
    options = HubOptions(poll_s=0.2, viewer_buffer=0, partial_buffer=0, slice=1)
    site = await build(hub_options=options)
    faults, cuts = await cut_viewers(site.service, port(site), cuts=30, readers=5, captions=30, seed=7)
    assert (faults, cuts) == (Faults(), 30)


async def test_source_that_is_cut_loses_and_doubles_no_word(build: Build) -> None:
    site = await build(seconds=SECONDS)
    said = [word for word in speech(SECONDS).words if word.end <= SECONDS]
    words = await cut_source(site.service, port(site), speech(SECONDS).pcm, said, cuts=25)
    assert words == Words(said=len(said), cuts=25)


def port(site: Running) -> int:
    assert site.server.port is not None
    return site.server.port


def reader(*captions: tuple[int, int, int, str]) -> Reader:
    """A viewer that saw these captions: number, segment, revision, text."""
    seen = Reader(0, "m", random.Random(1))
    for number, seq, rev, text in captions:
        seen.numbers.append(number)
        seen.captions.append({"seq": seq, "rev": rev, "text": text})
    return seen


def test_correction_that_follows_its_caption_is_no_fault() -> None:
    faults = Faults()
    faults.add(reader((1, 1, 1, "a"), (2, 2, 1, "b"), (3, 1, 2, "A")), {1: (2, "A"), 2: (1, "b")})
    assert faults == Faults()


def test_correction_that_did_not_arrive_is_missing() -> None:
    faults = Faults()
    faults.add(reader((1, 1, 1, "a")), {1: (2, "A")})
    assert faults == Faults(missing=1)


def test_caption_shown_twice_is_doubled_and_out_of_order() -> None:
    faults = Faults()
    faults.add(reader((1, 1, 1, "a"), (1, 1, 1, "a")), {1: (1, "a")})
    assert faults == Faults(doubled=1, out_of_order=1)


def test_older_revision_after_a_newer_one_is_out_of_order() -> None:
    faults = Faults()
    faults.add(reader((1, 1, 2, "A"), (2, 1, 1, "a")), {1: (1, "a")})
    assert faults == Faults(out_of_order=1)


def test_words_that_are_missing_or_doubled_are_counted_with_an_example() -> None:
    words = Words()
    words.add(["one", "two", "three"], ["one", "one", "three"])
    assert words == Words(said=3, missing=1, doubled=1, examples=["'two' → 'one'"])


def test_events_that_came_in_part_are_not_seen() -> None:
    seen = reader()
    rest = seen._take(b'id: 4\nevent: caption\ndata: {"seq": 1}\n\nid: 5\nevent: capt')
    assert (seen.last, seen.numbers, rest) == (4, [4], b"id: 5\nevent: capt")


def test_frame_is_masked_as_clients_must() -> None:
    assert frame(0x1, b"hi") == b"\x81\x82\x00\x00\x00\x00hi"
    assert frame(0x2, b"x" * 200)[:8] == b"\x82\xfe\x00\xc8\x00\x00\x00\x00"


def test_percentiles_are_those_of_the_slowest_share() -> None:
    delays = [each / 1000 for each in range(1, 101)]
    assert summary(delays) == {"p50": 50.0, "p95": 95.0, "p99": 99.0, "max": 100.0}
