"""What happens to a live session and what it wants done. Times are seconds of audio."""

from __future__ import annotations

from dataclasses import dataclass

from transcripts.model import Hypothesis, Partial, Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of audio to recognise. `final`: a voiced stretch ends here and its words will not be asked again.

    `languages`: what may be spoken, the most likely first. With more than one, the recogniser finds out.
    """

    number: int
    start: float
    end: float
    final: bool
    languages: tuple[str, ...]

    @property
    def language(self) -> str | None:
        """The language, where it need not be found out."""
        return self.languages[0] if len(self.languages) == 1 else None


@dataclass(frozen=True, slots=True)
class AudioArrived:
    """All audio up to `until` has been heard, and its voice events were handled before this one."""

    until: float


@dataclass(frozen=True, slots=True)
class VoiceStarted:
    """Somebody speaks from `at` on."""

    at: float


@dataclass(frozen=True, slots=True)
class VoiceStopped:
    """The voice fell silent at `at`."""

    at: float


@dataclass(frozen=True, slots=True)
class Recognised:
    """The answer to a `Recognise`. `cost_s` is how long it took, waiting included."""

    window: Window
    hypothesis: Hypothesis
    cost_s: float


@dataclass(frozen=True, slots=True)
class RecognitionFailed:
    """The recogniser raised an error instead of answering."""

    window: Window


@dataclass(frozen=True, slots=True)
class Tick:
    """No audio has arrived for `idle_s` seconds of wall time."""

    idle_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """No more audio will come."""


Event = AudioArrived | VoiceStarted | VoiceStopped | Recognised | RecognitionFailed | Tick | Ended


# Commands.
@dataclass(frozen=True, slots=True)
class Recognise:
    """Recognise this window; answer with `Recognised` or `RecognitionFailed`."""

    window: Window


@dataclass(frozen=True, slots=True)
class PublishPartial:
    """Show what is being said now, in place of the partial before."""

    partial: Partial


@dataclass(frozen=True, slots=True)
class DropPartial:
    """Nothing is being said any more; take the partial away."""


@dataclass(frozen=True, slots=True)
class Commit:
    """Keep this segment for good. It replaces the beginning of the partial shown."""

    segment: Segment


@dataclass(frozen=True, slots=True)
class Forget:
    """Audio before this time will not be asked for again."""

    before: float


@dataclass(frozen=True, slots=True)
class Finish:
    """Everything that was said is committed."""


Command = Recognise | PublishPartial | DropPartial | Commit | Forget | Finish
