"""A thousand cuts: connections that break at any byte, of viewers and of the source of the audio.

Viewers come back with Last-Event-ID and must have every caption once and in order, corrections included. The source
comes back as docs/protocol.md says and sends what did not arrive; no word may be missing, doubled or out of order.
Both speak over real sockets, by hand, so that the cut falls within events, chunks and frames.
"""

from __future__ import annotations

import asyncio
import base64
import difflib
import json
import random
import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from benchmarks.captions.bench import CLOCK, Bench, Report, say
from benchmarks.captions.stage import HOST, Stage, segment, staged
from benchmarks.translate.targets import Target
from core.accounts import Account
from core.tasks import Tasks
from transcripts.audio import AudioLimits, decode, to_s16le
from transcripts.hub import HubOptions
from transcripts.model import Word
from transcripts.service import MeetingService

CUTS = 1_000
READERS = 25  # viewers that are cut, at the same time
CAPTIONS = 200
CORRECTED = 0.25  # share of captions that a person corrects later
ROOMS = 10  # recordings, one after the other, that share the cuts of the source
SAMPLE_BYTES = 2
PIECE = 3_200  # bytes of a message: 100 ms
PERSON = Account(id="person", name="person", role="interpreter", display_name="Person", department="")

_EVENT = re.compile(rb"id: (\d+)\nevent: caption\ndata: (.*)\n\n")


class Reader:
    """A viewer that keeps the events it got whole, and knows the last number, as a browser does."""

    def __init__(self, port: int, meeting: str, chance: random.Random) -> None:
        self._port = port
        self._meeting = meeting
        self._chance = chance
        self.last = 0
        self.captions: list[dict[str, Any]] = []
        self.numbers: list[int] = []
        self.cuts = 0

    async def follow_for(self, limit: int) -> None:
        """Connect, read `limit` bytes at most, and break the connection."""
        reader, writer = await self._open()
        rest = b""
        with suppress(asyncio.IncompleteReadError, TimeoutError):
            async with asyncio.timeout(self._chance.uniform(0.05, 0.3)):
                while limit > 0:
                    size = int((await reader.readline()).strip() or b"0", 16)
                    wanted = min(size, limit)
                    rest = self._take(rest + await reader.readexactly(wanted))
                    limit -= wanted
                    if wanted == size:
                        await reader.readexactly(2)
        writer.transport.abort()
        self.cuts += 1

    async def follow_until(self, number: int) -> None:
        """Connect and read until the event with this number has come."""
        reader, writer = await self._open()
        rest = b""
        while self.last < number:
            size = int((await reader.readline()).strip(), 16)
            rest = self._take(rest + (await reader.readexactly(size + 2))[:-2])
        writer.transport.abort()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(HOST, self._port)
        resume = f"Last-Event-ID: {self.last}\r\n" if self.last else ""
        writer.write(
            f"GET /meetings/{self._meeting}/captions HTTP/1.1\r\nHost: {HOST}\r\n{resume}\r\n".encode()
        )
        await reader.readuntil(b"\r\n\r\n")
        return reader, writer

    def _take(self, data: bytes) -> bytes:
        """Keep the whole events; gives the rest."""
        whole, found, rest = data.rpartition(b"\n\n")
        for number, event in _EVENT.findall(whole + found):
            self.last = int(number)
            self.numbers.append(self.last)
            self.captions.append(json.loads(event))
        return rest


@dataclass(slots=True)
class Faults:
    """What went wrong for viewers."""

    missing: int = 0
    doubled: int = 0
    out_of_order: int = 0

    def add(self, reader: Reader, stored: dict[int, tuple[int, str]]) -> None:
        """Compare what a viewer saw with what is stored: segment → revision and text."""
        shown: dict[int, tuple[int, str]] = {}
        for caption in reader.captions:
            seq, rev = caption["seq"], caption["rev"]
            self.doubled += seq in shown and shown[seq][0] == rev
            self.out_of_order += seq in shown and shown[seq][0] > rev
            shown[seq] = (rev, caption["text"])
        self.missing += sum(shown.get(seq) != newest for seq, newest in stored.items())
        self.out_of_order += sum(a >= b for a, b in zip(reader.numbers, reader.numbers[1:], strict=False))


async def publish(service: MeetingService, meeting: str, count: int, chance: random.Random) -> None:
    """Captions one after the other, and corrections of earlier ones between them."""
    for seq in range(1, count + 1):
        await service.commit_segment(meeting, segment(seq, f"Sentence {seq}: the office opens at nine."))
        if chance.random() < CORRECTED:
            await _correct(service, meeting, chance.randint(1, seq), seq)
        await asyncio.sleep(chance.uniform(0.0, 0.03))


async def _correct(service: MeetingService, meeting: str, seq: int, number: int) -> None:
    stored, _ = await service.transcript(meeting, ["en"])
    rev = next(one.caption.rev for one in stored if one.caption.seq == seq)
    text = f"Sentence {seq}, corrected after {number}."
    await service.correct(meeting, seq=seq, lang="en", text=text, rev=rev, account=PERSON)


async def cut_viewers(
    service: MeetingService, port: int, *, cuts: int, readers: int, captions: int, seed: int = 1
) -> tuple[Faults, int]:
    """`readers` viewers that are cut `cuts` times in all while a meeting goes on. Gives faults, and cuts made."""
    made = await service.create(title="Cuts", language="en", languages=["en"], account=None)
    meeting, tasks = made.meeting.id, Tasks()
    viewers = [Reader(port, meeting, random.Random(seed + number)) for number in range(readers)]

    async def suffer(reader: Reader, chance: random.Random) -> None:
        for _ in range(cuts // readers):
            await reader.follow_for(int(chance.expovariate(1 / 1500)) + 1)

    publishing = tasks.spawn("publish", publish(service, meeting, captions, random.Random(seed)))
    await asyncio.gather(
        *(suffer(reader, random.Random(seed * 1000 + n)) for n, reader in enumerate(viewers))
    )
    await publishing
    stored, position = await service.transcript(meeting, ["en"])
    newest = {one.caption.seq: (one.caption.rev, one.caption.text) for one in stored}
    faults = Faults()
    async with asyncio.timeout(60):
        for reader in viewers:
            await reader.follow_until(position)
            faults.add(reader, newest)
    return faults, sum(reader.cuts for reader in viewers)


class AudioSource:
    """A sender of audio that keeps its recording and breaks its connection where it is told."""

    def __init__(self, port: int, meeting: str, token: str, pcm: bytes) -> None:
        self._port = port
        self._path = f"/meetings/{meeting}/audio?token={token}"
        self._pcm = pcm

    async def send_for(self, limit: int) -> None:
        """Connect, send `limit` bytes of frames at most, and break the connection."""
        reader, writer, at = await self._begin()
        while limit > 0 and at < len(self._pcm):
            data = frame(0x2, self._pcm[at : at + PIECE])
            at += PIECE
            writer.write(data[:limit])
            await writer.drain()
            limit -= len(data)
        writer.transport.abort()

    async def send_rest(self) -> None:
        """Connect, send everything that did not arrive, and wait until it was written down."""
        reader, writer, at = await self._begin()
        for begin in range(at, len(self._pcm), PIECE):
            writer.write(frame(0x2, self._pcm[begin : begin + PIECE]))
            await writer.drain()
        writer.write(frame(0x1, b'{"type":"end"}'))
        while (await _message(reader)).get("type") != "ended":
            pass
        writer.transport.abort()

    async def _begin(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, int]:
        """An open connection, and the byte from which the service wants to go on."""
        reader, writer = await asyncio.open_connection(HOST, self._port)
        key = base64.b64encode(random.randbytes(16)).decode()
        writer.write(
            f"GET {self._path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head:
            raise RuntimeError(f"The service refused the audio: {head[:200]!r}")
        writer.write(frame(0x1, b'{"type":"start","sender":"cuts","resume":0}'))
        ready = await _message(reader)
        return reader, writer, ready["received_samples"] * SAMPLE_BYTES


def frame(opcode: int, payload: bytes) -> bytes:
    """A whole message of a client (RFC 6455, 5.2), under the mask that changes nothing."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else struct.pack("!BH", 0x80 | 126, size)
    return bytes([0x80 | opcode]) + length + bytes(4) + payload


async def _message(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next text message of the service; pings and the like are passed over."""
    while True:
        opcode, size = await reader.readexactly(2)
        if size == 126:
            (size,) = struct.unpack("!H", await reader.readexactly(2))
        payload = await reader.readexactly(size)
        if opcode & 0x0F == 0x1:
            found: dict[str, Any] = json.loads(payload)
            if found.get("type") == "error":
                raise RuntimeError(f"The service stopped the audio: {found}")
            return found


@dataclass(slots=True)
class Words:
    """Words that were said and what became of them."""

    said: int = 0
    missing: int = 0
    doubled: int = 0  # or out of order: a word where it was not said
    cuts: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, said: Sequence[str], written: Sequence[str]) -> None:
        """Compare one recording with its transcript."""
        self.said += len(said)
        matcher = difflib.SequenceMatcher(None, said, written, autojunk=False)
        for kind, a, b, c, d in matcher.get_opcodes():
            if kind != "equal":
                self.missing += b - a
                self.doubled += d - c
                self.examples.append(f"{' '.join(said[a:b])!r} → {' '.join(written[c:d])!r}")


async def cut_source(
    service: MeetingService, port: int, pcm: bytes, script: Sequence[Word], *, cuts: int, seed: int = 1
) -> Words:
    """One recording whose connection is cut `cuts` times."""
    chance, result = random.Random(seed), Words()
    made = await service.create(title="Cuts", language="en", languages=["en"], account=None)
    source = AudioSource(port, made.meeting.id, made.sender_token, pcm)
    for _ in range(cuts):
        await source.send_for(int(chance.expovariate(cuts / len(pcm))) + 1)
        result.cuts += 1
    await source.send_rest()
    segments = await service.segments(made.meeting.id)
    result.add([word.text for word in script], [word.text for segment in segments for word in segment.words])
    return result


async def measure(bench: Bench) -> Report:
    """First the viewers, then the source."""
    samples = decode(bench.audio.read_bytes(), limits=AudioLimits())
    told = json.loads(bench.reference.read_text("utf-8"))
    script = [
        Word(**{key: word[key] for key in ("text", "start", "end")}, probability=0.9)
        for word in told["words"]
    ]
    say(f"cuts: {CUTS} of viewers, then {CUTS} of the source")
    async with staged(bench.scratch, script=script, hub=HubOptions(poll_s=0.5)) as stage:
        began = CLOCK.monotonic()
        faults, cuts = await cut_viewers(
            stage.service, stage.port, cuts=CUTS, readers=READERS, captions=CAPTIONS
        )
        viewers_s = CLOCK.monotonic() - began
        began = CLOCK.monotonic()
        words = await _cut_rooms(stage, to_s16le(samples), script)
        source_s = CLOCK.monotonic() - began
    return {
        "viewers": {
            "cuts": cuts,
            "captions": CAPTIONS,
            "viewers": READERS,
            "missing": faults.missing,
            "doubled": faults.doubled,
            "out_of_order": faults.out_of_order,
            "seconds": round(viewers_s, 1),
        },
        "source": {
            "cuts": words.cuts,
            "words": words.said,
            "missing": words.missing,
            "doubled_or_moved": words.doubled,
            "examples": words.examples[:5],
            "seconds": round(source_s, 1),
        },
    }


async def _cut_rooms(stage: Stage, pcm: bytes, script: Sequence[Word]) -> Words:
    total = Words()
    for number in range(ROOMS):
        one = await cut_source(stage.service, stage.port, pcm, script, cuts=CUTS // ROOMS, seed=number + 1)
        total.said += one.said
        total.missing += one.missing
        total.doubled += one.doubled
        total.cuts += one.cuts
        total.examples += one.examples
    return total


def targets(report: Report) -> Iterator[Target]:
    """What was promised: nothing is lost, doubled or out of order."""
    viewers, source = report["viewers"], report["source"]
    wrong = viewers["missing"] + viewers["doubled"] + viewers["out_of_order"]
    yield Target("1,000 cuts of viewers: captions missing, doubled or out of order", wrong, 0, at_most=True)
    wrong = source["missing"] + source["doubled_or_moved"]
    yield Target("1,000 cuts of the audio source: words missing, doubled or moved", wrong, 0, at_most=True)
