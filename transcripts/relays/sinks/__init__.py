"""The receivers: Zoom, Microsoft Teams, YouTube."""

from __future__ import annotations

from transcripts.relays.model import Kind
from transcripts.relays.sink import CaptionSink
from transcripts.relays.sinks.http import CaptionHttp
from transcripts.relays.sinks.teams import TeamsSink
from transcripts.relays.sinks.youtube import YouTubeSink
from transcripts.relays.sinks.zoom import ZoomSink


def make_sinks(
    http: CaptionHttp,
    *,
    zoom_hosts: tuple[str, ...],
    teams_hosts: tuple[str, ...],
    youtube_hosts: tuple[str, ...],
    allow_local: bool = False,
) -> dict[Kind, CaptionSink]:
    """A sink of each kind. `allow_local` also takes http and local addresses on the listed hosts, for simulators."""
    return {
        "zoom": ZoomSink(http, hosts=zoom_hosts, allow_local=allow_local),
        "teams": TeamsSink(http, hosts=teams_hosts, allow_local=allow_local),
        "youtube": YouTubeSink(http, hosts=youtube_hosts, allow_local=allow_local),
    }
