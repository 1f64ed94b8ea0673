"""Captions for HLS players: WebVTT segments of six seconds and their playlist (RFC 8216). Pure.

A published segment never changes, whatever is corrected later and whichever process answers, because it is made of the
first text that each caption had, and because it is published only when nothing can be added to it: its audio has been
recognised and every caption in it has been translated. Corrections are for viewers' pages and files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from transcripts.exports import cues, escaped, stamp
from transcripts.model import Caption

SEGMENT_S = 6  # seconds of audio in a segment
WINDOW = 10  # segments that a live playlist names
HOLD_S = 1.0  # a segment waits so long for words that began just before its end
# Audio second 0 is at 10 s of the transport stream's 90 kHz clock, where packagers commonly begin.
TIMESTAMP_MAP = "X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """How far a meeting's captions in one language are out."""

    began: dt.datetime  # when the meeting was opened
    # Seconds of audio and the wall clock there, where sound began: at first, and anew after a pause. In order.
    anchors: tuple[tuple[float, dt.datetime], ...] = ()
    complete_s: float  # all captions that begin before this are known
    ended: bool

    def moment(self, second: float) -> dt.datetime:
        """The wall clock at a second of the audio."""
        since, at = next(
            (anchor for anchor in reversed(self.anchors) if anchor[0] <= second), (0.0, self.began)
        )
        return at.astimezone(dt.UTC) + dt.timedelta(seconds=second - since)

    def begins_anew(self, number: int) -> bool:
        """Whether sound began anew in the segment before this one, so that its wall clock is another."""
        begin, end = span(number - 1)
        return any(begin < since <= end for since, _ in self.anchors)

    @property
    def segments(self) -> int:
        """How many segments may be read. After the end the last one may be short."""
        if self.ended:
            return max(0, -int(-self.complete_s // SEGMENT_S))
        return max(0, int((self.complete_s - HOLD_S) // SEGMENT_S))


def playlist(published: Published) -> str:
    """The media playlist: the last segments while the meeting is live, all of them after its end."""
    count = published.segments
    first = 0 if published.ended else max(0, count - WINDOW)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        f"#EXT-X-TARGETDURATION:{SEGMENT_S}",
        f"#EXT-X-MEDIA-SEQUENCE:{first}",
    ]
    if published.ended:
        lines.append("#EXT-X-PLAYLIST-TYPE:VOD")
    for number in range(first, count):
        if number == first or published.begins_anew(number):
            moment = published.moment(number * SEGMENT_S)
            lines.append(
                f"#EXT-X-PROGRAM-DATE-TIME:{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
            )
        lines += [f"#EXTINF:{_duration(published, number):.3f},", f"seg{number}.vtt"]
    if published.ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def _duration(published: Published, number: int) -> float:
    rest = published.complete_s - number * SEGMENT_S
    return min(float(SEGMENT_S), rest) if published.ended else float(SEGMENT_S)


def span(number: int) -> tuple[float, float]:
    """From which to which second of the audio the segment reaches."""
    return float(number * SEGMENT_S), float((number + 1) * SEGMENT_S)


def segment(number: int, captions: Sequence[Caption]) -> str:
    """One segment: every cue that is shown during it, whole, also when it began before or goes on after it."""
    begin, end = (round(second * 1000) for second in span(number))
    blocks = [f"WEBVTT\n{TIMESTAMP_MAP}"]
    for cue in cues(captions, extend=False):
        if cue.start < end and cue.end > begin:
            text = "\n".join(escaped(line) for line in cue.lines)
            blocks.append(f"{cue.id}\n{stamp(cue.start, '.')} --> {stamp(cue.end, '.')}\n{text}")
    return "\n\n".join(blocks) + "\n"
