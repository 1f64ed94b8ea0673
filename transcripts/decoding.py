"""Files of strangers into samples: what FFmpeg may open, how much comes out, and a process of its own for long files.

The list of container formats leaves out playlists and every other format that can name further files or addresses,
the list of protocols is empty, and only decoders of sound may be opened, so a file can neither make the service read
a file or call an address, nor have its pictures decoded.

A long file is decoded by `python -m transcripts.decoding`, which takes no more memory and processor time than it is
told and whose death harms nobody. It writes samples to stdout (raw s16le, 16 kHz, mono) and ends with one line of JSON
on stderr. This module imports no more than that needs.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import AppError, TooLarge
from core.metrics import counter
from transcripts.errors import UnreadableAudio

RATE = 16_000  # samples per second of what comes out
FORMATS = "aac,ac3,aiff,amr,asf,au,caf,flac,matroska,webm,mov,mp4,m4a,3gp,mp3,mpeg,mpegts,ogg,w64,wav"
# Only these are opened when a file is looked into.
DECODERS = ",".join(
    [
        "aac,aac_latm,ac3,eac3,alac,amrnb,amrwb,flac,gsm,gsm_ms,mp1,mp1float,mp2,mp2float,mp3,mp3float,opus,libopus,speex",
        "libspeex,vorbis,libvorbis,wmav1,wmav2,wmapro,wmalossless,wmavoice,g722,g726,adpcm_ima_wav,adpcm_ms,adpcm_ima_qt",
        "pcm_alaw,pcm_mulaw,pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le",
        "pcm_f32be,pcm_f64le,pcm_f64be,pcm_u16le,pcm_bluray,pcm_dvd,pcm_lxf",
    ]
)
GUESSED = {"aac", "ac3", "amr", "mp3", "mpeg", "mpegts"}  # containers whose length FFmpeg only guesses
THINNEST = 400  # bytes per second below which a file does not hold the length that it claims

REFUSED = counter("audio_refused", "Audio files refused, by the limit or fault", ["reason"])


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioLimits:
    """How much audio one caller may hand over at once, and what decoding it may cost."""

    bytes: int = 64 * 1024 * 1024
    seconds: float = 2 * 3600.0
    streams: int = 16  # streams of any kind inside the container
    memory: int = 512 * 1024 * 1024  # bytes of address space of a decoding process
    processor_s: float = 600.0  # processor time of a decoding process


def refusal(reason: str, limits: AudioLimits) -> AppError:
    """The error for a reason: `bytes`, `seconds`, `streams`, `silent`, `empty`, `slow` or `unreadable`."""
    REFUSED.labels(reason).inc()
    too_large = {
        "bytes": f"This audio file is larger than {limits.bytes // 1024} KiB; send a shorter one.",
        "seconds": f"This audio is longer than {limits.seconds:.0f} seconds; cut it into parts.",
        "streams": f"This file has more than {limits.streams} streams; send the sound alone.",
    }
    if reason in too_large:
        return TooLarge(too_large[reason], key=f"uploads.trouble.{reason}")
    unreadable = {
        "silent": "This file has no sound in it; send an audio file.",
        "empty": "This audio file holds no sound; record it again.",
        "slow": "This file takes too long to be read; save it in another format, such as WAV or MP3.",
    }
    sentence = unreadable.get(
        reason, "This file is not audio that can be read; send WAV, FLAC, MP3, M4A, OGG or WebM."
    )
    return UnreadableAudio(sentence, key=f"uploads.trouble.{reason}")


@dataclass(slots=True)
class Outcome:
    """What became known when the last piece was there."""

    broken: bool = False  # the file ends before it should


def pieces(file: BinaryIO, limits: AudioLimits, outcome: Outcome) -> Iterator[bytes]:
    """The first audio stream as 16 kHz mono s16le, piece by piece. Blocking.

    Raises `TooLarge` when a limit is passed and `UnreadableAudio` when there is no audio to be had.
    """
    import av  # noqa: PLC0415 -- after the limits of the process are set

    try:
        yield from _converted(av, file, limits, outcome)
    except (av.error.FFmpegError, MemoryError, UnicodeDecodeError) as error:
        raise refusal("unreadable", limits) from error


def _converted(av: Any, file: BinaryIO, limits: AudioLimits, outcome: Outcome) -> Iterator[bytes]:
    options = {
        "format_whitelist": FORMATS,
        "protocol_whitelist": "none",
        "codec_whitelist": DECODERS,
        "max_streams": str(limits.streams + 1),
    }
    with av.open(file, mode="r", metadata_errors="ignore", options=options) as container:
        if len(container.streams) > limits.streams:
            raise refusal("streams", limits)
        if not container.streams.audio:
            raise refusal("silent", limits)
        claimed_s = _claimed_s(container)
        if claimed_s > limits.seconds and _size(file) >= claimed_s * THINNEST:
            raise refusal("seconds", limits)
        stream = container.streams.audio[0]
        stream.codec_context.thread_count = 1
        for other in container.streams:
            if other.index != stream.index:
                other.discard = av.stream.Discard.all
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        heard = 0
        for frame in _frames(av, container, stream, outcome):
            for out in resampler.resample(frame):
                heard += out.samples
                if heard > limits.seconds * RATE:
                    raise refusal("seconds", limits)
                yield bytes(out.planes[0])[: out.samples * 2]
        outcome.broken = outcome.broken or heard / RATE < claimed_s * 0.99 - 1.0


def _frames(av: Any, container: Any, stream: Any, outcome: Outcome) -> Iterator[Any]:
    """Frames until the end or, as long as something was heard, until the file breaks off; then None."""
    heard = False
    try:
        for frame in container.decode(stream):
            heard = True
            yield frame
    except av.error.FFmpegError:
        if not heard:
            raise
        outcome.broken = True
    yield None


def _claimed_s(container: Any) -> float:
    """The length that the file claims; 0 where it claims none that could be trusted."""
    if set(container.format.name.split(",")) & GUESSED or not container.duration:
        return 0.0
    return max(0.0, float(container.duration) / 1_000_000)


def _size(file: BinaryIO) -> int:
    here = file.tell()
    size = file.seek(0, 2)
    file.seek(here)
    return size


def confine(limits: AudioLimits) -> None:
    """Let this process have no more than the limits say, for good, and write no files."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    seconds = max(1, int(limits.processor_s))
    resource.setrlimit(
        resource.RLIMIT_CPU, (seconds, seconds + 5)
    )  # first SIGXCPU, which tells why, then SIGKILL


def main(path: str, given: str) -> None:
    """Decode the file at `path` to stdout under the limits `given` as JSON."""
    limits = AudioLimits(**json.loads(given))
    confine(limits)
    outcome, reason = Outcome(), ""
    try:
        with Path(path).open("rb") as file:
            for piece in pieces(file, limits, outcome):
                sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    except AppError as error:
        reason = error.key.rpartition(".")[2]
    except BrokenPipeError:
        sys.exit(1)  # nobody wants the rest
    print(json.dumps({"reason": reason, "broken": outcome.broken}), file=sys.stderr)  # noqa: T201 -- its answer


def command(path: Path, limits: AudioLimits) -> list[str]:
    """The command line of a process that decodes the file."""
    return [sys.executable, "-m", "transcripts.decoding", str(path), json.dumps(asdict(limits))]


if __name__ == "__main__":
    main(*sys.argv[1:])
