"""The process of a Firefox model: it may die at any time, and it is never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.metrics import REGISTRY
from translation.engines.firefox import FirefoxEngine, FirefoxOptions
from translation.engines.process import HelperProcess
from translation.errors import BrokenModel, EngineFailed

PAIR = ("en", "pt-BR")
REPOSITORY = Path(__file__).parents[2]


def crashes() -> float:
    return (
        REGISTRY.get_sample_value("madoguchi_translation_engine_crashes_total", {"engine": "firefox"}) or 0.0
    )


@pytest.fixture
def folder(models_dir: Path) -> Path:
    return models_dir / "firefox-en-pt-BR-2.0-tiny"


@pytest.fixture
def engine(folder: Path) -> Iterator[FirefoxEngine]:
    made = FirefoxEngine(folder)
    yield made
    made.unload()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "helper.py"


def helper(script: Path, body: str, *, answer_s: float = 20.0) -> HelperProcess:
    """A process that runs `body` with `read()` and `write()` for raw bytes."""
    script.write_text(
        "import os, sys, struct, time\n"
        "def read(): n = struct.unpack('>I', sys.stdin.buffer.read(4))[0]; return sys.stdin.buffer.read(n)\n"
        "def write(data): os.write(1, data)\n" + textwrap.dedent(body)
    )
    return HelperProcess(script, answer_s=answer_s)


def process_of(engine: FirefoxEngine) -> HelperProcess:
    """The one that the next sentence goes to."""
    return engine._idle[-1]


def gone(pid: int) -> bool:
    """No such process: not even a zombie."""
    return not Path(f"/proc/{pid}").exists()


ASKING = """
import sys
from pathlib import Path
from translation.engines.firefox import FirefoxEngine

engine = FirefoxEngine(Path(sys.argv[1]))
print(engine.translate_batch(["Good morning."], [("en", "pt-BR")])[0].text, "fxtranslate" in sys.modules)
engine.unload()
"""


def test_model_is_not_in_the_process_that_asks(models_dir: Path) -> None:
    model = models_dir / "firefox-en-pt-BR-2.0-tiny"
    asked = subprocess.run(
        [sys.executable, "-c", ASKING, str(model)], capture_output=True, text=True, check=True
    )
    assert asked.stdout.splitlines()[-1] == "Bom dia. False"


def test_process_starts_at_first_use_and_is_kept(engine: FirefoxEngine) -> None:
    assert engine._idle == []
    engine.translate_batch(["Good morning."], [PAIR])
    first = process_of(engine).pid
    engine.translate_batch(["Good evening."], [PAIR])
    assert process_of(engine).pid == first


def test_process_that_was_killed_while_idle_is_started_anew(engine: FirefoxEngine) -> None:
    engine.load()
    before, process = crashes(), process_of(engine)
    os.kill(process.pid, signal.SIGKILL)
    process._reaper.join(10)
    assert gone(process.pid)
    assert engine.translate_batch(["Good morning."], [PAIR])[0].text == "Bom dia."
    assert crashes() == before + 1


def test_process_that_dies_at_work_fails_that_sentence_only(engine: FirefoxEngine) -> None:
    engine.load()
    before, process = crashes(), process_of(engine)
    os.kill(process.pid, signal.SIGSTOP)  # the question is sent, but never read
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(EngineFailed, match="stopped in the middle"):
        process.ask({"text": "Good morning."})
    assert gone(process.pid)
    assert engine.translate_batch(["Good morning."], [PAIR])[0].text == "Bom dia."
    assert crashes() == before + 1


def test_process_that_hangs_is_killed(folder: Path) -> None:
    engine = FirefoxEngine(folder, FirefoxOptions(answer_s=2.0))
    engine.load()
    process = process_of(engine)
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(EngineFailed):
        engine.translate_batch(["Good morning."], [PAIR])
    assert gone(process.pid)
    assert process not in engine._idle


def test_sentence_does_not_wait_for_another_that_is_being_translated(engine: FirefoxEngine) -> None:
    engine.load()
    busy = engine._take()
    try:
        assert engine.translate_batch(["Good morning."], [PAIR])[0].text == "Bom dia."
        assert process_of(engine) is not busy
    finally:
        busy.kill()


def test_as_many_processes_start_as_the_engine_has_workers(folder: Path) -> None:
    engine = FirefoxEngine(folder, FirefoxOptions(processes=3))
    try:
        engine.load()
        assert engine.workers == len({process.pid for process in engine._idle}) == 3
    finally:
        engine.unload()


def test_memory_of_all_processes_is_counted(folder: Path) -> None:
    one, three = (FirefoxEngine(folder, FirefoxOptions(processes=number)) for number in (1, 3))
    assert three.bytes_needed == 3 * one.bytes_needed


def test_unloading_leaves_no_process(engine: FirefoxEngine) -> None:
    engine.load()
    pids = [process.pid for process in engine._idle]
    engine.unload()
    assert len(pids) == 2
    assert all(map(gone, pids))


def test_process_does_not_outlive_a_parent_that_is_killed(folder: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\n"
            "from pathlib import Path\n"
            "from translation.engines.firefox import FirefoxEngine\n"
            "engine = FirefoxEngine(Path(sys.argv[1]))\n"
            "engine.load()\n"
            "print('pid', engine._idle[-1].pid, flush=True)\n"
            "sys.stdin.read()\n",
            str(folder),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
    )
    assert parent.stdout is not None
    line = next(line for line in parent.stdout if line.startswith(b"pid"))
    worker = os.pidfd_open(int(line.split()[1]))
    parent.kill()
    parent.communicate()
    # A process descriptor becomes readable when its process ends.
    import select

    ready, _, _ = select.select([worker], [], [], 20)
    os.close(worker)
    assert ready == [worker]


def test_what_native_code_prints_does_not_get_between_the_answers(script: Path) -> None:
    from translation.engines import firefox_worker

    source = Path(firefox_worker.__file__).read_text("utf-8")
    script.write_text(
        source.replace(
            "    import fxtranslate\n",
            "    class fxtranslate:\n"
            "        class Translator:\n"
            "            def __init__(self, *parts): pass\n"
            "            def backend(self): os.write(1, b'noise'); return 'none'\n"
            "            def translate(self, text): print('noise', flush=True); return text.upper()\n",
        )
    )
    process = HelperProcess(script, answer_s=20.0)
    parts = dict.fromkeys(("model", "source", "target", "shortlist"), str(script))
    assert process.ask(parts) == {"backend": "none"}
    assert process.ask({"text": "ação \ud800 市"}) == {"text": "AÇÃO ? 市"}
    process.kill()


def test_answer_may_come_in_pieces(script: Path) -> None:
    process = helper(
        script,
        """
        read()
        for byte in struct.pack('>I', 8) + b'{"a": 1}':
            write(bytes([byte]))
        read()
        """,
    )
    assert process.ask({}) == {"a": 1}
    process.kill()


@pytest.mark.parametrize(
    "body",
    [
        "read()",
        "read(); write(b'\\0\\0')",
        "read(); write(struct.pack('>I', 5) + b'{')",
        "read(); write(b'\\xff\\xff\\xff\\xff' + b'x' * 100); time.sleep(60)",
        "read(); write(struct.pack('>I', 3) + b'abc'); time.sleep(60)",
        "os._exit(3)",
        "os.abort()",
    ],
)
def test_answer_that_is_none_ends_the_process(script: Path, body: str) -> None:
    process = helper(script, body)
    with pytest.raises(EngineFailed):
        process.ask({"text": "x"})
    assert gone(process.pid)
    process.kill()


def test_late_answer_ends_the_process(script: Path) -> None:
    process = helper(script, "read(); time.sleep(60)", answer_s=0.1)
    with pytest.raises(EngineFailed):
        process.ask({})
    assert not process.alive


def test_interrupt_from_the_terminal_is_not_for_the_helper(script: Path) -> None:
    process = helper(script, "read(); write(struct.pack('>I', 2) + b'{}'); read()")
    assert os.getsid(process.pid) != os.getsid(0)
    assert process.ask({}) == {}
    process.kill()


class DyingEngine(FirefoxEngine):
    """Its first processes are killed before they have read the model."""

    deaths = 0

    def _start(self) -> HelperProcess:
        process = super()._start()
        if self.deaths:
            self.deaths -= 1
            os.kill(process._process.pid, signal.SIGKILL)
        return process


@pytest.mark.parametrize("deaths", [1, 2])
def test_process_that_is_killed_while_it_loads_is_started_once_more(folder: Path, deaths: int) -> None:
    engine = DyingEngine(folder)
    engine.deaths = deaths
    try:
        if deaths == 1:
            engine.load()
            assert process_of(engine).alive
        else:
            with pytest.raises(BrokenModel, match="died twice"):
                engine.load()
            assert engine._idle == []
    finally:
        engine.unload()
