"""A helper process that answers one question at a time."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from translation.engines.firefox_worker import LENGTH, LONGEST_FRAME, pack
from translation.errors import EngineFailed

AT_ONCE = 1 << 16  # bytes read at once


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
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        self._answers = select.poll()
        self._answers.register(self._from, select.POLLIN)

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
            answer: dict[str, Any] = json.loads(self._read(until))
            return answer
        except (OSError, EOFError, ValueError) as error:
            self.kill()
            raise EngineFailed(
                "The translation engine stopped in the middle of a sentence; try again."
            ) from error

    def _write(self, frame: bytes) -> None:
        view = memoryview(frame)
        while view:
            view = view[self._to.write(view) :]

    def _read(self, until: float) -> bytes:
        """The body of one frame. Nothing follows it before the next question, so that it may be read in one go."""
        received = b""
        size = LENGTH.size
        while len(received) < size:
            if not self._answers.poll(max(until - time.monotonic(), 0) * 1000):
                raise TimeoutError("no answer in time")
            part = os.read(self._from.fileno(), AT_ONCE)
            if not part:
                raise EOFError("the process has ended")
            received += part
            if size == LENGTH.size <= len(received):
                size += LENGTH.unpack_from(received)[0]
                if size > LENGTH.size + LONGEST_FRAME:
                    raise ValueError("the answer is too long")
        return received[LENGTH.size :]

    def kill(self) -> None:
        """End it now and leave nothing behind. A second call does nothing."""
        self._process.kill()
        self._reaper.join()
        for pipe in (self._to, self._from):
            with contextlib.suppress(OSError):
                pipe.close()
