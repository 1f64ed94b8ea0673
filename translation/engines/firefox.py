"""Firefox Translations models on fxtranslate, each in processes of its own.

The library decodes one sentence at a time. With two processes a caption need not wait for a sentence of bulk work.
It also holds Python's lock while it decodes (about 15 ms for a usual sentence), which would stop the whole
service, and never gives its memory back.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.log import get_logger
from core.metrics import counter
from translation.engine import Output, Pair
from translation.engines import firefox_worker
from translation.engines.ctranslate import size_of
from translation.engines.process import HelperProcess
from translation.errors import BrokenModel, EngineFailed
from translation.manifest import check_files, read_manifest

log = get_logger(__name__)

CRASHES = counter("translation_engine_crashes", "Engine processes that died or hung at work", ["engine"])

# Characters of one sentence; time grows with their square. What is longer is cut, and the check on length marks it.
LONGEST = 300
# Measured: 49 MB for a model of 22 MB, of which the interpreter and its libraries are 14.
BYTES_PER_FILE_BYTE = 1.6
BYTES_OF_PROCESS = 14 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FirefoxOptions:
    """Limits of a model's processes."""

    processes: int = 2  # sentences decoded at once; one of them is kept from bulk work
    answer_s: float = 20.0  # a sentence that takes longer has hung; the process is killed and started anew


class FirefoxEngine:
    """One Firefox model folder."""

    name = "firefox"
    batch = 1  # the library takes one sentence at a time
    mixes_pairs = False

    def __init__(self, folder: Path, options: FirefoxOptions = FirefoxOptions()) -> None:
        self._folder = folder
        self._options = options
        self.workers = options.processes
        self._idle: list[HelperProcess] = []  # the one used last is used next
        self._lock = threading.Lock()
        self._manifest = read_manifest(folder)
        self.pairs = frozenset(self._manifest.pairs)
        self.version = f"{self._manifest.version}+{self._manifest.sha256[:12]}"
        of_one = round(size_of(folder) * BYTES_PER_FILE_BYTE) + BYTES_OF_PROCESS
        self.bytes_needed = options.processes * of_one

    def load(self) -> None:
        try:
            while len(self._idle) < self.workers:
                self._idle.append(self._loaded())
        except BrokenModel:
            self.unload()
            raise

    def _take(self) -> HelperProcess:
        """A process that nobody else has; a new one where all are taken or gone."""
        with self._lock:
            process = self._idle.pop() if self._idle else None
        if process is None:
            return self._loaded()
        if process.alive:
            return process
        CRASHES.labels(self.name).inc()
        log.warning("engine_process_gone", engine=self.name, model=self._folder.name)
        process.kill()
        return self._loaded()

    def _loaded(self) -> HelperProcess:
        """A new process that has read the model, or `BrokenModel`."""
        check_files(self._folder, self._manifest)
        files = self._files()
        process = self._start()
        try:
            answer = process.ask(files)
        except EngineFailed:
            # The files are what they should be, so something else ended the process: want of memory, or a person.
            CRASHES.labels(self.name).inc()
            process = self._start()
            try:
                answer = process.ask(files)
            except EngineFailed as error:
                raise BrokenModel(
                    f"The model “{self._folder.name}” does not load (its process died twice); see whether the machine "
                    "has enough memory, or import it again."
                ) from error
        if "error" in answer:
            process.kill()
            raise BrokenModel(
                f"The model “{self._folder.name}” does not load ({answer['error']}); import it again."
            )
        log.info("model_loaded", engine=self.name, model=self._folder.name, backend=answer["backend"])
        return process

    def _start(self) -> HelperProcess:
        return HelperProcess(Path(firefox_worker.__file__), answer_s=self._options.answer_s)

    def _files(self) -> dict[str, str]:
        vocabularies = sorted(self._folder.glob("*vocab*.spm"))
        if len(vocabularies) not in (1, 2):
            raise BrokenModel(f"The model “{self._folder.name}” has no vocabulary; import it again.")
        # Two files sort as srcvocab, trgvocab; one serves both sides.
        return {
            "model": self._one("model.*.bin"),
            "source": str(vocabularies[0].resolve()),
            "target": str(vocabularies[-1].resolve()),
            "shortlist": self._one("lex.*.bin"),
        }

    def _one(self, pattern: str) -> str:
        found = sorted(self._folder.glob(pattern))
        if not found:
            raise BrokenModel(f"The model “{self._folder.name}” lacks a file “{pattern}”; import it again.")
        return str(found[0].resolve())

    def unload(self) -> None:
        while self._idle:
            self._idle.pop().kill()

    def translate_batch(
        self, sentences: Sequence[str], pairs: Sequence[Pair], *, careful: bool = False
    ) -> list[Output]:
        return [Output(self._translate(sentence), None) for sentence in sentences]

    def _translate(self, sentence: str) -> str:
        process = self._take()
        try:
            said = str(process.ask({"text": sentence[:LONGEST]})["text"])
        except EngineFailed:
            CRASHES.labels(self.name).inc()
            log.warning("engine_process_died", engine=self.name, model=self._folder.name)
            raise
        with self._lock:
            self._idle.append(process)
        return said.strip()
