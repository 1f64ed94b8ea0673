"""Where sound comes from: `send`, and `rtms-simulator` to try Zoom's streams with."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from config.commands.shell import json_option, run, say, settings
from core.clock import SystemClock
from core.errors import InvalidInput, Unavailable
from core.tasks import Tasks

if TYPE_CHECKING:
    from transcripts.rtms.protocol import Credentials
    from transcripts.rtms.simulator import RtmsSimulator
    from transcripts.sending import Event

BLOCK = 32_000  # bytes: a second


@click.command()
@click.argument("meeting", metavar="MEETING_URL")
@click.argument("file", default="-")
@click.option("--token", default="", help="The meeting's sender token, unless the address has it.")
@click.option(
    "--token-file", type=click.Path(path_type=Path), help="A file that holds it; `ps` shows options."
)
@click.option("--keep", default=300.0, show_default=True, metavar="SECONDS", help="Kept while away.")
@click.option("--give-up", default=600.0, show_default=True, metavar="SECONDS", help="Without a connection.")
@click.option(
    "--speed", default=0.0, show_default=True, help="Of a FILE, times speaking speed; 0: as it goes."
)
@json_option
def send(
    meeting: str,
    file: str,
    token: str,
    token_file: Path | None,
    keep: float,
    give_up: float,
    speed: float,
    as_json: bool,
) -> None:
    """Send sound to a meeting: raw 16 kHz mono s16le from stdin ("-"), or an audio FILE.

    \b
    ffmpeg -i rtmp://… -ac 1 -ar 16000 -f s16le - | madoguchi send https://…/meetings/abc --token …

    Connects again by itself and goes on where it was. Ends, with status 0, when every word is stored.
    """
    from transcripts.sending import target

    if min(keep, give_up) <= 0 or speed < 0:
        raise InvalidInput("--keep and --give-up must be more than 0, and --speed not less.")
    if token_file is not None:
        token = _token(token_file)
    run(_send(target(meeting, token), file, keep=keep, give_up=give_up, speed=speed, as_json=as_json))


def _token(file: Path) -> str:
    try:
        return file.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise InvalidInput(f"The token cannot be read from “{file}”.") from error


async def _send(where: Any, file: str, *, keep: float, give_up: float, speed: float, as_json: bool) -> None:
    from transcripts.sending import SendOptions, SoundSender

    settings()  # sets logs up
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop_once(number: int) -> None:
        loop.remove_signal_handler(number)  # a second one ends the process at once
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop_once, number)
    sender = SoundSender(
        where,
        clock=SystemClock(),
        tell=say if as_json else _tell,
        options=SendOptions(keep_s=keep, give_up_s=give_up),
    )
    sound = _stdin() if file == "-" else _paced(_file(file), speed)
    await sender.send(_until(stop, sound))


def _tell(event: Event) -> None:
    """What a person wants to know, on stderr."""
    if event["type"] == "progress" and not sys.stderr.isatty():
        return
    sentence = {
        "connected": "connected; {kept_s:.0f} s to send",
        "progress": "\r\033[K{received_s:.0f} s arrived, {stored_s:.0f} s stored, {behind_s:.0f} s behind",
        "lost": "connection lost ({reason}); {kept_s:.0f} s kept",
        "refused": "{message} Trying again.",
        "ended": "everything is stored: {received_s:.0f} s",
    }[event["type"]]
    click.echo(sentence.format(**event), err=True, nl=event["type"] != "progress")


async def _until(stop: asyncio.Event, sound: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The sound until it ends or `stop` is set; what came before is still sent."""

    async def following() -> bytes:
        return await anext(sound, b"")

    tasks = Tasks()
    stopping = tasks.spawn("stop", stop.wait())
    try:
        while True:
            coming = tasks.spawn("sound", following())
            await asyncio.wait([coming, stopping], return_when=asyncio.FIRST_COMPLETED)
            if not coming.done() or not (piece := coming.result()):
                return
            yield piece
    finally:
        await tasks.close()


async def _stdin() -> AsyncIterator[bytes]:
    """Raw samples from stdin. A pipe is waited for on the event loop, so that it can be left at any moment."""
    mode = os.fstat(sys.stdin.fileno()).st_mode
    source = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # noqa: ASYNC230, SIM115 -- opening a descriptor does not block
    if stat.S_ISREG(mode):
        while piece := await asyncio.to_thread(source.read, BLOCK):
            yield piece
        return
    reader = asyncio.StreamReader(limit=BLOCK)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), source
    )
    try:
        while piece := await reader.read(BLOCK):
            yield piece
    finally:
        transport.close()


async def _file(file: str) -> AsyncIterator[bytes]:
    from transcripts.audio import AudioLimits, open_file

    path = Path(file)
    if not await asyncio.to_thread(path.is_file):
        raise InvalidInput(f"There is no file “{file}”.")
    limits = AudioLimits(bytes=1 << 50, seconds=7 * 86400.0, processor_s=86400.0)  # one's own file
    async with open_file(path, limits=limits) as decoded:
        while piece := await decoded.read(BLOCK // 2):
            yield piece


async def _paced(sound: AsyncIterator[bytes], speed: float) -> AsyncIterator[bytes]:
    clock = SystemClock()
    started, sent = clock.monotonic(), 0
    async for piece in sound:
        step = len(piece) if not speed else BLOCK // 10
        for at in range(0, len(piece), step):
            yield piece[at : at + step]
            sent += min(step, len(piece) - at)
            if speed:
                await asyncio.sleep(max(0.0, sent / BLOCK / speed - (clock.monotonic() - started)))


@click.command("rtms-simulator")
@click.option("--audio", required=True, metavar="FILE", help="What is said in the Zoom meeting.")
@click.option("--webhook", required=True, metavar="URL", help="Such as http://127.0.0.1:8080/rtms/webhook.")
@click.option("--number", default="85746065432", show_default=True, help="Of the Zoom meeting.")
@click.option("--drop", default=0.0, metavar="SECONDS", help="Break the connections every so often.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Any free one by default.")
def rtms_simulator(audio: str, webhook: str, number: str, drop: float, port: int) -> None:
    """Stream a FILE to the service as Zoom would (RTMS), and say which rules it breaks.

    The service needs the same ZOOM__RTMS_… settings as this command, ZOOM__RTMS_HOSTS='["127.0.0.1"]' and
    ZOOM__RTMS_ALLOW_LOCAL=true, and a meeting that waits for the number or for the next stream.
    """
    if drop < 0:
        raise InvalidInput("--drop must be 0 or more.")
    run(_simulate(audio, webhook, number=number, drop=drop, port=port))


async def _simulate(audio: str, webhook: str, *, number: str, drop: float, port: int) -> None:
    from aiohttp import web

    from config.server import listen
    from transcripts.rtms.simulator import RtmsSimulator

    pcm = b"".join([piece async for piece in _file(audio)])
    simulator = RtmsSimulator(SystemClock(), _credentials(), pcm, number=number)
    runner = web.AppRunner(simulator.app(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    tasks = Tasks()
    try:
        address = await listen(runner, "127.0.0.1", port)
        simulator.base = address.replace("http", "ws")
        await _tell_service(webhook, simulator, simulator.started(), "The stream begins")
        if drop:
            tasks.spawn("drop", _drop(simulator, drop))
        async with asyncio.timeout(60 + len(pcm) / BLOCK * 3):
            await simulator.finished.wait()
        await simulator.terminate()
        await _tell_service(webhook, simulator, simulator.stopped(), "The stream is over")
    except TimeoutError as error:
        raise Unavailable("The service did not fetch the stream; does a meeting wait for it?") from error
    finally:
        await tasks.close()
        await simulator.close()
        await runner.cleanup()
    broken = sorted(set(simulator.violations))
    say({"seconds": len(pcm) / BLOCK, "connections": simulator.connections, "violations": broken})
    if broken:
        raise InvalidInput(f"The service broke rules: {'; '.join(broken)}.")


async def _drop(simulator: RtmsSimulator, every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        await simulator.drop()


async def _tell_service(
    webhook: str, simulator: RtmsSimulator, what: tuple[bytes, dict[str, str]], sentence: str
) -> None:
    import aiohttp

    try:
        status, answer = await simulator.post(webhook, what)
    except (aiohttp.ClientError, ValueError) as error:
        raise Unavailable(f"The webhook at {webhook} cannot be reached; is the service running?") from error
    if status != 200:
        raise InvalidInput(f"The webhook was refused: {answer['error']['message']}")
    click.echo(f"{sentence}; the webhook was taken.", err=True)


def _credentials() -> Credentials:
    from transcripts.rtms.protocol import Credentials

    zoom = settings().zoom
    found = Credentials(
        client_id=zoom.rtms_client_id,
        client_secret=zoom.rtms_client_secret.get_secret_value(),
        secret_token=zoom.rtms_secret_token.get_secret_value(),
    )
    if not found.secret_token:
        raise InvalidInput(
            "Set the MADOGUCHI_ZOOM__RTMS_… settings to the same made-up values for both sides."
        )
    return found
