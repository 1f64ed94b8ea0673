"""The live session: events in, commands out. It awaits nothing, reads no clock and logs nothing.

Sound arrives in voiced stretches. While a stretch is open, windows of it are recognised again and again, and the
words that two hypotheses agree on become stable; when it closes, one final recognition makes all of it stable.
Stable words never change. They are cut into segments that read as sentences, and a segment is committed once.

Three rules keep it going whatever the recogniser says: at most one recognition is outstanding; a window never grows
past `hard_window_s`; and every window that ends a stretch or reaches that size moves the work forward.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from transcripts.agreement import agreed, known_words, normal
from transcripts.clauses import early_cut
from transcripts.guards import without_loops, without_made_up
from transcripts.live.events import (
    AudioArrived,
    Command,
    Commit,
    DropPartial,
    Ended,
    Event,
    Finish,
    Forget,
    PublishPartial,
    Recognise,
    Recognised,
    RecognitionFailed,
    Tick,
    VoiceStarted,
    VoiceStopped,
    Window,
)
from transcripts.live.policy import LivePolicy
from transcripts.model import Hypothesis, Partial, Segment, Word, join_words
from transcripts.sentences import CLAUSES, ENDS, cut, ends_sentence

KNOWN_S = 3.0  # stable words that ended this long before the next window may still be heard again in it
KNOWN_WORDS = 120  # and no more than this many are compared
SAID_SEGMENTS = 3  # segments that are remembered so as to notice that one is heard again
MOST_WORDS_PER_S = 20  # nobody speaks faster; what a hypothesis has beyond that is not read
MARKS = ENDS + CLAUSES
FORGET_STEP_S = 1.0  # audio is let go in steps of this size


@dataclass(slots=True)
class _Stretch:
    """A voiced stretch of sound with a little silence around it; `end` is None while the voice goes on."""

    voice: float  # where the voice starts
    start: float
    end: float | None = None


class LiveSession:
    """One meeting's live state. Hand it every event in order and carry out what `handle` returns, in order.

    `language` is what is spoken first; `languages` are all that may be spoken, if there are others. Then the language
    is found out for each voiced stretch, nothing of it is stable before that, and a stretch is heard by itself.
    """

    def __init__(
        self,
        policy: LivePolicy,
        *,
        language: str,
        languages: tuple[str, ...] = (),
        first_seq: int = 1,
        start: float = 0.0,
    ) -> None:
        self._policy = policy
        self._language = language
        self._languages = tuple(dict.fromkeys((language, *languages)))
        self._detects = self._several  # the language is to be found out again
        self._unsure = self._several  # … and nothing is known of this stretch's yet
        self._seq = first_seq
        self._heard = start
        self._stretches: deque[_Stretch] = deque()
        self._window_start: float | None = None  # left edge of the next window; kept while a sentence is open
        self._window_end = start  # how far the last window of the open stretch reached
        self._windows = 0
        self._asked: Window | None = None
        self._failures = 0
        self._cost_s = 0.0
        self._known: list[Word] = []  # stable words that the next window may say again
        self._stable: tuple[Word, ...] = ()  # stable words that are not in a segment yet
        self._tail: tuple[Word, ...] = ()  # what the last hypothesis said after the stable words
        self._last_end = start  # end of the last stable word: times never run backwards
        self._shown: Partial | None = None
        self._ended = False
        self._finished = False
        self._rested = True  # the last window was final: the voice is silent, or it has begun anew
        self._voice_end = start  # when the voice last fell silent
        self._soft = (
            False  # the last stable word was the last of its stretch: what follows may change its full stop
        )
        self._forgotten = start
        self._turned = start  # before this, another language was spoken
        self._due: list[Segment] = []  # segments that a change of language has completed
        self._said: deque[str] = deque(maxlen=SAID_SEGMENTS)  # normal texts of the last segments

    @property
    def _several(self) -> bool:
        return len(self._languages) > 1

    @property
    def behind_s(self) -> float:
        """Seconds of voiced audio that no window has covered yet."""
        if not self._stretches:
            return 0.0
        first = self._stretches[0]
        return max(0.0, self._heard - max(first.start, self._window_end))

    @property
    def is_urgent(self) -> bool:
        """Whether the recognition asked for would be final if it were cut now: its stretch has closed since."""
        return self._asked is not None and bool(self._stretches) and self._stretches[0].end is not None

    def renew(self, window: Window) -> Window:
        """The newest cut of a window that was asked for and whose recognition begins only now."""
        if window != self._asked:
            return window
        newest = self._next_window()
        if newest is not None and newest.end > window.end - self._policy.least_s:
            self._asked = replace(newest, number=window.number)
        return self._asked

    def handle(self, event: Event) -> list[Command]:
        """What to do now that `event` has happened."""
        commands: list[Command] = []
        match event:
            case AudioArrived(until):
                self._heard = max(self._heard, until)
            case VoiceStarted(at):
                self._open(at)
            case VoiceStopped(at):
                self._close(at)
            case Recognised(window, hypothesis, cost_s) if window == self._asked:
                self._asked, self._failures, self._cost_s = None, 0, cost_s
                self._take(window, hypothesis)
            case RecognitionFailed(window) if window == self._asked:
                self._asked = None
                self._give_up_or_retry(window)
            case Tick(idle_s) if idle_s >= self._policy.idle_s:
                self._close(self._heard)
            case Ended():
                self._ended = True
                self._close(self._heard)
            case _:
                pass  # an answer to a window that was given up, or a tick that is too early
        self._commit(commands)
        self._ask(commands)
        self._show(commands)
        self._tidy(commands)
        return commands

    # --- sound -------------------------------------------------------------------------------------------------

    def _open(self, at: float) -> None:
        if self._ended or (self._stretches and self._stretches[-1].end is None):
            return
        before = (self._stretches[-1].end or 0.0) if self._stretches else self._window_end
        start = max(at - self._policy.pre_roll_s, before)
        self._stretches.append(_Stretch(max(at, start), start))

    def _close(self, at: float) -> None:
        if self._stretches and self._stretches[-1].end is None:
            stretch = self._stretches[-1]
            self._voice_end = max(at, stretch.start)
            stretch.end = max(stretch.start, min(at + self._policy.post_roll_s, self._heard))

    # --- asking ------------------------------------------------------------------------------------------------

    def _ask(self, commands: list[Command]) -> None:
        """Ask for the next window, if there is one and nothing is outstanding."""
        while self._asked is None and self._stretches:
            window = self._next_window()
            if window is None:
                return
            if window.final and window.end - window.start < self._policy.least_s:
                self._accept(window, self._tail)  # a leftover too short to hold a word
                self._commit(commands)
                continue
            self._windows += 1
            self._asked = window
            commands.append(Recognise(window))

    def _next_window(self) -> Window | None:
        policy, first = self._policy, self._stretches[0]
        start = self._left_edge()
        limit = start + policy.hard_window_s
        if first.end is None:
            if self._heard - max(self._window_end, first.start) < self._step() and self._heard < limit:
                return None
            return self._window(start, min(self._heard, limit), final=False)
        if first.end > limit:
            return self._window(start, limit, final=False)
        end = first.end
        for stretch in self._stretches:
            # Several short stretches that wait are heard in one go: one recognition instead of many.
            if stretch.end is not None and stretch.end - start <= policy.window_s and not self._several:
                end = max(end, stretch.end)
        return self._window(start, end, final=True)

    def _window(self, start: float, end: float, *, final: bool) -> Window:
        languages: tuple[str, ...] = (self._language,)
        if self._detects and (final or end - start >= self._policy.detect_s):
            languages += tuple(each for each in self._languages if each != self._language)
        return Window(number=self._windows + 1, start=start, end=end, final=final, languages=languages)

    def _left_edge(self) -> float:
        """Where the next window begins: with the open sentence, if there is one, as its words help to hear the rest."""
        if self._window_start is not None:
            return self._window_start
        start = self._stretches[0].start
        if self._stable and start - self._stable[0].start <= self._policy.window_s and not self._several:
            return min(start, self._stable[0].start)
        return start

    def _step(self) -> float:
        """Seconds of new sound that are worth another recognition."""
        policy, start = self._policy, self._stretches[0].start
        if self._window_end <= start:
            return policy.first_step_s
        eager = self._window_end - start < policy.eager_s
        return max(policy.eager_step_s if eager else policy.step_s, policy.step_cost * self._cost_s)

    # --- taking ------------------------------------------------------------------------------------------------

    def _give_up_or_retry(self, window: Window) -> None:
        """An interim window is simply lost; one that must be kept is tried again, then taken as it was last heard."""
        self._failures += 1
        if window.final or self._is_full(window):
            if self._failures > self._policy.retries:
                self._failures = 0
                self._accept(window, self._tail)
        else:
            self._window_end = window.end

    def _take(self, window: Window, hypothesis: Hypothesis) -> None:
        words = hypothesis.words[: int((window.end - window.start) * MOST_WORDS_PER_S) + 1]
        if not (words or window.final or self._is_full(window)):
            self._window_end = window.end  # nothing could be made out this time; what was heard before stays
            return
        if len(window.languages) > 1:
            self._detects = self._unsure = False
            if hypothesis.language != self._language:
                self._turn_to(hypothesis.language)
                words = tuple(word for word in words if (word.start + word.end) / 2 >= self._last_end)
        self._accept(window, self._fresh_words(window, words))

    def _turn_to(self, language: str) -> None:
        """Somebody goes on in another language: what was said before is complete."""
        if self._stable:
            self._due.append(self._segment(self._stable))
        self._stable, self._tail, self._known, self._soft = (), (), [], False
        self._language, self._turned = language, self._last_end

    def _fresh_words(self, window: Window, words: Sequence[Word]) -> tuple[Word, ...]:
        """What a hypothesis says after the stable words, with times that neither run backwards nor leave the window."""
        words = without_loops(words, self._policy.guards)
        known = known_words(self._known, words, window_start=window.start)
        if known and self._soft:
            self._harden(words[known - 1])
        believed = without_made_up(
            words[known:],
            language=self._language,
            voiced_s=self._voiced(max(window.start, self._last_end), window.end),
            said=self._said,
            limits=self._policy.guards,
        )
        fresh: list[Word] = []
        last = self._last_end
        for word in believed:
            start = min(max(word.start, last), max(window.end, last))
            last = min(max(word.end, start), max(window.end, start))
            fresh.append(replace(word, start=start, end=last))
        if fresh and (not self._known or ends_sentence(self._known[-1])):
            fresh[0] = replace(fresh[0], text=fresh[0].text[:1].upper() + fresh[0].text[1:])
        return tuple(fresh)

    def _harden(self, heard: Word) -> None:
        """The last word before a short pause, heard again with what follows: its letters stay, its punctuation
        becomes that of the sentence as a whole. Whisper ends every window with a full stop."""
        last = self._known[-1]
        if self._stable and normal(heard.text) == normal(last.text):
            letters, marks = last.text.rstrip(MARKS), heard.text[len(heard.text.rstrip(MARKS)) :]
            self._known[-1] = replace(last, text=letters + marks)
            self._stable = (*self._stable[:-1], self._known[-1])

    def _accept(self, window: Window, words: tuple[Word, ...]) -> None:
        """Make words stable: all of a final window, else those that two hypotheses agree on."""
        stopped = self._stopped_early(window, words) if window.final else None
        count = len(words) if window.final else self._agreed(window, words)
        if self._is_full(window) and not window.final:
            old = sum(1 for word in words if word.end <= window.end - self._policy.tail_s)
            count = max(count, old)
        self._settle(words[:count])
        self._soft = window.final or (self._soft and count == 0)
        self._tail = words[count:]
        done = window.end if stopped is None else stopped
        self._window_end = done
        self._rested = window.final and stopped is None
        if self._rested:
            self._detects = self._unsure = self._several
        if window.final:
            self._window_start = stopped
            while self._stretches and (end := self._stretches[0].end) is not None and end <= done:
                self._stretches.popleft()
        else:
            self._window_start = self._trimmed(window)
            if self._window_start > window.start:
                self._detects = self._several  # in a long speech too, somebody else may have taken over
        edge = self._last_end if self._window_start is None else self._window_start
        self._known = [word for word in self._known if word.end > edge - KNOWN_S or word in self._stable][
            -KNOWN_WORDS:
        ]

    def _stopped_early(self, window: Window, words: Sequence[Word]) -> float | None:
        """Where to go on in a window whose hypothesis says nothing about the voice at its end; else None.

        Whisper sometimes ends with a sentence although another follows. Each time this is said, a later word was
        heard, so it comes to an end.
        """
        if not words or words[-1].end < window.start + self._policy.least_s:
            return None
        at = words[-1].end
        return at if self._voiced(at, window.end) >= self._policy.unheard_s else None

    def _voiced(self, start: float, end: float) -> float:
        """Seconds of voice between two times, as far as they still wait."""
        spans = (
            (max(each.voice, start), min(end, end if each.end is None else each.end))
            for each in self._stretches
        )
        return sum(max(0.0, until - begin) for begin, until in spans)

    def _agreed(self, window: Window, words: tuple[Word, ...]) -> int:
        """How many words this hypothesis shares with the one before, and enough was heard after."""
        if self._unsure:
            return 0
        settled = sum(1 for word in words if word.end <= window.end - self._policy.settle_s)
        return min(agreed(self._tail, words), settled)

    def _settle(self, words: Sequence[Word]) -> None:
        if words:
            self._stable += tuple(words)
            self._known.extend(words)
            self._last_end = words[-1].end

    def _is_full(self, window: Window) -> bool:
        return window.end - window.start >= self._policy.hard_window_s - 1e-6

    def _trimmed(self, window: Window) -> float:
        """The left edge after this window: moved up when the window is long, always when it is full."""
        policy = self._policy
        if not self._tail and self._last_end > window.start + policy.least_s:
            silent = self._voiced(self._last_end, window.end) >= policy.unheard_s + policy.settle_s
            if silent:
                return self._last_end  # it stopped early: the rest is heard by itself
        if window.end - window.start <= policy.window_s:
            return max(window.start, min(self._turned, window.end))
        inside = [word for word in self._known if window.start < word.end <= window.end]
        sentences = [
            word.end for word in inside if ends_sentence(word) and window.end - word.end <= policy.window_s
        ]
        edge = max(sentences, default=inside[-1].end if inside else window.start)
        if self._is_full(window) and edge < window.start + policy.tail_s:
            return window.end - policy.tail_s
        return edge

    # --- telling -----------------------------------------------------------------------------------------------

    def _commit(self, commands: list[Command]) -> None:
        """Cut the stable words into segments and commit those that are complete."""
        commands.extend(Commit(segment) for segment in self._due)
        self._due.clear()
        expected = () if self._soft else self._tail
        segments, self._stable = cut(
            self._stable,
            self._policy.limits,
            closed=self._is_closed(),
            following=expected[0] if expected else None,
        )
        commands.extend(Commit(self._segment(words)) for words in segments)
        while self._stable and (size := self._early_cut(expected)):
            commands.append(Commit(self._segment(self._stable[:size])))
            self._stable = self._stable[size:]

    def _early_cut(self, expected: Sequence[Word]) -> int:
        """After how many stable words an unfinished sentence is cut, as its beginning has waited long enough."""
        return early_cut(
            self._stable,
            self._policy.hold,
            waited_s=self._heard - self._stable[0].end,
            language=self._language,
            following=expected,
        )

    def _segment(self, words: tuple[Word, ...]) -> Segment:
        self._seq += 1
        self._said.append("".join(normal(word.text) for word in words))
        return Segment(
            seq=self._seq - 1,
            start=words[0].start,
            end=words[-1].end,
            language=self._language,
            text=join_words(words),
            words=words,
        )

    def _is_closed(self) -> bool:
        """Whether the stable words will not go on: the silence after them is long enough, or all is over."""
        if not self._stable or self._tail or not self._rested:
            return False
        if self._ended and not self._stretches:
            return True
        silent_until = self._stretches[0].voice if self._stretches else self._heard
        return silent_until - self._voice_end >= self._policy.limits.pause_s

    def _show(self, commands: list[Command]) -> None:
        """Publish what is being said now when it changed, or take it away."""
        shown = self._tail[: max(0, len(self._tail) - self._policy.masked_words)]
        words = self._stable + shown
        text = join_words(words)
        if shown:
            text = text.rstrip(ENDS)  # a hypothesis that breaks off looks like a finished sentence
        if not text:
            if self._shown is not None:
                commands.append(DropPartial())
            self._shown = None
            return
        stable = join_words(self._stable)
        stable_chars = min(len(text), len(stable.rstrip(MARKS) if self._soft else stable))
        partial = Partial(start=words[0].start, text=text, stable_chars=stable_chars, language=self._language)
        if partial != self._shown:
            self._shown = partial
            commands.append(PublishPartial(partial))

    def _tidy(self, commands: list[Command]) -> None:
        """Let go of audio that no window will want, and say when all is done."""
        needed = [self._heard - self._policy.keep_s]
        if self._stretches:
            needed.append(self._left_edge())
        if self._asked is not None:
            needed.append(self._asked.start)
        if self._stable:
            needed.append(self._stable[0].start)
        if min(needed) >= self._forgotten + FORGET_STEP_S:
            self._forgotten = min(needed)
            commands.append(Forget(self._forgotten))
        if self._ended and not (self._finished or self._stretches or self._asked or self._stable):
            self._finished = True
            commands.append(Finish())
