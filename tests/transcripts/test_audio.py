"""Audio in: formats, limits and files that mean harm. The files are made here, by FFmpeg through PyAV."""

from __future__ import annotations

import asyncio
import io
import os
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Busy, TooLarge
from transcripts.audio import (
    AudioDecoder,
    AudioLimits,
    check_file,
    decode,
    from_s16le,
    open_file,
    to_s16le,
)
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


# Files of any length, in a process of their own


async def read_all(path: Path, limits: AudioLimits = LIMITS) -> tuple[bytes, bool]:
    pcm = bytearray()
    async with open_file(path, limits=limits) as file:
        while piece := await file.read(100_000):
            pcm += piece
        assert await file.read(100_000) == b""
        return bytes(pcm), file.broken


def kept(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "file"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("container", "codec"), [("flac", "flac"), ("ogg", "libopus"), ("mp4", "aac"), ("mp3", "libmp3lame")]
)
async def test_file_gives_the_same_samples_as_from_memory(container: str, codec: str, tmp_path: Path) -> None:
    data = encoded(container, codec, rate=48_000, layout="stereo", seconds=3.0)
    pcm, broken = await read_all(kept(tmp_path, data))
    assert pcm == to_s16le(decode(data, limits=LIMITS))
    assert not broken


async def test_decoding_waits_while_nobody_reads(tmp_path: Path) -> None:
    """A file of two minutes; leaving early ends its process."""
    path = kept(tmp_path, encoded("flac", "flac", seconds=120.0))
    async with open_file(path, limits=LIMITS) as file:
        assert len(await file.read(RATE)) == 2 * RATE
        process = file._process
        assert process.returncode is None
    assert process.returncode == -9


async def test_file_that_breaks_off_is_told_at_its_end(tmp_path: Path) -> None:
    whole = encoded("flac", "flac", seconds=10.0)
    pcm, broken = await read_all(kept(tmp_path, whole[: len(whole) // 2]))
    assert broken
    assert 2 * RATE < len(pcm) < 20 * RATE


async def test_mp4_without_its_index_is_refused(tmp_path: Path) -> None:
    whole = encoded("mp4", "aac", seconds=10.0)
    with pytest.raises(UnreadableAudio, match="not audio"):
        await read_all(kept(tmp_path, whole[: len(whole) // 2]))


async def test_process_that_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    path = kept(tmp_path, encoded("flac", "flac"))
    with pytest.raises(UnreadableAudio):
        await read_all(path, AudioLimits(memory=40 * 1024 * 1024))


async def test_process_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setparams((1, 1, 8000, 0, "NONE", ""))
        out.writeframes(bytes(3 * 3600 * 8000))  # three hours
    path = kept(tmp_path, buffer.getvalue())
    with pytest.raises(UnreadableAudio, match="too long to be read"):
        await read_all(path, AudioLimits(bytes=10**9, seconds=10**6, processor_s=1.0))


async def test_process_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    """A pipe that nobody writes to: opening it never ends."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(UnreadableAudio, match="too long to be read"):
        async with open_file(path, limits=LIMITS, stall_s=0.2) as file:
            await file.read(RATE)


def many_streams(count: int) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as out:
        streams = [out.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(count)]
        for stream in streams:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 80), np.int16), format="s16", layout="mono")
            frame.sample_rate = 8000
            out.mux(stream.encode(frame))
    return buffer.getvalue()


@pytest.mark.parametrize("count", [17, 120])
async def test_thousand_streams_cost_nothing(count: int, tmp_path: Path) -> None:
    data = many_streams(count)
    with pytest.raises((TooLarge, UnreadableAudio)):
        await read_all(kept(tmp_path, data))
    with pytest.raises((TooLarge, UnreadableAudio)):
        decode(data, limits=LIMITS)


def video(width: int, height: int, codec: str = "mpeg4", *, sound: bool = True) -> bytes:
    """A short film, with a second of a tone."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as out:
        pictures = out.add_stream(codec, rate=5)
        pictures.width, pictures.height, pictures.pix_fmt = width, height, "yuv420p"
        voice = out.add_stream("pcm_s16le", rate=RATE, layout="mono") if sound else None
        picture = av.VideoFrame(width, height, "yuv420p")
        for plane in picture.planes:
            plane.update(bytes(plane.buffer_size))
        out.mux(pictures.encode(picture))
        out.mux(pictures.encode(None))
        if voice is not None:
            frame = av.AudioFrame.from_ndarray(
                (tone(1.0) * 32767).astype(np.int16).reshape(1, -1), format="s16", layout="mono"
            )
            frame.sample_rate = RATE
            out.mux(voice.encode(frame))
    return buffer.getvalue()


async def test_sound_of_a_film_is_heard_without_looking_at_its_pictures(tmp_path: Path) -> None:
    """8,000 by 4,000 pixels are 48 MB decoded; the process has hardly more than Python itself needs."""
    data = video(8000, 4000)
    pcm, _ = await read_all(kept(tmp_path, data), AudioLimits(memory=160 * 1024 * 1024))
    assert len(pcm) == 2 * RATE


async def test_film_without_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableAudio, match="no sound in it"):
        await read_all(kept(tmp_path, video(64, 64, sound=False)))


async def test_length_that_the_file_cannot_have_is_not_believed(tmp_path: Path) -> None:
    """The head of this FLAC claims 12 hours; it has a second."""
    data = bytearray(encoded("flac", "flac"))
    samples = 12 * 3600 * RATE
    data[8 + 13 : 8 + 18] = bytes([data[21] & 0xF0 | samples >> 32]) + (samples & 0xFFFFFFFF).to_bytes(
        4, "big"
    )
    pcm, broken = await read_all(kept(tmp_path, bytes(data)))
    assert (len(pcm) // 2, broken) == (pytest.approx(RATE, rel=0.1), True)


async def test_length_that_the_file_can_have_is_believed_at_once(tmp_path: Path) -> None:
    path = kept(tmp_path, encoded("wav", "pcm_s16le", seconds=30.0))
    with pytest.raises(TooLarge, match="longer than 10 seconds"):
        await check_file(path, limits=AudioLimits(seconds=10.0))


async def test_too_large_a_file_is_not_even_opened(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="larger than 1 KiB"):
        await read_all(kept(tmp_path, bytes(2000)), AudioLimits(bytes=1024))


async def test_decoding_process_knows_none_of_our_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MADOGUCHI_LINE__CHANNEL_SECRET", "a secret")
    async with open_file(kept(tmp_path, encoded("flac", "flac", seconds=60.0)), limits=LIMITS) as file:
        await file.read(1)
        environment = await asyncio.to_thread(Path(f"/proc/{file._process.pid}/environ").read_bytes)
    assert b"a secret" not in environment


@given(st.binary(min_size=1, max_size=60), st.integers(min_value=0, max_value=2000))
def test_damaged_file_is_read_or_refused_in_one_sentence(noise: bytes, at: int) -> None:
    data = bytearray(DAMAGED)
    data[at : at + len(noise)] = noise
    try:
        outcome = str(len(decode(bytes(data), limits=AudioLimits(seconds=10))) <= 10 * RATE)
    except (UnreadableAudio, TooLarge) as error:
        outcome = str(error)[-1]
    assert outcome in ("True", ".")


DAMAGED = encoded("ogg", "libopus")
