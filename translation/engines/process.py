"""A helper process that answers one question at a time."""

from __future__ import annotations

import contextlib
import json
import selectors
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from translation.engines.firefox_worker import LENGTH, LONGEST_FRAME, pack
from translation.errors import EngineFailed


class HelperProcess:
    """A Python script as a process of its own; its memory and its crashes are not ours.

    It ends with its input, so it cannot outlive us, and it is reaped at once whenever it ends. Use from one thread at a
    time; only `kill` may come from another.
    """

    def __init__(self, script: Path, *, answer_s: float) -> None:
        """`answer_s` is how many seconds one answer may take."""
        self._answer_s = answer_s
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what native code prints in its last moments may quote a resident
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for us; we end it ourselves
        )
        self._reaper = threading.Thread(target=self._process.wait, name="reap", daemon=True)
        self._reaper.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer, or `EngineFailed` when the process died or was too slow, and then it is gone."""
        try:
            self._write(pack(question))
            until = time.monotonic() + self._answer_s
            (length,) = LENGTH.unpack(self._read(LENGTH.size, until))
            if length > LONGEST_FRAME:
                raise ValueError("the answer is too long")
            answer: dict[str, Any] = json.loads(self._read(length, until))
            return answer
        except (OSError, EOFError, ValueError) as error:
            self.kill()
            raise EngineFailed(
                "The translation engine stopped in the middle of a sentence; try again."
            ) from error

    def _write(self, frame: bytes) -> None:
        assert self._process.stdin is not None
        view = memoryview(frame)
        while view:
            view = view[self._process.stdin.write(view) :]

    def _read(self, length: int, until: float) -> bytes:
        assert self._process.stdout is not None
        parts = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while len(parts) < length:
                if not selector.select(max(until - time.monotonic(), 0)):
                    raise TimeoutError("no answer in time")
                part = self._process.stdout.read(length - len(parts))
                if not part:
                    raise EOFError("the process has ended")
                parts += part
        return bytes(parts)

    def kill(self) -> None:
        """End it now and leave nothing behind. A second call does nothing."""
        self._process.kill()
        self._reaper.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
