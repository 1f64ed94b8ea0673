"""Which captions a relay takes up next. Pure.

A receiver cannot revise and shows things in the order in which they come, so segments go out in their order and each
at most once: what is corrected after it went out, and what becomes ready after a later segment went out, stays away.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from transcripts.relays.model import Spoken


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """When captions are left out, so that what is shown stays close to what is being said."""

    waiting: int = 4  # captions; when more wait, only the newest are kept
    kept: int = 2  # so many
    late_s: float = 30.0  # a caption that is ready so long after its words were committed is left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The caption to send next, and how many before it are left out. `last_seq` is then behind us."""

    next: Spoken | None
    late: int
    crowded: int
    last_seq: int


def plan(
    captions: Sequence[Spoken],
    languages: Sequence[str],
    *,
    last_seq: int,
    now: dt.datetime,
    options: PlanOptions,
) -> Plan:
    """The next step, given what is stored of segments after `last_seq`; the preferred language stands first."""
    best: dict[int, Spoken] = {}
    for caption in captions:
        known = best.get(caption.seq)
        if known is None or languages.index(caption.lang) < languages.index(known.lang):
            best[caption.seq] = caption
    waiting = [best[seq] for seq in sorted(best) if seq > last_seq]
    fresh = [one for one in waiting if (now - one.ready_at).total_seconds() <= options.late_s]
    chosen = fresh[-options.kept :] if len(fresh) > options.waiting else fresh
    passed = chosen[0].seq if chosen else (waiting[-1].seq if waiting else last_seq)
    return Plan(
        next=chosen[0] if chosen else None,
        late=len(waiting) - len(fresh),
        crowded=len(fresh) - len(chosen),
        last_seq=passed,
    )
