"""The live session, played as lists of events. Nothing here waits: time is a number inside the events."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transcripts.agreement import normal
from transcripts.clauses import HoldLimits
from transcripts.live import (
    AudioArrived,
    Command,
    Commit,
    DropPartial,
    Ended,
    Event,
    Finish,
    Forget,
    LivePolicy,
    LiveSession,
    PublishPartial,
    Recognise,
    Recognised,
    RecognitionFailed,
    Tick,
    VoiceStarted,
    VoiceStopped,
    Window,
)
from transcripts.model import Hypothesis, Partial, Segment, Word

STEP_S = 0.1
PATIENT = LivePolicy(
    hold=HoldLimits(clause_s=99, link_s=99, anywhere_s=99, never_s=99)
)  # waits for whole sentences
Hear = Callable[[Window], Sequence[Word]]


def spoken(text: str, *, start: float, each_s: float = 0.3) -> list[Word]:
    """Words of `text`, one after the other without gaps."""
    return [
        Word(text=word, start=start + at * each_s, end=start + (at + 1) * each_s, probability=0.9)
        for at, word in enumerate(text.split())
    ]


def truthful(script: Sequence[Word]) -> Hear:
    """A recogniser that hears each word whose middle lies in the window."""

    def hear(window: Window) -> list[Word]:
        return [word for word in script if window.start <= (word.start + word.end) / 2 < window.end]

    return hear


@dataclass
class Play:
    """Plays audio with voice in `stretches` through a session and keeps what it commanded, with the time."""

    stretches: Sequence[tuple[float, float]]
    hear: Hear
    until: float
    policy: LivePolicy = field(default_factory=LivePolicy)
    latency_s: float = 0.2
    fail: Callable[[Window], bool] = lambda window: False
    silence_s: float = 0.35
    language: str = "en"
    languages: tuple[str, ...] = ()
    detect: Callable[[Window], str] = lambda window: window.languages[0]
    log: list[tuple[float, Command]] = field(default_factory=list)

    def run(self) -> Play:
        self.session = LiveSession(self.policy, language=self.language, languages=self.languages)
        self.answers: list[tuple[float, Window]] = []
        events = [(start + 0.03, VoiceStarted(start)) for start, _ in self.stretches]
        events += [(end + self.silence_s, VoiceStopped(end)) for _, end in self.stretches]
        events.sort(key=lambda each: each[0])
        for step in range(1, round(self.until / STEP_S) + 1):
            now = round(step * STEP_S, 6)
            while self.answers and self.answers[0][0] <= now:
                self.answer(now)
            while events and events[0][0] <= now:
                self.tell(events.pop(0)[1], now)
            self.tell(AudioArrived(now), now)
        self.tell(Ended(), self.until)
        while self.answers:
            self.answer(self.until)
        return self

    def answer(self, now: float) -> None:
        _, window = self.answers.pop(0)
        if self.fail(window):
            self.tell(RecognitionFailed(window), now)
        else:
            hypothesis = Hypothesis(words=tuple(self.hear(window)), language=self.detect(window))
            self.tell(Recognised(window, hypothesis, self.latency_s), now)

    def tell(self, event: Event, now: float) -> None:
        for command in self.session.handle(event):
            self.log.append((now, command))
            if isinstance(command, Recognise):
                assert not self.answers, "two recognitions at once"
                self.answers.append((now + self.latency_s, command.window))

    @property
    def committed(self) -> list[tuple[float, Segment]]:
        return [(at, command.segment) for at, command in self.log if isinstance(command, Commit)]

    @property
    def segments(self) -> list[Segment]:
        return [segment for _, segment in self.committed]

    @property
    def partials(self) -> list[Partial]:
        return [command.partial for _, command in self.log if isinstance(command, PublishPartial)]

    @property
    def windows(self) -> list[Window]:
        return [command.window for _, command in self.log if isinstance(command, Recognise)]

    @property
    def words(self) -> list[str]:
        return [normal(word.text) for segment in self.segments for word in segment.words]


ONE = spoken("The school is closed today.", start=1.0)


def test_silence_asks_for_nothing_and_shows_nothing() -> None:
    play = Play([], truthful([]), until=20.0).run()
    assert [type(command) for _, command in play.log if not isinstance(command, Forget)] == [Finish]


def test_sentence_is_committed_once_after_the_voice_stops() -> None:
    play = Play([(1.0, 2.5)], truthful(ONE), until=6.0).run()
    assert [(each.seq, each.text) for each in play.segments] == [(1, "The school is closed today.")]


def test_words_become_stable_while_the_voice_goes_on() -> None:
    text = "The school is closed when there is a typhoon warning in the morning."
    play = Play([(1.0, 4.9)], truthful(spoken(text, start=1.0)), until=8.0, policy=PATIENT).run()
    grown = [
        (at, command.partial.text[: command.partial.stable_chars])
        for at, command in play.log
        if isinstance(command, PublishPartial) and command.partial.stable_chars
    ]
    assert grown[0][0] < 3.0
    assert all(text.startswith(stable) for _, stable in grown)


def test_first_partial_comes_within_a_second_of_the_voice() -> None:
    play = Play([(1.0, 2.5)], truthful(ONE), until=6.0).run()
    first = next(at for at, command in play.log if isinstance(command, PublishPartial))
    assert first <= 1.0 + 1.0


def test_partial_is_taken_away_when_its_segment_is_committed() -> None:
    play = Play([(1.0, 2.5)], truthful(ONE), until=6.0).run()
    shown = [command for _, command in play.log if isinstance(command, PublishPartial | DropPartial)]
    assert isinstance(shown[-1], DropPartial)


def test_end_of_audio_in_mid_word_commits_everything() -> None:
    play = Play([(1.0, 99.0)], truthful(ONE), until=2.5).run()
    assert play.words == ["the", "school", "is", "closed", "today"]
    assert isinstance(play.log[-1][1], Finish)


def test_short_pause_inside_a_sentence_does_not_cut_it() -> None:
    script = spoken("You need indoor shoes,", start=1.0) + spoken("a bag and a cap.", start=2.65)

    def hear(window: Window) -> list[Word]:
        heard = truthful(script)(window)
        if heard and heard[-1].text == "shoes,":  # what breaks off looks like a finished sentence
            heard[-1] = Word(text="shoes.", start=heard[-1].start, end=heard[-1].end, probability=0.9)
        return heard

    play = Play([(1.0, 2.2), (2.65, 4.15)], hear, until=8.0, policy=PATIENT).run()
    assert [each.text for each in play.segments] == ["You need indoor shoes, a bag and a cap."]


def test_short_pause_between_sentences_cuts_there() -> None:
    script = spoken("Come by nine o'clock.", start=1.0) + spoken("Your child needs a cap.", start=2.65)
    play = Play([(1.0, 2.2), (2.65, 4.15)], truthful(script), until=8.0).run()
    assert [each.text for each in play.segments] == ["Come by nine o'clock.", "Your child needs a cap."]


def test_pause_of_a_second_cuts_an_unfinished_sentence() -> None:
    script = spoken("When there is a storm", start=1.0) + spoken("the school is closed.", start=3.5)
    play = Play([(1.0, 2.5), (3.5, 4.7)], truthful(script), until=8.0).run()
    assert [each.text for each in play.segments] == ["When there is a storm", "the school is closed."]


def test_sentence_after_a_full_stop_begins_with_a_capital() -> None:
    script = spoken("It is late.", start=1.0) + spoken("thank you all.", start=4.0)
    play = Play([(1.0, 1.9), (4.0, 4.9)], truthful(script), until=8.0).run()
    assert play.segments[1].text == "Thank you all."


def test_long_speech_without_a_pause_is_trimmed_and_loses_nothing() -> None:
    script = spoken(" ".join(f"word{number}" for number in range(200)), start=1.0)
    play = Play([(1.0, 61.0)], truthful(script), until=64.0).run()
    assert play.words == [f"word{number}" for number in range(200)]
    policy = LivePolicy()
    assert max(each.end - each.start for each in play.windows) <= policy.window_s + 2 * policy.step_s + 1.0


def test_window_never_grows_past_the_hard_limit_when_nothing_agrees() -> None:
    count = 0

    def restless(window: Window) -> list[Word]:
        nonlocal count
        count += 1
        return [Word(text=f"x{count}", start=window.start, end=window.end, probability=0.5)]

    play = Play([(1.0, 90.0)], restless, until=92.0).run()
    policy = LivePolicy()
    assert max(each.end - each.start for each in play.windows) <= policy.hard_window_s + 1e-6
    assert play.windows[-1].end == pytest.approx(90.0 + policy.post_roll_s)


def test_voice_without_words_moves_on() -> None:
    play = Play([(1.0, 90.0)], lambda window: [], until=92.0).run()
    assert play.segments == []
    starts = [each.start for each in play.windows]
    assert starts == sorted(starts)
    assert starts[-1] > 60.0


def test_forced_cut_leaves_its_last_second_to_the_next_window() -> None:
    policy = LivePolicy()
    play = Play([(1.0, 90.0)], lambda window: [], until=92.0).run()
    full = [
        at for at, each in enumerate(play.windows) if each.end - each.start >= policy.hard_window_s - 1e-6
    ]
    assert len(full) == 4
    overlaps = [play.windows[at].end - play.windows[at + 1].start for at in full]
    assert overlaps == pytest.approx([policy.tail_s] * 4)


def test_words_that_never_agree_are_committed_at_the_forced_cut() -> None:
    count = 0

    def restless(window: Window) -> list[Word]:
        nonlocal count
        count += 1
        text = " ".join(f"x{count}y{number}" for number in range(int((window.end - window.start) / 0.3)))
        return spoken(text, start=window.start)

    play = Play([(1.0, 60.0)], restless, until=62.0).run()
    times = [(word.start, word.end) for segment in play.segments for word in segment.words]
    gaps = [after[0] - before[1] for before, after in pairwise(times)]
    assert times[0][0] < 1.5
    assert times[-1][1] > 59.5
    assert max(gaps) < 0.5


def test_word_on_which_hypotheses_differ_is_not_stable() -> None:
    text = "We meet at one of the two gates near the old station tomorrow"

    def wavering(window: Window) -> list[Word]:
        heard = truthful(spoken(text, start=1.0))(window)
        other = Word(text=f"w{window.number}", start=1.6, end=1.9, probability=0.4)  # in place of "at"
        return [other if word.text == "at" else word for word in heard]

    play = Play([(1.0, 4.9)], wavering, until=4.5).run()
    early = [command.partial for at, command in play.log if isinstance(command, PublishPartial) and at < 4.5]
    assert {each.text[: each.stable_chars] for each in early} <= {"", "We", "We meet"}


def test_slow_recogniser_hears_several_stretches_in_one_window() -> None:
    script = spoken("One thing.", start=1.0) + spoken("Two things.", start=3.0) + spoken("Three.", start=5.0)
    play = Play([(1.0, 1.6), (3.0, 3.6), (5.0, 5.3)], truthful(script), until=12.0, latency_s=4.0).run()
    assert play.words == ["one", "thing", "two", "things", "three"]
    assert len(play.windows) <= 3


def test_slow_recogniser_is_asked_less_often() -> None:
    script = spoken(" ".join(f"w{number}" for number in range(60)), start=1.0)
    quick = Play([(1.0, 19.0)], truthful(script), until=22.0, latency_s=0.2).run()
    slow = Play([(1.0, 19.0)], truthful(script), until=22.0, latency_s=1.5).run()
    assert len(slow.windows) < len(quick.windows) / 2
    assert slow.words == quick.words


def test_failed_interim_window_is_only_a_pause() -> None:
    play = Play([(1.0, 2.5)], truthful(ONE), until=6.0, fail=lambda window: not window.final).run()
    assert play.words == ["the", "school", "is", "closed", "today"]


def test_failed_final_window_is_tried_again() -> None:
    failed: list[int] = []

    def once(window: Window) -> bool:
        if window.final and not failed:
            failed.append(window.number)
            return True
        return False

    play = Play([(1.0, 2.5)], truthful(ONE), until=6.0, fail=once).run()
    assert play.words == ["the", "school", "is", "closed", "today"]


def test_final_window_that_always_fails_keeps_what_was_heard_before() -> None:
    play = Play([(1.0, 2.5)], truthful(ONE), until=8.0, fail=lambda window: window.final).run()
    assert play.words[:3] == ["the", "school", "is"]
    assert isinstance(play.log[-1][1], Finish)


def test_answer_to_a_forgotten_window_is_ignored() -> None:
    session = LiveSession(LivePolicy(), language="en")
    stray = Window(number=7, start=0.0, end=1.0, final=True, languages=("en",))
    assert session.handle(Recognised(stray, Hypothesis(words=tuple(ONE), language="en"), 0.1)) == []


def test_gap_in_the_audio_commits_what_was_said_before_it() -> None:
    session = LiveSession(LivePolicy(), language="en")
    session.handle(VoiceStarted(1.0))
    commands = session.handle(AudioArrived(2.5))
    for _ in range(4):
        windows = [each.window for each in commands if isinstance(each, Recognise)]
        if not windows:
            commands = session.handle(Tick(5.0))
            continue
        hypothesis = Hypothesis(words=tuple(truthful(ONE)(windows[0])), language="en")
        commands = session.handle(Recognised(windows[0], hypothesis, 0.1))
    commands += session.handle(AudioArrived(3.5))
    assert [each.segment.text for each in commands if isinstance(each, Commit)] == [
        "The school is closed today."
    ]


def test_tick_before_the_limit_changes_nothing() -> None:
    session = LiveSession(LivePolicy(), language="en")
    session.handle(VoiceStarted(1.0))
    session.handle(AudioArrived(1.2))
    assert session.handle(Tick(0.5)) == []


def test_numbers_and_times_go_on_after_an_interruption() -> None:
    session = LiveSession(LivePolicy(), language="en", first_seq=12, start=100.0)
    session.handle(VoiceStarted(101.0))
    commands = session.handle(AudioArrived(103.0)) + session.handle(Ended())
    script = spoken("Welcome back.", start=101.2)
    said: list[Segment] = []
    while windows := [each.window for each in commands if isinstance(each, Recognise)]:
        hypothesis = Hypothesis(words=tuple(truthful(script)(windows[0])), language="en")
        commands = session.handle(Recognised(windows[0], hypothesis, 0.1))
        said += [each.segment for each in commands if isinstance(each, Commit)]
    assert [(each.seq, each.text) for each in said] == [(12, "Welcome back.")]
    assert said[0].start == pytest.approx(101.2)


def test_ten_hours_keep_only_seconds_of_audio_and_few_words() -> None:
    session = LiveSession(LivePolicy(), language="en")
    forgotten, most_audio, hours, seq = 0.0, 0.0, 10, 0
    for turn in range(hours * 360):
        begin = turn * 10.0
        script = spoken("Please bring the form.", start=begin + 1.0)
        commands = session.handle(VoiceStarted(begin + 1.0)) + session.handle(AudioArrived(begin + 2.2))
        commands += session.handle(VoiceStopped(begin + 2.2)) + session.handle(AudioArrived(begin + 9.9))
        while commands:
            command = commands.pop(0)
            if isinstance(command, Recognise):
                words = tuple(truthful(script)(command.window))
                commands += session.handle(
                    Recognised(command.window, Hypothesis(words=words, language="en"), 0.1)
                )
            elif isinstance(command, Forget):
                most_audio = max(most_audio, begin + 9.9 - forgotten)
                forgotten = command.before
            elif isinstance(command, Commit):
                seq = command.segment.seq
    assert seq == hours * 360
    assert most_audio < 30.0
    assert len(session._known) <= 120


def test_long_sentence_is_cut_when_its_beginning_has_waited_long_enough() -> None:
    text = "When the river rises after heavy rain, older people and families with small children should leave at once."
    play = Play([(1.0, 6.7)], truthful(spoken(text, start=1.0)), until=9.0).run()
    assert " ".join(each.text for each in play.segments) == text
    assert [each.text for each in play.segments] == [
        "When the river rises",
        "after heavy rain, older people",
        "and families with small children should leave at once.",
    ]
    assert all(len(each.words) >= play.policy.hold.least_words for each in play.segments)
    waits = [at - segment.words[0].end for at, segment in play.committed]
    assert max(waits) < play.policy.hold.never_s


def test_hypothesis_that_stops_early_is_asked_for_the_rest() -> None:
    script = spoken("Come to the second floor.", start=1.0) + spoken("Window number nine is free.", start=2.9)

    def hear(window: Window) -> list[Word]:
        heard = truthful(script)(window)
        ends = [at for at, word in enumerate(heard) if word.text.endswith(".")]
        return heard[: ends[0] + 1] if ends else heard  # Whisper ends with the first sentence

    play = Play([(1.0, 4.4)], hear, until=8.0).run()
    assert play.words == [normal(word.text) for word in script]


def test_voice_without_words_after_the_last_word_is_asked_for_once_only() -> None:
    play = Play([(1.0, 8.0)], truthful(ONE), until=12.0).run()
    assert [each.end for each in play.windows if each.final] == pytest.approx([8.15] * len(play.segments))
    assert play.words == ["the", "school", "is", "closed", "today"]


def test_empty_interim_hypothesis_keeps_what_is_shown() -> None:
    def hear(window: Window) -> list[Word]:
        return [] if 2.4 < window.end < 3.1 and not window.final else truthful(LONG)(window)

    play = Play([(1.0, 5.2)], hear, until=8.0, policy=PATIENT).run()
    gone = [at for at, command in play.log if isinstance(command, DropPartial)]
    assert not [at for at in gone if at < 5.2]


LONG = spoken("The office is open from nine to five and it is closed on Sunday.", start=1.0)


def test_ten_hours_without_a_pause_hold_a_bounded_state() -> None:
    session = LiveSession(LivePolicy(), language="en", languages=("en", "pt"))
    hours, step_s, each_s = 10, 11.0, 1.0
    session.handle(VoiceStarted(0.0))
    sizes: list[dict[str, int]] = []
    count, held = 0, 0.0

    def hear(window: Window) -> Hypothesis:
        first, last = math.ceil(window.start / each_s - 0.5), math.ceil(window.end / each_s - 0.5)
        words = tuple(
            Word(
                text=f"w{at}{'.' if at % 30 == 0 else ''}",
                start=at * each_s,
                end=(at + 1) * each_s,
                probability=0.9,
            )
            for at in range(first, last)
        )
        return Hypothesis(words=words, language=window.languages[0])

    forgotten = 0.0
    for step in range(1, int(hours * 3600 / step_s)):
        commands = session.handle(AudioArrived(step * step_s))
        while commands:
            command = commands.pop(0)
            if isinstance(command, Recognise):
                commands += session.handle(Recognised(command.window, hear(command.window), 0.1))
            elif isinstance(command, Commit):
                count += len(command.segment.words)
            elif isinstance(command, Forget):
                forgotten = command.before
        held = max(held, step * step_s - forgotten)
        sizes.append(sizes_of(session))
    assert count >= hours * 3600 / each_s - 60
    assert held <= LivePolicy().hard_window_s + step_s
    assert {name for each in sizes for name, size in each.items() if size > MOST[name]} == set()


# The most that each collection of a session may ever hold.
MOST = {"_stretches": 2, "_known": 120, "_stable": 60, "_tail": 60, "_due": 0, "_said": 3, "_languages": 2}


def sizes_of(session: LiveSession) -> dict[str, int]:
    """How much every collection of a session holds, whatever it is called."""
    return {
        name: len(value) for name, value in vars(session).items() if isinstance(value, deque | tuple | list)
    }


# --- what nobody said ----------------------------------------------------------------------------------------------


def test_loop_is_kept_once() -> None:
    def hear(window: Window) -> list[Word]:
        heard = truthful(spoken("Please bring the form", start=1.0))(window)
        return heard + spoken("the form " * 20, start=heard[-1].end, each_s=0.0) if len(heard) == 4 else heard

    play = Play([(1.0, 2.2)], hear, until=5.0).run()
    assert play.words == ["please", "bring", "the", "form"]


def test_phrase_of_silence_in_a_click_is_dropped() -> None:
    def hear(window: Window) -> list[Word]:
        return spoken("Thank you for watching.", start=window.start, each_s=(window.end - window.start) / 4)

    play = Play([(1.0, 1.2)], hear, until=4.0).run()
    assert (play.segments, play.partials) == ([], [])


def test_thanks_that_are_really_said_are_kept() -> None:
    play = Play(
        [(1.0, 2.0)], truthful(spoken("Thank you very much.", start=1.0, each_s=0.25)), until=4.0
    ).run()
    assert [each.text for each in play.segments] == ["Thank you very much."]


def test_same_sentence_heard_again_in_a_cough_is_dropped() -> None:
    def hear(window: Window) -> list[Word]:
        if window.start > 3.0:
            return spoken("The school is closed today.", start=window.start, each_s=0.03)
        return truthful(ONE)(window)

    play = Play([(1.0, 2.5), (4.0, 4.3)], hear, until=7.0).run()
    assert [each.text for each in play.segments] == ["The school is closed today."]


def test_hypothesis_without_end_is_not_read_to_its_end() -> None:
    endless = [Word(text=f"w{number}", start=1.0, end=1.1, probability=0.9) for number in range(100_000)]
    play = Play([(1.0, 2.0)], lambda window: endless, until=4.0).run()
    assert len(play.words) <= 20 * 3


# --- several languages ---------------------------------------------------------------------------------------------


def by_time(turns: Sequence[tuple[float, str]]) -> Callable[[Window], str]:
    """The language that is spoken where a window ends; the one expected where nothing is to be found out."""

    def detect(window: Window) -> str:
        spoken_now = [tag for start, tag in turns if start <= window.end - 0.3]
        return spoken_now[-1] if len(window.languages) > 1 else window.languages[0]

    return detect


MIXED = spoken("Bom dia a todos os pais.", start=1.0) + spoken("Good morning to all of you.", start=4.0)


def bilingual(**changes: object) -> Play:
    known: dict[str, object] = {
        "stretches": [(1.0, 2.8), (4.0, 5.8)],
        "hear": truthful(MIXED),
        "until": 8.0,
        "language": "en",
        "languages": ("en", "pt"),
        "detect": by_time([(0.0, "pt"), (4.0, "en")]),
    }
    return Play(**(known | changes)).run()  # type: ignore[arg-type]


def test_each_segment_carries_the_language_heard() -> None:
    assert [(each.language, each.text) for each in bilingual().segments] == [
        ("pt", "Bom dia a todos os pais."),
        ("en", "Good morning to all of you."),
    ]


def test_language_is_found_out_once_for_each_stretch() -> None:
    asked = [each for each in bilingual().windows if len(each.languages) > 1]
    assert len(asked) == 2


def test_language_heard_last_is_expected_next() -> None:
    asked = [each.languages for each in bilingual().windows if len(each.languages) > 1]
    assert asked == [("en", "pt"), ("pt", "en")]


def test_short_window_before_the_end_is_not_asked_for_its_language() -> None:
    short = [each for each in bilingual().windows if not each.final and each.end - each.start < 2.0]
    assert short
    assert all(len(each.languages) == 1 for each in short)


def test_nothing_is_stable_before_its_language_is_known() -> None:
    play = bilingual(detect=by_time([(0.0, "pt")]), stretches=[(1.0, 2.8)], until=6.0)
    assert all(each.stable_chars == 0 for each in play.partials if each.language == "en")


def test_one_language_is_never_found_out() -> None:
    play = Play([(1.0, 2.5)], truthful(ONE), until=6.0).run()
    assert {each.languages for each in play.windows} == {("en",)}


def test_change_of_language_without_a_pause_completes_what_was_said() -> None:
    text = " ".join(f"w{number}" for number in range(150))
    play = bilingual(
        stretches=[(1.0, 46.0)],
        hear=truthful(spoken(text, start=1.0)),
        until=50.0,
        detect=by_time([(0.0, "pt"), (20.0, "en")]),
    )
    tags = [each.language for each in play.segments]
    assert tags == sorted(tags, reverse=True)
    assert set(tags) == {"pt", "en"}
    assert play.words == [f"w{number}" for number in range(150)]


# --- whatever the recogniser says ----------------------------------------------------------------------------------

# Words that come again soon.
NAMES = [
    "you",
    "help",
    "you",
    "at",
    "the",
    "desk",
    "after",
    "the",
    "meeting",
    "thank",
    "you",
    "for",
    "the",
    "help",
]
VOCABULARY = ("yes", "no", "the", "school", "a", "closed.", "April", "7", "and,", "yes")


@st.composite
def worlds(draw: st.DrawFn) -> Play:
    """Voice in random stretches, and a recogniser that is wrong, late, silent, out of order or failing at random."""
    stretches: list[tuple[float, float]] = []
    at = 0.5
    for _ in range(draw(st.integers(0, 5))):
        start = at + draw(st.floats(0.4, 3.0))
        at = start + draw(st.floats(0.1, 30.0))
        stretches.append((round(start, 2), round(at, 2)))
    random = draw(st.randoms(use_true_random=False))
    honesty = draw(st.sampled_from([0.0, 0.7, 0.95]))
    script = [
        Word(
            text=random.choice(VOCABULARY),
            start=start + each * 0.3,
            end=start + each * 0.3 + 0.3,
            probability=0.9,
        )
        for start, end in stretches
        for each in range(int((end - start) / 0.3))
    ]

    def hear(window: Window) -> list[Word]:
        words = truthful(script)(window)
        return [
            word
            if random.random() < honesty
            else Word(
                text=random.choice(VOCABULARY),
                start=window.start + random.random() * 40 - 5,
                end=window.start + random.random() * 40 - 5,
                probability=0.1,
            )
            for word in words
            if random.random() < 0.5 + honesty / 2
        ]

    failing = draw(st.sampled_from([0.0, 0.3, 1.0]))
    languages = draw(st.sampled_from([(), ("en", "pt", "ja")]))
    return Play(
        stretches,
        hear,
        until=round(at + draw(st.floats(0.0, 2.0)), 1),
        latency_s=draw(st.sampled_from([0.0, 0.3, 3.0, 12.0])),
        fail=lambda window: random.random() < failing,
        languages=languages,
        detect=lambda window: random.choice(window.languages),
    ).run()


WHATEVER = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@WHATEVER
@given(worlds())
def test_every_second_of_voice_is_covered_by_windows(play: Play) -> None:
    covered = sorted((window.start, window.end) for window in play.windows)
    for start, end in play.stretches:
        at = start
        for first, last in covered:
            if first <= at + 1e-6:
                at = max(at, last)
        assert at >= min(end, play.until) - play.policy.least_s


@WHATEVER
@given(worlds())
def test_times_never_run_backwards(play: Play) -> None:
    times = [time for segment in play.segments for word in segment.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert [each.seq for each in play.segments] == list(range(1, len(play.segments) + 1))


@WHATEVER
@given(worlds())
def test_stable_words_never_change(play: Play) -> None:
    committed: list[str] = []
    stable: list[str] = []
    for _, command in play.log:
        if isinstance(command, Commit):
            committed += [normal(word.text) for word in command.segment.words]
            now = committed
        elif isinstance(command, PublishPartial):
            text = command.partial.text[: command.partial.stable_chars]
            now = committed + [normal(word) for word in text.split()]
        else:
            continue
        shared = min(len(stable), len(now))
        assert now[:shared] == stable[:shared]
        stable = now if len(now) >= len(stable) else stable


@WHATEVER
@given(worlds())
def test_everything_stable_is_committed_and_the_session_finishes_once(play: Play) -> None:
    finishes = [at for at, (_, command) in enumerate(play.log) if isinstance(command, Finish)]
    assert finishes == [len(play.log) - 1]
    shown = [each.text[: each.stable_chars] for each in play.partials if each.stable_chars]
    committed = " ".join(play.words)
    assert all(" ".join(normal(word) for word in text.split()) in committed for text in shown)


@WHATEVER
@given(worlds())
def test_no_window_asks_for_forgotten_audio_or_more_than_the_limit(play: Play) -> None:
    forgotten = 0.0
    for _, command in play.log:
        if isinstance(command, Forget):
            forgotten = command.before
        elif isinstance(command, Recognise):
            assert command.window.start >= forgotten - 1e-6
            assert 0 < command.window.end - command.window.start <= play.policy.hard_window_s + 1e-6


@WHATEVER
@given(worlds())
def test_work_always_ends_and_never_repeats_a_window(play: Play) -> None:
    asked = [(each.start, each.end, each.final) for each in play.windows]
    times_asked = max((asked.count(each) for each in asked), default=0)
    assert times_asked <= 1 + play.policy.retries
    assert not play.answers


@WHATEVER
@given(worlds())
def test_final_windows_share_no_more_sound_than_an_open_sentence_or_a_forced_cut(play: Play) -> None:
    finals = [window for window in play.windows if window.final]
    for before, after in pairwise(finals):
        shared = before.end - after.start
        assert after.end > before.end - 1e-6 or after.start > before.start
        assert shared <= play.policy.hard_window_s


@WHATEVER
@given(worlds())
def test_committed_words_lie_in_the_windows_that_were_heard(play: Play) -> None:
    last = max((window.end for window in play.windows), default=0.0)
    for segment in play.segments:
        assert segment.start <= segment.end <= last + 1e-6
        assert segment.text
        assert segment.words


@WHATEVER
@given(worlds())
def test_segment_comes_no_earlier_than_its_sound(play: Play) -> None:
    assert all(at >= segment.end - 1e-6 for at, segment in play.committed)


@WHATEVER
@given(
    st.lists(st.tuples(st.floats(0.7, 3.0), st.integers(1, 40)), max_size=5),
    st.sampled_from([0.0, 0.2, 1.0, 5.0]),
)
def test_truthful_recogniser_loses_and_doubles_no_word(
    turns: list[tuple[float, int]], latency_s: float
) -> None:
    script: list[Word] = []
    stretches: list[tuple[float, float]] = []
    at = 0.5
    for gap, count in turns:
        start = round(at + gap, 2)
        text = " ".join(NAMES[(len(script) + each) % len(NAMES)] for each in range(count))
        script += spoken(text, start=start)
        at = script[-1].end
        stretches.append((start, at))
    play = Play(stretches, truthful(script), until=round(at + 1.0, 1), latency_s=latency_s).run()
    assert [word.lower() for word in play.words] == [word.text for word in script]
