"""`transcribe` and `caption`."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import select
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from config.commands.shell import json_option, progress, read_bytes, run, say, settings
from core.clock import Clock, SystemClock
from core.errors import InvalidInput, Unavailable
from transcripts.exports import to_srt, to_txt, to_vtt
from transcripts.model import Caption, Segment

if TYPE_CHECKING:
    from config.settings import Settings
    from translation.service import Translator

PIECE_S = 0.1  # seconds of audio handed over at once
LOOK_S = 0.25  # seconds between looks at whether to stop, while no audio comes
BYTES_PER_S = 32_000  # s16le, 16 kHz, mono
WRITERS: dict[str, Callable[[Iterable[Caption]], str]] = {"vtt": to_vtt, "srt": to_srt, "txt": to_txt}


def _tags(value: str) -> list[str]:
    """Language tags separated by commas. Raises UnknownLanguage."""
    from translation.languages import language

    return [language(tag.strip()).tag for tag in value.split(",") if tag.strip()]


@click.command()
@click.argument("file")
@click.option("--language", default="", metavar="TAG", help="What is spoken; found out if not given.")
@click.option("--to", "targets", default="", metavar="TAG,TAG", help="Languages to translate into.")
@click.option("--format", "form", type=click.Choice([*WRITERS, "json"]), default="txt", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file instead of stdout.")
@json_option
def transcribe(file: str, language: str, targets: str, form: str, output: Path | None, as_json: bool) -> None:
    """Write down what is said in an audio FILE."""
    if output is not None and not output.parent.is_dir():
        raise InvalidInput(
            f"There is no folder “{output.parent}” to write the file into."
        )  # said before the work
    text = run(_transcribe(file, language, _tags(targets), "json" if as_json else form))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"The file “{output}” cannot be written: {error.strerror}.") from error


async def _transcribe(file: str, language: str, targets: list[str], form: str) -> str:
    from config.opening import open_recogniser
    from transcripts.audio import AudioDecoder, AudioLimits
    from transcripts.offline import transcribe as transcribe_samples

    found = settings()
    spoken = _spoken(language)
    limits = AudioLimits(bytes=found.http.upload_limit)
    decoder = AudioDecoder(limits=limits)
    samples = await decoder.decode(read_bytes(file, limit=limits.bytes))
    await decoder.close()
    recogniser = await open_recogniser(found.recogniser, found.data_dir)
    try:
        spoken = spoken or _only(recogniser.languages)
        segments = await transcribe_samples(samples, recogniser=recogniser, language=spoken or None)
    finally:
        await recogniser.close()
    translated = await _translate(found, segments, targets)
    if form == "json":
        document = {
            "language": segments[0].language if segments else spoken,
            "segments": [
                {
                    **{key: value for key, value in dataclasses.asdict(segment).items() if key != "words"},
                    "translations": {tag: translated[tag][at] for tag in targets},
                }
                for at, segment in enumerate(segments)
            ],
        }
        return json.dumps(document, ensure_ascii=False) + "\n"
    captions = [
        _caption(
            segment,
            "\n".join(translated[tag][at] for tag in targets) if targets else segment.text,
            targets[0] if targets else segment.language,
        )
        for at, segment in enumerate(segments)
    ]
    return WRITERS[form](captions)


def _spoken(language: str) -> str:
    """The base code of a language tag, checked. Raises UnknownLanguage."""
    return _tags(language)[0].split("-")[0] if language else ""


def _only(languages: frozenset[str]) -> str:
    return next(iter(languages)) if len(languages) == 1 else ""


def _caption(segment: Segment, text: str, tag: str) -> Caption:
    return Caption(
        meeting_id="",
        seq=segment.seq,
        rev=1,
        lang=tag,
        text=text,
        start=segment.start,
        end=segment.end,
        origin="speech",
        flags=(),
        position=segment.seq,
    )


async def _translate(
    found: Settings, segments: tuple[Segment, ...], targets: list[str]
) -> dict[str, list[str]]:
    """The segments' text in each language."""
    if not targets:
        return {}
    from config.opening import open_translator

    async with open_translator(found, progress()) as translator:
        return {
            tag: [
                (
                    await translator.translate(segment.text, source=segment.language, target=tag, lane="bulk")
                ).text
                for segment in segments
            ]
            for tag in targets
        }


@click.command()
@click.argument("file")
@click.option(
    "--language", default="en", show_default=True, metavar="TAG,TAG", help="What is spoken, mostly the first."
)
@click.option("--to", "targets", default="", metavar="TAG,TAG", help="Languages to translate into.")
@click.option(
    "--names", default="", metavar="NAME,NAME", help="Names and terms that will be said, as written."
)
@click.option("--speed", default=1.0, show_default=True, help="Times speaking speed; 0: as fast as it goes.")
@json_option
def caption(file: str, language: str, targets: str, names: str, speed: float, as_json: bool) -> None:
    """Caption a FILE, or raw 16 kHz mono s16le on stdin with "-", as if it were live; JSON lines.

    Ctrl-C ends the audio; the last words still come.
    """
    if speed < 0:
        raise InvalidInput("--speed must be 0 or more.")
    spoken = _tags(language)
    if not spoken:
        raise InvalidInput("--language needs a language tag, such as en or ja,pt-BR.")
    hotwords = tuple(name.strip() for name in names.split(",") if name.strip())
    run(_caption_live(file, spoken, _tags(targets), hotwords, speed))


async def _caption_live(
    file: str, spoken: list[str], targets: list[str], hotwords: tuple[str, ...], speed: float
) -> None:
    from config.opening import open_recogniser, open_translator
    from transcripts.session import LiveOptions, LiveRunner

    found = settings()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    pieces = _stdin(stop) if file == "-" else await _file(found, file)
    async with AsyncExitStack() as stack:
        recogniser = await open_recogniser(found.recogniser, found.data_dir)
        stack.push_async_callback(recogniser.close)
        _check_spoken(spoken, recogniser.languages)
        translator = None
        if targets:
            translator = await stack.enter_async_context(open_translator(found, progress()))
            for language in spoken:
                _check_routes(translator, language, targets)
        clock = SystemClock()
        runner = LiveRunner(
            recogniser=recogniser,
            options=LiveOptions().when_translated() if targets else LiveOptions(),
            language=spoken[0],
            languages=tuple(spoken),
            hotwords=hotwords,
            clock=clock,
        )
        stack.push_async_callback(runner.close)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_feed(runner, pieces, stop, speed if file != "-" else 0.0, clock))
                group.create_task(_print(runner, translator, targets, clock))
        except* Exception as errors:
            raise errors.exceptions[0] from None


def _check_spoken(spoken: list[str], heard: frozenset[str]) -> None:
    for language in spoken:
        if language.split("-")[0] not in heard:
            raise Unavailable(
                f"The speech model hears {', '.join(sorted(heard))}, not {language}; set MADOGUCHI_RECOGNISER__MODEL."
            )


def _check_routes(translator: Translator, language: str, targets: list[str]) -> None:
    for tag in targets:
        if tag != language and not translator.can(language, tag):
            raise Unavailable(
                f"No installed model leads from {language} to {tag}; see `madoguchi models list`."
            )


async def _feed(
    runner: Any, pieces: AsyncIterator[bytes], stop: asyncio.Event, speed: float, clock: Clock
) -> None:
    """Hand audio over at speaking speed (stdin sets its own pace) until `stop`, then let the last words come."""
    started, sent = clock.monotonic(), 0
    async for piece in pieces:
        if stop.is_set():
            break
        sent += len(piece)
        if speed:
            ahead = sent / BYTES_PER_S / speed - (clock.monotonic() - started)
            await asyncio.sleep(max(0.0, ahead))
        await runner.feed(piece)
    await runner.end()


async def _print(runner: Any, translator: Any, targets: list[str], clock: Clock) -> None:
    started, seq = clock.monotonic(), 0

    def emit(kind: str, **values: Any) -> None:
        heard, wall = round(runner.heard_s, 3), round(clock.monotonic() - started, 3)
        say({"type": kind, **values, "audio_s": heard, "wall_s": wall})

    async for output in runner.outputs():
        if not isinstance(output, Segment):
            emit(
                "partial",
                seq=seq + 1,
                rev=0,
                lang=output.language,
                text=output.text,
                stable_chars=output.stable_chars,
                start=round(output.start, 3),
                end=round(runner.heard_s, 3),
            )
            continue
        seq = output.seq
        times = {"start": round(output.start, 3), "end": round(output.end, 3)}
        emit("segment", seq=seq, rev=1, lang=output.language, text=output.text, **times)
        for tag in targets:
            if tag == output.language:
                continue  # it is the segment itself
            result = await translator.translate(output.text, source=output.language, target=tag, lane="live")
            emit("caption", seq=seq, rev=1, lang=tag, text=result.text, **times)
    end = round(runner.heard_s, 3)
    emit("end", seq=seq, rev=0, lang="", text="", start=end, end=end)


async def _file(found: Settings, file: str) -> AsyncIterator[bytes]:
    from transcripts.audio import AudioDecoder, AudioLimits, to_s16le

    limits = AudioLimits(bytes=found.http.upload_limit)
    decoder = AudioDecoder(limits=limits)
    pcm = to_s16le(await decoder.decode(read_bytes(file, limit=limits.bytes)))
    await decoder.close()
    return _cut(pcm)


async def _cut(pcm: bytes) -> AsyncIterator[bytes]:
    step = int(PIECE_S * BYTES_PER_S)
    for at in range(0, len(pcm), step):
        yield pcm[at : at + step]


async def _stdin(stop: asyncio.Event) -> AsyncIterator[bytes]:
    """Whatever comes, as it comes, read away from the event loop."""
    while not stop.is_set():
        piece = await asyncio.to_thread(_read, sys.stdin.fileno(), int(PIECE_S * BYTES_PER_S))
        if piece == b"":
            break
        if piece is not None:
            yield piece


def _read(descriptor: int, most: int) -> bytes | None:
    """What can be read now; None when nothing comes for a while, so that nobody waits for a pipe that stays open."""
    ready, _, _ = select.select([descriptor], [], [], LOOK_S)
    return os.read(descriptor, most) if ready else None
