"""Whose turn it is, without sleeping: the schedule is told the time, and the pool's model answers when it is let."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import ManualClock, SystemClock
from core.errors import Busy, Unavailable
from core.metrics import REGISTRY
from core.tasks import Tasks
from transcripts.model import Hypothesis, Word
from transcripts.pool import PoolOptions, RecogniserPool
from transcripts.pool.load import Fading, Load
from transcripts.pool.pool import SPEECH_COST
from transcripts.pool.schedule import Claim, Lane, Schedule
from transcripts.recogniser import RATE, Hints, Samples

NOW = 1000.0
SAID = Hypothesis(words=(Word(text="yes", start=0.0, end=0.5, probability=1.0),), language="en")


def lane(schedule: Schedule, *, behind: float = 0.0, meeting: bool = True) -> Lane:
    made = Lane(behind=lambda: behind, meeting=meeting)
    schedule.add(made)
    return made


def start(schedule: Schedule, now: float = NOW) -> Lane | None:
    claim = schedule.start(now)
    return None if claim is None else claim.lane


def test_final_goes_before_an_interim_that_waited_longer() -> None:
    schedule = Schedule(PoolOptions())
    early, late = lane(schedule), lane(schedule)
    schedule.claim(early, "interim", NOW)
    schedule.claim(late, "final", NOW + 1)
    assert start(schedule, NOW + 1) is late


def test_meeting_has_one_turn_at_a_time_however_many_workers_are_free() -> None:
    schedule = Schedule(PoolOptions(workers=4))
    only = lane(schedule)
    first = schedule.claim(only, "final", NOW)
    second = schedule.claim(only, "final", NOW)
    assert schedule.start(NOW) is first
    assert schedule.start(NOW) is None
    schedule.finish(first, NOW + 1)
    assert schedule.start(NOW + 1) is second


def test_no_more_turns_than_workers() -> None:
    schedule = Schedule(PoolOptions(workers=2))
    for _ in range(3):
        schedule.claim(lane(schedule), "final", NOW)
    assert [start(schedule) is None for _ in range(3)] == [False, False, True]


def test_who_waited_longest_is_next() -> None:
    schedule = Schedule(PoolOptions(workers=3))
    lanes = [lane(schedule) for _ in range(3)]
    for wait, each in zip((2.0, 3.0, 1.0), lanes, strict=True):
        schedule.claim(each, "final", NOW - wait)
    assert [start(schedule) for _ in range(3)] == [lanes[1], lanes[0], lanes[2]]


def test_of_two_that_waited_equally_long_the_one_further_behind_is_next() -> None:
    schedule = Schedule(PoolOptions())
    near, far = lane(schedule, behind=1.0), lane(schedule, behind=6.0)
    for each in (near, far):
        schedule.claim(each, "final", NOW - 1)
    assert start(schedule) is far


def test_being_far_behind_does_not_overtake_one_that_waited_more_than_twice_as_long() -> None:
    schedule = Schedule(PoolOptions())
    patient, far = lane(schedule), lane(schedule, behind=300.0)
    schedule.claim(patient, "final", NOW - 2.1)
    schedule.claim(far, "final", NOW - 1.0)
    assert start(schedule) is patient


def test_of_two_that_asked_at_once_the_one_served_longer_ago_is_next() -> None:
    schedule = Schedule(PoolOptions())
    recent, before = lane(schedule), lane(schedule)
    schedule.finish(_begun(schedule, before, NOW - 3), NOW - 3)
    schedule.finish(_begun(schedule, recent, NOW - 2), NOW - 2)
    for each in (recent, before):
        schedule.claim(each, "final", NOW)
    assert start(schedule) is before


def _begun(schedule: Schedule, of: Lane, now: float) -> Claim:
    schedule.claim(of, "final", now)
    claim = schedule.start(now)
    assert claim is not None
    assert claim.lane is of
    return claim


def test_withdrawn_claim_leaves_the_queue() -> None:
    schedule = Schedule(PoolOptions())
    given_up = schedule.claim(lane(schedule), "final", NOW)
    schedule.withdraw(given_up)
    assert (schedule.waiting("final"), start(schedule)) == (0, None)


def test_withdrawing_what_has_started_changes_nothing() -> None:
    schedule = Schedule(PoolOptions())
    claim = _begun(schedule, lane(schedule), NOW)
    schedule.withdraw(claim)
    assert schedule.running == 1


def test_hurried_interim_goes_before_other_interims() -> None:
    schedule = Schedule(PoolOptions())
    first, second = lane(schedule), lane(schedule)
    schedule.claim(first, "interim", NOW - 1)
    schedule.claim(second, "interim", NOW)
    assert schedule.hurry(second, NOW) == 1
    assert start(schedule) is second


def test_time_for_which_a_hurried_interim_was_held_back_is_no_waiting() -> None:
    schedule = Schedule(PoolOptions(first_cost_s=2.0))
    only = lane(schedule)
    schedule.finish(_interim(schedule, only, NOW), NOW + 0.1)
    claim = schedule.claim(only, "interim", NOW + 0.1)
    schedule.hurry(only, NOW + 1.0)
    assert schedule.start(NOW + 1.2) is claim
    assert claim.waited_s == pytest.approx(0.2)


def test_hurrying_finals_or_nothing_counts_nothing() -> None:
    schedule = Schedule(PoolOptions())
    empty, final = lane(schedule), lane(schedule)
    schedule.claim(final, "final", NOW)
    assert (schedule.hurry(empty, NOW), schedule.hurry(final, NOW)) == (0, 0)


def test_interim_is_held_back_until_the_step_has_passed() -> None:
    schedule = Schedule(PoolOptions(workers=1, target=0.5, first_cost_s=0.5))
    only = lane(schedule)
    first = schedule.claim(only, "interim", NOW)
    assert schedule.start(NOW) is first
    schedule.finish(first, NOW + 0.5)
    second = schedule.claim(only, "interim", NOW + 0.6)
    step_s = schedule.step_s(NOW + 0.6)
    assert step_s > 0.6
    assert schedule.start(NOW + 0.6) is None
    assert schedule.wake_at(NOW + 0.6) == pytest.approx(NOW + step_s)
    assert schedule.start(NOW + step_s + 0.1) is second
    assert second.waited_s == pytest.approx(0.1, abs=0.02)  # being held back is no waiting


def test_final_is_never_held_back() -> None:
    schedule = Schedule(PoolOptions(first_cost_s=2.0))
    only = lane(schedule)
    interim = schedule.claim(only, "interim", NOW)
    schedule.start(NOW)
    schedule.finish(interim, NOW + 0.1)
    final = schedule.claim(only, "final", NOW + 0.1)
    assert schedule.start(NOW + 0.1) is final


def test_nothing_wakes_the_pool_while_all_workers_are_busy() -> None:
    schedule = Schedule(PoolOptions(workers=1))
    held = lane(schedule)
    schedule.finish(_interim(schedule, held, NOW), NOW + 0.1)
    schedule.claim(held, "interim", NOW + 0.1)
    _begun(schedule, lane(schedule), NOW + 0.1)
    assert schedule.wake_at(NOW + 0.1) is None


def _interim(schedule: Schedule, of: Lane, now: float) -> Claim:
    schedule.claim(of, "interim", now)
    claim = schedule.start(now)
    assert claim is not None
    return claim


def test_step_grows_with_the_meetings_that_speak_and_stays_bounded_in_overload() -> None:
    schedule = Schedule(PoolOptions(workers=2, slowest_step_s=2.5, first_cost_s=0.3))
    steps = []
    for _ in range(100):
        schedule.claim(lane(schedule), "interim", NOW)
        steps.append(schedule.step_s(NOW))
    assert steps == sorted(steps)
    assert steps[0] < 0.3
    assert steps[-1] == pytest.approx(10.0)


def test_meeting_that_was_silent_for_an_hour_costs_nothing() -> None:
    schedule = Schedule(PoolOptions())
    silent = lane(schedule)
    schedule.finish(_begun(schedule, silent, NOW), NOW + 0.3)
    later = NOW + 3600
    assert (schedule.speaking(later), schedule.step_s(later), schedule.wake_at(later)) == (0, 0.0, None)
    assert schedule.load.busy(later) == pytest.approx(0.0)


def test_hour_of_silence_does_not_count_as_speech() -> None:
    schedule = Schedule(PoolOptions(first_cost_s=0.4))
    only = lane(schedule)
    for now in (NOW, NOW + 3600):
        schedule.finish(_begun(schedule, only, now), now + 0.4)
    # One final of 0.4 s in at most 2.4 s of speech, and 10 s of guess.
    assert schedule.load.final_share(NOW + 3600.4) == pytest.approx((0.4 + 1.0) / 12.4, rel=0.01)


def test_removed_lane_has_no_turn() -> None:
    schedule = Schedule(PoolOptions())
    gone = lane(schedule)
    schedule.claim(gone, "final", NOW)
    schedule.remove(gone)
    assert start(schedule) is None


def test_recordings_have_turns_among_interims_and_after_finals() -> None:
    schedule = Schedule(PoolOptions(workers=3))
    recording, interim, final = lane(schedule, meeting=False), lane(schedule), lane(schedule)
    schedule.claim(recording, "other", NOW - 3)
    schedule.claim(interim, "interim", NOW - 2)
    schedule.claim(final, "final", NOW)
    assert [start(schedule) for _ in range(3)] == [final, recording, interim]


def test_recordings_are_no_meeting_that_speaks() -> None:
    schedule = Schedule(PoolOptions())
    schedule.claim(lane(schedule, meeting=False), "other", NOW)
    assert schedule.speaking(NOW) == 0


class Hall:
    """Meetings that speak all the time, on a schedule, in time that this counts."""

    def __init__(self, options: PoolOptions, meetings: int, *, cost_s: float, final_every_s: float) -> None:
        self.schedule = Schedule(options)
        self.lanes = [lane(self.schedule) for _ in range(meetings)]
        self.cost_s = cost_s
        self.final_every_s = final_every_s
        self.final_waits: list[float] = []
        self.interims = [0] * meetings
        self.busy_s = 0.0
        self._finals = {each: NOW + place for place, each in enumerate(self.lanes)}
        self._running: list[tuple[float, Claim]] = []

    def play(self, seconds: float) -> None:
        """As the service would: each meeting asks again as soon as it may; time goes in steps of 20 ms."""
        now = NOW
        while now < NOW + seconds:
            self._finish(now)
            for each in self.lanes:
                self._ask(each, now)
            while (claim := self.schedule.start(now)) is not None:
                self._running.append((now + self.cost_s, claim))
                self.busy_s += self.cost_s
                if claim.kind == "final":
                    self.final_waits.append(claim.waited_s)
                else:
                    self.interims[self.lanes.index(claim.lane)] += 1
            now += 0.02

    def _finish(self, now: float) -> None:
        for ends, claim in list(self._running):
            if ends <= now:
                self._running.remove((ends, claim))
                self.schedule.finish(claim, now)

    def _ask(self, each: Lane, now: float) -> None:
        due = now >= self._finals[each]
        if due:
            self._finals[each] += self.final_every_s
        if due and each.claims:
            self.schedule.hurry(each, now)
        elif due or not (each.claims or each.running):
            self.schedule.claim(each, "final" if due else "interim", now)


@pytest.mark.parametrize("meetings", [1, 2, 4, 6])
def test_workers_stay_free_for_what_the_target_leaves(meetings: int) -> None:
    options = PoolOptions(workers=2, target=0.85, first_cost_s=0.3)
    hall = Hall(options, meetings, cost_s=0.3, final_every_s=4.0)
    hall.play(120)
    assert hall.busy_s / (120 * 2) < 0.88


def test_six_meetings_get_their_finals_at_once_and_interims_fairly() -> None:
    hall = Hall(PoolOptions(workers=2), 6, cost_s=0.3, final_every_s=4.0)
    hall.play(120)
    assert max(hall.final_waits) < 0.65  # two recognitions that were running, and one final before
    assert min(hall.interims) > 0.9 * max(hall.interims)
    assert min(hall.interims) > 120 / 2.5


def test_under_overload_interims_go_first_and_every_final_keeps_coming() -> None:
    hall = Hall(PoolOptions(workers=1), 6, cost_s=0.6, final_every_s=4.0)
    hall.play(120)
    assert len(hall.final_waits) == pytest.approx(6 * 120 / 4, abs=6)
    assert max(hall.final_waits[12:]) < 4.0  # one round of the others, when costs are known
    assert sum(hall.interims) < 30


def test_meeting_that_is_fed_faster_than_anybody_speaks_does_not_hold_up_the_others() -> None:
    schedule = Schedule(PoolOptions(workers=1))
    greedy, others = lane(schedule, behind=30.0), [lane(schedule) for _ in range(3)]
    now, served = NOW, dict.fromkeys([greedy, *others], 0)
    for each in others:
        schedule.claim(each, "final", now)
    for _ in range(400):
        if not greedy.claims:
            schedule.claim(greedy, "final", now)
        claim = schedule.start(now)
        assert claim is not None
        served[claim.lane] += 1
        now += 0.3
        schedule.finish(claim, now)
        if claim.lane is not greedy:
            schedule.claim(claim.lane, "interim", now)
    assert min(served[each] for each in others) > 0.7 * 120 / schedule.step_s(now)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["final", "interim", "give up", "end"]))))
def test_every_claim_is_served_or_withdrawn_and_none_twice(acts: list[tuple[int, str]]) -> None:
    schedule = Schedule(PoolOptions(workers=2))
    lanes = [lane(schedule) for _ in range(4)]
    now, asked, running, withdrawn = NOW, [], [], []
    served: list[Claim] = []

    def begin() -> None:
        while (claim := schedule.start(now)) is not None:
            served.append(claim)
            running.append(claim)

    for place, act in acts:
        now += 0.3
        if act == "give up" and lanes[place].claims:
            withdrawn.append(lanes[place].claims[0])
            schedule.withdraw(withdrawn[-1])
        elif act == "end" and running:
            schedule.finish(running.pop(0), now)
        elif act in ("final", "interim"):
            asked.append(schedule.claim(lanes[place], "final" if act == "final" else "interim", now))
        begin()
        assert len(running) == schedule.running <= 2
        assert len({claim.lane for claim in running}) == len(running)
    while running or any(each.claims for each in lanes):
        now += 10
        while running:
            schedule.finish(running.pop(), now)
        begin()
    assert sorted(map(id, served + withdrawn)) == sorted(map(id, asked))


# --- costs -----------------------------------------------------------------------------------------------------


def test_fading_sum_loses_two_thirds_in_its_memory() -> None:
    fading = Fading(10.0)
    fading.add(1.0, NOW)
    assert fading.value(NOW + 10) == pytest.approx(0.368, abs=0.001)
    assert fading.rate(NOW) == 0.1


def test_cost_of_an_interim_follows_what_is_measured() -> None:
    load = Load(0.3)
    for _ in range(60):
        load.spent("interim", 0.8, NOW)
    assert load.interim_cost_s == pytest.approx(0.8, abs=0.01)
    assert Load(0.3).interim_cost_s == 0.3


def test_finals_and_recordings_do_not_change_what_an_interim_costs() -> None:
    load = Load(0.3)
    load.spent("final", 5.0, NOW)
    load.spent("other", 5.0, NOW)
    assert load.interim_cost_s == 0.3


def test_share_of_finals_is_a_guess_until_it_is_measured() -> None:
    load = Load(0.4)
    assert load.final_share(NOW) == pytest.approx(0.1)
    for second in range(0, 600, 10):
        load.spoke(10.0, NOW + second)
        load.spent("final", 0.5, NOW + second)
    assert load.final_share(NOW + 600) == pytest.approx(0.05, abs=0.01)


def test_wait_of_finals_is_forgotten_when_it_is_old() -> None:
    load = Load(0.3)
    load.waited(4.0, NOW)
    assert load.final_wait_s(NOW + 1) == 4.0
    assert load.final_wait_s(NOW + 60) == 0.0
    load.waited(1.0, NOW + 60)
    assert load.final_wait_s(NOW + 60) == 1.0


# --- the pool ----------------------------------------------------------------------------------------------------


class Model:
    """A recogniser that answers each window only when it is let, and takes `cost_s` of a manual clock for it."""

    languages = frozenset({"en"})

    def __init__(self, clock: ManualClock | None = None, *, cost_s: float = 0.0) -> None:
        self.asked: list[float] = []
        self.running = 0
        self.most = 0
        self.closed = asyncio.Event()
        self._clock = clock
        self._cost_s = cost_s
        self._gates: dict[float, asyncio.Event] = {}
        self._begun: dict[float, asyncio.Event] = {}

    def gate(self, at: float) -> asyncio.Event:
        return self._gates.setdefault(at, asyncio.Event())

    def begun(self, at: float) -> asyncio.Event:
        return self._begun.setdefault(at, asyncio.Event())

    async def recognise(
        self,
        samples: Samples,
        *,
        language: str | None,
        at: float = 0.0,
        words: bool = True,
        final: bool = True,
        hints: Hints | None = None,
    ) -> Hypothesis:
        self.asked.append(at)
        self.running += 1
        self.most = max(self.most, self.running)
        self.begun(at).set()
        try:
            await asyncio.sleep(0)
            if at > 0:
                await self.gate(at).wait()
        finally:
            self.running -= 1
        if at < 0:
            raise RuntimeError("out of memory")
        if self._clock is not None:
            self._clock.advance(self._cost_s)
        return SAID

    async def close(self) -> None:
        self.closed.set()


WINDOW = np.zeros(RATE, np.float32)


class Room:
    """A pool with one worker over a model that waits to be let, and tasks that ask it."""

    def __init__(self, *, workers: int = 1, waiting: int = 64) -> None:
        self.model = Model()
        self.pool = RecogniserPool(
            self.model, clock=SystemClock(), options=PoolOptions(workers=workers, waiting=waiting)
        )
        self.tasks = Tasks()

    def ask(self, at: float, *, final: bool = True) -> asyncio.Task[Hypothesis]:
        """A meeting of its own asks for the window at `at`."""
        seat = self.pool.seat(behind=lambda: 0.0)

        async def take() -> Hypothesis:
            return await seat.take(lambda: self.model.recognise(WINDOW, language="en", at=at), final=final)

        return self.tasks.spawn(f"window {at}", take())


@pytest.fixture
def room() -> Room:
    return Room()


async def settled() -> None:
    """Let everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_turn_gives_what_the_work_gives(room: Room) -> None:
    assert await room.ask(0.0) == SAID
    await room.pool.close()


async def test_work_waits_until_its_turn_has_come(room: Room) -> None:
    first, second = room.ask(1.0), room.ask(2.0)
    await room.model.begun(1.0).wait()
    await settled()
    assert room.model.asked == [1.0]
    room.model.gate(1.0).set()
    await room.model.begun(2.0).wait()
    room.model.gate(2.0).set()
    assert [await first, await second] == [SAID, SAID]


async def test_final_overtakes_interims_that_wait(room: Room) -> None:
    running = room.ask(1.0)
    await room.model.begun(1.0).wait()
    interims = [room.ask(2.0 + place, final=False) for place in range(3)]
    await settled()
    final = room.ask(9.0)
    await settled()
    for each in (1.0, 2.0, 3.0, 4.0, 9.0):
        room.model.gate(each).set()
    await asyncio.gather(running, final, *interims)
    assert room.model.asked[:2] == [1.0, 9.0]


async def test_error_of_one_meeting_reaches_it_and_frees_the_worker(room: Room) -> None:
    with pytest.raises(RuntimeError, match="out of memory"):
        await room.ask(-1.0)
    assert await room.ask(0.0) == SAID


async def test_cancelled_work_leaves_the_queue_and_is_never_done(room: Room) -> None:
    running = room.ask(1.0)
    await room.model.begun(1.0).wait()
    given_up, next_one = room.ask(2.0), room.ask(0.0)
    await settled()
    given_up.cancel()
    await settled()
    room.model.gate(1.0).set()
    assert [await running, await next_one] == [SAID, SAID]
    assert room.model.asked == [1.0, 0.0]


async def test_worker_is_taken_until_the_model_is_free_when_its_caller_has_gone(room: Room) -> None:
    gone, waiting = room.ask(1.0), room.ask(0.0)
    await room.model.begun(1.0).wait()
    gone.cancel()
    await settled()
    assert room.model.asked == [1.0]
    room.model.gate(1.0).set()
    assert await waiting == SAID
    assert room.model.most == 1


async def test_never_more_at_once_than_workers() -> None:
    room = Room(workers=3)
    tasks = [room.ask(1.0 + place) for place in range(8)]
    await settled()
    assert room.model.running == 3
    for place in range(8):
        room.model.gate(1.0 + place).set()
    await asyncio.gather(*tasks)
    assert room.model.most == 3


async def test_hurried_interim_goes_before_those_that_waited_longer(room: Room) -> None:
    running = room.ask(1.0)
    await room.model.begun(1.0).wait()
    other = room.ask(2.0, final=False)
    await settled()
    seat = room.pool.seat(behind=lambda: 0.0)

    async def take() -> Hypothesis:
        return await seat.take(lambda: room.model.recognise(WINDOW, language="en", at=3.0), final=False)

    before = count("madoguchi_interims_dropped_total")
    hurried = room.tasks.spawn("hurried", take())
    await settled()
    seat.hurry()
    for at in (1.0, 2.0, 3.0):
        room.model.gate(at).set()
    await asyncio.gather(running, other, hurried)
    assert room.model.asked == [1.0, 3.0, 2.0]
    assert count("madoguchi_interims_dropped_total") == before + 1


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_interim_that_is_held_back_goes_on_by_itself() -> None:
    model = Model()
    options = PoolOptions(workers=1, target=0.1, first_cost_s=0.02, slowest_step_s=0.05)
    pool = RecogniserPool(model, clock=SystemClock(), options=options)
    seat = pool.seat(behind=lambda: 0.0)
    for _ in range(3):
        await seat.take(lambda: model.recognise(WINDOW, language="en"), final=False)
    assert model.asked == [0.0, 0.0, 0.0]
    await pool.close()


async def test_recordings_go_through_the_same_workers(room: Room) -> None:
    running = room.ask(1.0)
    await room.model.begun(1.0).wait()
    recording = room.tasks.spawn("recording", room.pool.recognise(WINDOW, language="en", at=0.0))
    await settled()
    assert room.model.asked == [1.0]
    room.model.gate(1.0).set()
    assert [await running, await recording] == [SAID, SAID]


async def test_recordings_that_wait_are_bounded() -> None:
    room = Room(waiting=2)
    running = room.ask(1.0)
    await room.model.begun(1.0).wait()
    waiting = [room.tasks.spawn("recording", room.pool.recognise(WINDOW, language="en")) for _ in range(2)]
    await settled()
    with pytest.raises(Busy, match="try again in a minute"):
        await room.pool.recognise(WINDOW, language="en")
    room.model.gate(1.0).set()
    await asyncio.gather(running, *waiting)


async def test_closing_refuses_what_waits_finishes_what_runs_and_frees_the_model(room: Room) -> None:
    running, waiting = room.ask(1.0), room.ask(2.0)
    await room.model.begun(1.0).wait()
    closing = room.tasks.spawn("closing", room.pool.close())
    await settled()
    with pytest.raises(Unavailable, match="is stopping"):
        await waiting
    assert not room.model.closed.is_set()
    room.model.gate(1.0).set()
    assert await running == SAID
    await closing
    assert room.model.closed.is_set()
    with pytest.raises(Unavailable, match="is stopping"):
        await room.ask(0.0)


async def test_calibration_measures_all_workers_at_once() -> None:
    clock = ManualClock()
    model = Model(clock, cost_s=0.2)
    pool = RecogniserPool(model, clock=clock, options=PoolOptions(workers=2))
    cost_s = await pool.calibrate()
    assert model.most == 2
    assert cost_s == pytest.approx(SPEECH_COST * 0.4)  # two of 0.2 s, one after the other on this clock
    assert pool.cost_s() == cost_s


def test_room_follows_from_the_cost() -> None:
    cheap, dear = (
        RecogniserPool(Model(), clock=ManualClock(), options=PoolOptions(workers=2, first_cost_s=cost_s))
        for cost_s in (0.3, 1.2)
    )
    assert (cheap.capacity(), dear.capacity()) == (8, 2)


async def test_utilisation_counts_busy_workers() -> None:
    clock = ManualClock()
    model = Model(clock, cost_s=1.0)
    pool = RecogniserPool(model, clock=clock, options=PoolOptions(workers=1))
    seat = pool.seat(behind=lambda: 0.0)
    assert pool.utilisation() == 0.0
    for _ in range(60):
        await seat.take(lambda: model.recognise(WINDOW, language="en"), final=True)
        clock.advance(1.0)
    assert pool.utilisation() == pytest.approx(0.5, abs=0.05)
    assert count("madoguchi_recogniser_waiting", kind="final") == 0.0
