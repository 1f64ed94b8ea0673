"""Starts WhisperLive's own server with a model from a folder; runs in the environment that has WhisperLive.

    python start_whisper_live.py PORT MODEL_FOLDER

WhisperLive downloads its voice detection when it is first used; where nothing can be downloaded, the same weights are
taken from the package `silero-vad`.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

from whisper_live.server import TranscriptionServer


def main() -> None:
    """Serve until ended."""
    voice = Path("~/.cache/whisper-live/silero_vad.onnx").expanduser()
    found = importlib.util.find_spec("silero_vad")
    if not voice.exists() and found is not None and found.origin is not None:
        voice.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(found.origin).parent / "data" / "silero_vad.onnx", voice)
    TranscriptionServer().run(
        "127.0.0.1",
        int(sys.argv[1]),
        backend="faster_whisper",
        faster_whisper_custom_model_path=sys.argv[2],
        single_model=True,
    )


if __name__ == "__main__":
    main()
