"""Audio in: formats, limits and files that mean harm. The files are made here, by FFmpeg through PyAV."""

from __future__ import annotations

import asyncio
import io
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Busy, TooLarge
from transcripts.audio import AudioDecoder, AudioLimits, decode, from_s16le, to_s16le
from transcripts.errors import UnreadableAudio
from transcripts.recogniser import RATE, Samples

LIMITS = AudioLimits()


def tone(seconds: float, rate: int = RATE) -> Samples:
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def encoded(
    container: str, codec: str, *, rate: int = RATE, layout: str = "mono", seconds: float = 1.0
) -> bytes:
    """A tone in some format."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate, frame_size=1024)
        frame = av.AudioFrame.from_ndarray(tone(seconds, rate).reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = rate
        for each in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(each))
        out.mux(stream.encode(None))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("container", "codec", "rate", "layout"),
    [
        ("wav", "pcm_s16le", 16_000, "mono"),
        ("wav", "pcm_f32le", 44_100, "stereo"),
        ("flac", "flac", 48_000, "stereo"),
        ("ogg", "libopus", 48_000, "mono"),
        ("mp4", "aac", 44_100, "stereo"),
        ("webm", "libopus", 48_000, "stereo"),
    ],
)
def test_format_becomes_mono_at_16_khz(container: str, codec: str, rate: int, layout: str) -> None:
    samples = decode(encoded(container, codec, rate=rate, layout=layout), limits=LIMITS)
    assert samples.dtype == np.float32
    assert samples.shape == (pytest.approx(RATE, rel=0.08),)
    heard = np.abs(np.fft.rfft(samples[:RATE]))
    assert np.argmax(heard) * RATE / min(RATE, len(samples)) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("data", [b"", b"not audio at all", b"RIFF\x00\x00\x00\x00WAVE", bytes(1000)])
def test_bytes_that_are_not_audio_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableAudio, match="audio"):
        decode(data, limits=LIMITS)


def test_file_with_too_many_bytes_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge, match="larger than 1 KiB"):
        decode(bytes(2000), limits=AudioLimits(bytes=1024))


def test_audio_that_lasts_too_long_is_refused() -> None:
    with pytest.raises(TooLarge, match="longer than 1 seconds"):
        decode(encoded("flac", "flac", seconds=1.5), limits=AudioLimits(seconds=1.0))


def test_audio_as_long_as_the_limit_is_read() -> None:
    samples = decode(encoded("wav", "pcm_s16le", seconds=1.0), limits=AudioLimits(seconds=1.0))
    assert len(samples) == RATE


def test_file_with_too_many_streams_is_refused() -> None:
    with pytest.raises(TooLarge, match="streams"):
        decode(encoded("wav", "pcm_s16le"), limits=AudioLimits(streams=0))


def test_picture_is_refused() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as out:
        stream = out.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(UnreadableAudio, match="no sound"):
        decode(buffer.getvalue(), limits=LIMITS)


def test_file_that_breaks_off_gives_what_was_there() -> None:
    whole = encoded("flac", "flac", seconds=2.0)
    samples = decode(whole[: len(whole) // 2], limits=LIMITS)
    assert 0 < len(samples) < 2 * RATE


@pytest.mark.parametrize("kind", ["hls", "concat"])
def test_playlist_cannot_make_the_service_open_a_file(kind: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(encoded("wav", "pcm_s16le"))
    playlist = {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile '{secret}'\n",
    }[kind]
    with pytest.raises(UnreadableAudio):
        decode(playlist.encode(), limits=LIMITS)


def test_wav_samples_come_back_as_they_were() -> None:
    values = np.array([0, 1, -1, 1000, -32768, 32767] * 100, np.int16)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(values.astype("<i2").tobytes())
    assert to_s16le(decode(buffer.getvalue(), limits=LIMITS)) == values.astype("<i2").tobytes()


@given(st.binary(max_size=200))
def test_raw_samples_survive_both_ways(pcm: bytes) -> None:
    whole = pcm[: len(pcm) // 2 * 2]
    assert to_s16le(from_s16le(pcm)) == whole


def test_sound_louder_than_full_scale_is_clipped() -> None:
    loud = np.array([2.0, -2.0], np.float32)
    assert np.frombuffer(to_s16le(loud), "<i2").tolist() == [32767, -32768]


@given(st.binary(max_size=400))
def test_random_bytes_are_refused_in_one_sentence(data: bytes) -> None:
    with pytest.raises((UnreadableAudio, TooLarge), match=r"\.$"):
        decode(data, limits=AudioLimits(seconds=10))


async def test_decoder_works_away_from_the_event_loop() -> None:
    decoder = AudioDecoder(limits=LIMITS)
    samples = await decoder.decode(encoded("wav", "pcm_s16le"))
    await decoder.close()
    assert len(samples) == RATE


async def test_decoder_refuses_more_files_than_may_wait() -> None:
    decoder = AudioDecoder(limits=LIMITS, workers=1, waiting=1)
    data = encoded("wav", "pcm_s16le")
    results = await asyncio.gather(*(decoder.decode(data) for _ in range(5)), return_exceptions=True)
    await decoder.close()
    assert [type(each) for each in results].count(Busy) == 3


async def test_decoder_takes_files_again_after_a_refused_one() -> None:
    decoder = AudioDecoder(limits=LIMITS, workers=1, waiting=0)
    with pytest.raises(UnreadableAudio):
        await decoder.decode(b"nonsense")
    assert len(await decoder.decode(encoded("wav", "pcm_s16le"))) == RATE
    await decoder.close()
