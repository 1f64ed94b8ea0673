"""When nobody is disturbed."""

from __future__ import annotations

import datetime as dt


def next_allowed(now: dt.datetime, begins: dt.time, ends: dt.time) -> dt.datetime:
    """`now`, or the end of the quiet hours if it lies in them. `now` is local; the hours may pass midnight; equal
    times mean that there are none."""
    time = now.time()
    if begins == ends:
        return now
    overnight = begins > ends
    quiet = (time >= begins or time < ends) if overnight else begins <= time < ends
    if not quiet:
        return now
    day = now.date() + dt.timedelta(days=1 if overnight and time >= begins else 0)
    return dt.datetime.combine(day, ends, now.tzinfo)
