"""When a live session recognises, commits and shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from transcripts.clauses import HoldLimits
from transcripts.guards import GuardLimits
from transcripts.sentences import SegmentLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePolicy:
    """When to recognise, when to commit, what to show."""

    pre_roll_s: float = 0.3  # sound before a voice start that belongs to its window
    post_roll_s: float = 0.15  # sound after a voice stop that belongs to its window
    first_step_s: float = 0.75  # sound of a stretch before it is recognised for the first time
    eager_step_s: float = 0.25  # new sound before it is recognised again …
    eager_s: float = 1.5  # … while the stretch is no longer than this: its first word is awaited
    step_s: float = 0.5  # new sound before it is recognised again …
    settle_s: float = 0.5  # sound that follows a word before it can become stable: it helps to hear it
    step_cost: float = 1.4  # … or this many times what the last recognition cost, when that is more
    window_s: float = 12.0  # a window longer than this is cut at stable words
    hard_window_s: float = 22.0  # a window of this length is cut whether words are stable or not
    tail_s: float = 1.0  # sound at the end of a forced cut that stays for the next window
    unheard_s: float = (
        1.0  # voice after the last word of a hypothesis from which on it is asked for once more
    )
    least_s: float = 0.1  # a leftover shorter than this is not worth a recognition
    keep_s: float = 1.0  # silence kept in memory, so that a window can begin before its voice
    idle_s: float = 2.0  # wall time without audio after which an open stretch is taken as closed
    masked_words: int = 1  # newest words of a hypothesis that are not shown yet
    retries: int = 1  # how often a failed final window is tried again
    detect_s: float = 2.0  # sound from which on the language is found out, where several are spoken
    limits: SegmentLimits = field(default_factory=SegmentLimits)
    guards: GuardLimits = field(default_factory=GuardLimits)
    hold: HoldLimits = field(default_factory=HoldLimits)
