from __future__ import annotations

from collections.abc import Callable

import pytest

from translation.lanes import LANES, PATIENCE, Waiting, WaitingRoom
from translation.model import Lane

Room = WaitingRoom[str]


def put(room: Room, group: str, lane: Lane, *lengths: int) -> list[Waiting[str]]:
    made = [Waiting(group, length, lane) for length in lengths]
    for waiting in made:
        room.add(waiting)
    return made


def up_to(limit: int) -> Callable[[str, Lane], int]:
    return lambda group, lane: limit


def lengths(batch: list[Waiting[str]]) -> list[int]:
    return sorted(waiting.length for waiting in batch)


@pytest.fixture
def room() -> Room:
    return WaitingRoom(window=128)


def test_empty_room_has_no_batch(room: Room) -> None:
    assert room.take(up_to(4)) == []


def test_urgent_lanes_go_first_and_are_not_mixed(room: Room) -> None:
    for lane in reversed(LANES):
        put(room, "a", lane, 1, 2)
    assert [room.take(up_to(8))[0].lane for _ in LANES] == list(LANES)


def test_groups_are_not_mixed(room: Room) -> None:
    put(room, "a", "chat", 1)
    put(room, "b", "chat", 2)
    put(room, "a", "chat", 3)
    assert [lengths(room.take(up_to(8))) for _ in range(2)] == [[1, 3], [2]]


def test_oldest_sentence_of_a_lane_decides_which_group_goes(room: Room) -> None:
    put(room, "b", "chat", 1)
    put(room, "a", "chat", 2, 3, 4, 5)
    assert room.take(up_to(8))[0].group == "b"


def test_group_that_may_not_go_lets_the_next_one_go(room: Room) -> None:
    put(room, "a", "chat", 1)
    put(room, "b", "chat", 2)
    assert room.take(lambda group, lane: 0 if group == "a" else 8)[0].group == "b"
    assert room.size("chat") == 1


def test_backlog_is_grouped_by_length_around_the_oldest(room: Room) -> None:
    put(room, "a", "chat", 10, 90, 11, 92, 9, 91)
    assert lengths(room.take(up_to(3))) == [9, 10, 11]
    assert lengths(room.take(up_to(3))) == [90, 91, 92]


def test_odd_length_does_not_keep_a_sentence_waiting_forever(room: Room) -> None:
    (odd,) = put(room, "a", "chat", 500)
    put(room, "a", "chat", *[10] * 20)
    assert odd in room.take(up_to(4))


def test_every_sentence_goes_within_as_many_batches_as_were_before_it(room: Room) -> None:
    put(room, "a", "bulk", *[10] * 50)
    (odd,) = put(room, "a", "bulk", 500)
    gone = 0
    while odd not in room.take(up_to(4)):
        gone += 1
        put(room, "a", "bulk", *[10] * 4)
    assert gone <= 50


def test_only_a_window_of_the_backlog_is_compared(room: Room) -> None:
    small: Room = WaitingRoom(window=4)
    put(small, "a", "bulk", 10, 90, 91, 92, 10, 10)
    assert lengths(small.take(up_to(2))) == [10, 90]


@pytest.mark.parametrize("lane", ["chat", "bulk"])
def test_lane_that_was_passed_over_often_enough_goes_first(room: Room, lane: Lane) -> None:
    put(room, "a", lane, 1)
    order: list[Lane] = []
    while lane not in order:
        put(room, "a", "live", 1)
        order.append(room.take(up_to(1))[0].lane)
    assert len(order) == PATIENCE[lane] + 1


def test_shares_of_the_lanes_under_full_load_are_bounded(room: Room) -> None:
    counts = dict.fromkeys(LANES, 0)
    for _ in range(800):
        for lane in LANES:
            if room.size(lane) == 0:
                put(room, "a", lane, 1)
        counts[room.take(up_to(1))[0].lane] += 1
    assert counts["bulk"] >= 800 // (PATIENCE["bulk"] + 1) - 1
    assert counts["chat"] >= 800 // (PATIENCE["chat"] + 2) - 1
    assert counts["live"] > 400


def test_lane_with_nobody_in_it_gains_no_right_of_way(room: Room) -> None:
    for _ in range(20):
        put(room, "a", "live", 1)
        room.take(up_to(1))
    put(room, "a", "bulk", 1)
    put(room, "a", "live", 1)
    assert room.take(up_to(1))[0].lane == "live"


def test_late_lane_that_may_not_go_does_not_hold_the_others(room: Room) -> None:
    put(room, "a", "bulk", 1)
    for _ in range(30):
        put(room, "a", "live", 1)
        assert room.take(lambda group, lane: 0 if lane == "bulk" else 1)[0].lane == "live"
    assert room.is_late("bulk")


def test_sentence_that_leaves_is_not_taken(room: Room) -> None:
    first, second = put(room, "a", "chat", 1, 2)
    room.remove(first)
    assert room.take(up_to(8)) == [second]
    assert room.groups() == set()


def test_sentence_can_change_its_lane(room: Room) -> None:
    put(room, "a", "chat", 1)
    (moved,) = put(room, "a", "bulk", 2)
    room.move(moved, "live")
    assert room.take(up_to(8)) == [moved]
    assert (room.size("bulk"), room.size("live"), room.size("chat")) == (0, 0, 1)


def test_sizes_follow_what_happens(room: Room) -> None:
    put(room, "a", "bulk", 1, 2, 3)
    put(room, "b", "bulk", 4)
    assert room.size("bulk") == 4
    assert room.groups() == {"a", "b"}
    room.take(up_to(2))
    assert room.size("bulk") == 2
