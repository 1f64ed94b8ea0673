"""Many viewers of one meeting on one process: delay to the last, memory of each, and what slow ones do to others.

The service runs in a process of its own; this one plays the viewers over loopback, with plain sockets, so that it costs
as little as it can of what it measures. The clock is the machine's monotonic one, which both processes share. A
caption's time runs from before it is stored to the moment when its last byte was read here.
"""

from __future__ import annotations

import json
import math
import re
import resource
import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from benchmarks.captions.bench import CLOCK, Bench, NotMeasured, Report, say
from benchmarks.captions.stage import HOST, STAMP
from benchmarks.translate.targets import Target

VIEWERS = 5_000
STALLED = 0.10  # share of viewers that stop reading
CAPTIONS = 24  # in each round
EVERY_S = 0.5  # seconds between captions; people speak one in three seconds
ROUNDS = 2  # without and with stalled viewers, in turn
CONNECTING = 200  # connections opened at once
SPARE_FILES = 200  # descriptors besides those of viewers
TEXT = "The school lunch costs four thousand five hundred yen a month, and the forms are due on Friday."
STAMPS = re.compile(re.escape(STAMP).encode() + rb"(p?)([\d.]+)" + re.escape(STAMP).encode())
FILL = 24, 4_000  # captions and characters: more than the kernel takes for a viewer that does not read


@dataclass(slots=True)
class Delays:
    """Seconds from publication to the last byte, one for each viewer and event."""

    captions: list[float] = field(default_factory=list)
    partials: list[float] = field(default_factory=list)


class Service:
    """The process that is measured, and the pipe to it."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.captions.stage", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._orders: IO[bytes] = self.process.stdin
        self.answers: IO[bytes] = self.process.stdout
        self.port: int = self.answer()["port"]

    def begin(self, do: str, **values: object) -> None:
        """Give an order without waiting for its answer."""
        self._orders.write(json.dumps({"do": do, **values}).encode() + b"\n")
        self._orders.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for the answer to the last order."""
        line = self.answers.readline()
        if not line:
            raise NotMeasured("The service ended; its complaint is above.")
        found: dict[str, Any] = json.loads(line)
        return found

    def ask(self, do: str, **values: object) -> dict[str, Any]:
        """Give an order and wait for its answer."""
        self.begin(do, **values)
        return self.answer()

    def close(self) -> None:
        """End the process."""
        self._orders.close()
        self.process.wait(timeout=20)


class Audience:
    """Sockets that follow one meeting."""

    def __init__(self, port: int, meeting: str) -> None:
        self._port = port
        self._request = (
            f"GET /meetings/{meeting}/captions?lang=en HTTP/1.1\r\nHost: {HOST}\r\n"
            "Accept: text/event-stream\r\nAccept-Language: en,ja;q=0.8\r\nCache-Control: no-cache\r\n"
            "User-Agent: Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/129.0 Mobile Safari/537.36\r\n\r\n"
        ).encode()
        self._selector = selectors.EpollSelector()
        self._rest: dict[int, bytes] = {}  # what came of an event that is not complete
        self.sockets: list[socket.socket] = []
        self.stalled: list[socket.socket] = []

    def join(self, count: int, *, stalled: int = 0) -> None:
        """Open connections and wait until each follows the meeting."""
        for begin in range(0, count, CONNECTING):
            fresh = [self._open(small=begin + at < stalled) for at in range(min(CONNECTING, count - begin))]
            for each in fresh:
                each.setblocking(True)
                each.settimeout(30)
                each.sendall(self._request)
            for each in fresh:
                self._await_state(each)
                each.setblocking(False)
            self.sockets += fresh
        self.stalled, reading = self.sockets[:stalled], self.sockets[stalled:]
        for each in reading:
            self._selector.register(each, selectors.EVENT_READ, each)

    def _open(self, *, small: bool) -> socket.socket:
        opened = socket.socket()
        if small:  # a phone that sleeps does not take much in its own buffers either
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened.setblocking(False)
        opened.connect_ex((HOST, self._port))
        return opened

    def _await_state(self, each: socket.socket) -> None:
        seen = b""
        while b"event: state" not in seen and b"retry: " not in seen:
            data = each.recv(65536)
            if not data:
                raise NotMeasured(f"A viewer was refused: {seen[:200]!r}")
            seen += data

    def listen(self, service: Service, *, quiet_s: float = 1.0) -> tuple[Delays, dict[str, Any]]:
        """Read until the service answers its order and nothing has come for `quiet_s`."""
        delays, answer = Delays(), None
        self._selector.register(service.answers, selectors.EVENT_READ, None)
        while found := self._selector.select(quiet_s if answer is not None else None):
            for key, _ in found:
                if key.data is None:
                    self._selector.unregister(service.answers)
                    answer = service.answer()
                else:
                    self._read(key.fd, key.data, delays)
        return delays, answer or {}

    def _read(self, number: int, each: socket.socket, delays: Delays) -> None:
        data = each.recv(65536)
        now = CLOCK.monotonic()
        if not data:
            self._selector.unregister(each)
            return
        if number in self._rest:
            data = self._rest.pop(number) + data
        if not data.endswith(b"\r\n"):
            self._rest[number] = data
            return
        for partial, stamp in STAMPS.findall(data):
            (delays.partials if partial else delays.captions).append(now - float(stamp))

    def leave(self) -> None:
        """Close everything."""
        self._selector.close()
        for each in self.sockets:
            each.close()


def summary(delays: list[float]) -> dict[str, float]:
    """Percentiles in milliseconds."""
    ordered = sorted(delays)
    shares = {"p50": 0.50, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {
        name: round(1000 * ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1)
        for name, share in shares.items()
    }


async def measure(bench: Bench) -> Report:
    """Delay and memory for `VIEWERS` viewers, then beside stalled ones, in turn."""
    raise_file_limit(VIEWERS + SPARE_FILES)
    service = Service(bench.scratch)
    try:
        return _measure(service, VIEWERS)
    finally:
        service.close()


def _measure(service: Service, count: int) -> Report:
    _round(service, 200, stalled=0)  # warms up whatever is made once
    report: Report = {"viewers": count, "captions": CAPTIONS, "every_s": EVERY_S}
    plain: list[dict[str, Any]] = []
    beside: list[dict[str, Any]] = []
    for number in range(ROUNDS):
        say(f"viewers: round {number + 1} of {ROUNDS}, {count} viewers, then {STALLED:.0%} of them stalled")
        plain.append(_round(service, count, stalled=0))
        beside.append(_round(service, count, stalled=int(count * STALLED)))
    report["bytes_each"] = plain[0]["bytes_each"]
    report["join_s"] = plain[0]["join_s"]
    report["cpu_share"] = plain[0]["cpu_share"]
    for name, rounds in (("all_reading", plain), ("beside_stalled", beside)):
        report[name] = {
            kind: summary([delay for each in rounds for delay in getattr(each["delays"], kind)])
            for kind in ("captions", "partials")
        }
        report[name]["missing"] = sum(each["missing"] for each in rounds)
    report["stalled_cut"] = all(each["cut"] for each in beside)
    before, after = report["all_reading"]["captions"]["p99"], report["beside_stalled"]["captions"]["p99"]
    report["p99_change"] = round(after / before - 1, 3)
    return report


def _round(service: Service, count: int, *, stalled: int) -> dict[str, Any]:
    meeting = service.ask("meeting")["meeting"]
    audience = Audience(service.port, meeting)
    before = service.ask("memory")["resident"]
    began = CLOCK.monotonic()
    audience.join(count, stalled=stalled)
    joined_s = CLOCK.monotonic() - began
    after = service.ask("memory")["resident"]
    service.begin("fill", meeting=meeting, first=1, count=FILL[0], size=FILL[1])
    audience.listen(service)
    service.begin("publish", meeting=meeting, first=FILL[0] + 1, count=CAPTIONS, every_s=EVERY_S, text=TEXT)
    delays, answer = audience.listen(service)
    kept = service.ask("readers", meeting=meeting)["readers"]
    if stalled:
        service.begin("fill", meeting=meeting, first=FILL[0] + CAPTIONS + 1, count=FILL[0], size=FILL[1])
        audience.listen(service)
    left = service.ask("readers", meeting=meeting)["readers"]
    audience.leave()
    return {
        "delays": delays,
        "missing": (count - stalled) * CAPTIONS - len(delays.captions),
        "bytes_each": round((after - before) / count),
        "join_s": round(joined_s, 2),
        "cut": kept == count and left == count - stalled,
        **answer,
    }


def raise_file_limit(needed: int) -> None:
    """Let this process and the one it starts open so many files. Raises NotMeasured where the machine forbids it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise NotMeasured(
            f"{needed} open files are needed and {hard} allowed; raise it with `ulimit -Hn {needed}`."
        )
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def targets(report: Report) -> Iterator[Target]:
    """What was promised."""
    if report["viewers"] != VIEWERS:
        return
    captions = report["all_reading"]["captions"]
    yield Target("5,000 viewers: p99 from publish to last byte, ms", captions["p99"], 150, at_most=True)
    yield Target("5,000 viewers: memory of each, bytes", report["bytes_each"], 15_000, at_most=True)
    yield Target("10 % stalled: change of the others' p99", report["p99_change"], 0.10, at_most=True)
    missing = report["all_reading"]["missing"] + report["beside_stalled"]["missing"]
    yield Target("5,000 viewers: captions missing", missing, 0, at_most=True)
