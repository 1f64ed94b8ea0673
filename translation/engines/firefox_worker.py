"""The process that runs one Firefox model: frames in on its standard input, frames out on its standard output.

It is started by its path, so nothing of the project is imported here. It ends when its input does, whatever became of
the parent.

A frame is its length in four bytes, most significant first, and that many bytes of JSON. The first frame in names the
files of the model and is answered with {"backend"} or {"error"}; each later one is {"text"} and is answered with
{"text"}.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

LENGTH = struct.Struct(">I")
LONGEST_FRAME = 1 << 20  # bytes


def pack(message: dict[str, Any]) -> bytes:
    """A message as one frame."""
    body = json.dumps(message).encode("ascii")
    return LENGTH.pack(len(body)) + body


def main() -> None:
    """Serve until the input ends. What native code prints must not get between the frames."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold what residents wrote
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    questions = sys.stdin.buffer
    translator = None
    while (question := _read(questions)) is not None:
        if translator is None:
            translator, answer = _load(question)
        else:
            # An exception ends the process, and the parent starts another.
            text = question["text"].encode("utf-8", "replace").decode("utf-8")
            answer = {"text": str(translator.translate(text))}
        answers.write(pack(answer))


def _read(stream: BinaryIO) -> dict[str, Any] | None:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    body = stream.read(length)
    return json.loads(body) if len(body) == length <= LONGEST_FRAME else None


def _load(files: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    import fxtranslate

    try:
        translator = fxtranslate.Translator(
            *(Path(files[part]).read_bytes() for part in ("model", "source", "target", "shortlist"))
        )
    except (OSError, ValueError) as error:
        return None, {"error": str(error)}
    return translator, {"backend": str(translator.backend())}


if __name__ == "__main__":
    main()
