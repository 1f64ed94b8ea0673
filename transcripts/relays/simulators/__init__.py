"""The other side of each relay, for tests and for trying things out.

A simulator checks the rules that the receiver has, answers as it would, fails as it is told, and remembers what viewers
would see. `faults` are taken by the next requests, one each.
"""

from __future__ import annotations

from collections.abc import Callable

from core.clock import Clock
from transcripts.relays.model import Kind
from transcripts.relays.simulators.receiver import Fault, Receiver, Shown
from transcripts.relays.simulators.teams import TeamsSimulator
from transcripts.relays.simulators.youtube import YouTubeSimulator
from transcripts.relays.simulators.zoom import ZoomSimulator

SIMULATORS: dict[Kind, Callable[[Clock], Receiver]] = {
    "zoom": ZoomSimulator,
    "teams": TeamsSimulator,
    "youtube": YouTubeSimulator,
}

__all__ = ["SIMULATORS", "Fault", "Receiver", "Shown", "TeamsSimulator", "YouTubeSimulator", "ZoomSimulator"]
