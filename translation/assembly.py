"""From the models folder to a running translator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.clock import Clock, SystemClock
from core.log import get_logger
from translation.engine import TranslationEngine
from translation.engines.argos import ArgosEngine
from translation.engines.ctranslate import DecodingOptions
from translation.engines.firefox import FirefoxEngine, FirefoxOptions
from translation.engines.seq2seq import Seq2SeqEngine
from translation.errors import BrokenModel
from translation.glossary import Glossary
from translation.manifest import NAME, read_manifest
from translation.memory import Memory
from translation.packages import ModelStore
from translation.service import Translator, TranslatorOptions

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationOptions:
    """Everything that can be set about translation."""

    translator: TranslatorOptions = TranslatorOptions()
    decoding: DecodingOptions = DecodingOptions()  # of Argos packages and other CTranslate2 models
    firefox: FirefoxOptions = FirefoxOptions()


class ModelsFolder:
    """Makes an engine of each model in a folder. One whose manifest does not read is left out and logged."""

    def __init__(self, folder: Path, options: TranslationOptions) -> None:
        self._store = ModelStore(folder)
        self._options = options
        self._made: dict[tuple[str, int], TranslationEngine] = {}
        self._seen: tuple[tuple[str, int], ...] | None = None

    def changed(self) -> bool:
        """Has a model come, gone, or been installed anew since `engines` was called?"""
        return self._look() != self._seen

    def engines(self) -> list[TranslationEngine]:
        """An engine for each model; the same object as long as the model is the same."""
        self._seen = self._look()
        made: dict[tuple[str, int], TranslationEngine] = {}
        for folder in self._store.folders():
            try:
                stamp = _stamp(folder)
                made[stamp] = self._made.get(stamp) or _engine(folder, self._options)
            except (BrokenModel, OSError) as error:
                log.error("model_left_out", model=folder.name, reason=str(error))
        self._made = made
        return list(made.values())

    def _look(self) -> tuple[tuple[str, int], ...]:
        try:
            return tuple(_stamp(folder) for folder in self._store.folders())
        except OSError:  # a folder went while we looked; the next look is right
            return ()


def _stamp(folder: Path) -> tuple[str, int]:
    """A model's folder, and when its manifest was written in nanoseconds."""
    return folder.name, (folder / NAME).stat().st_mtime_ns


def build_translator(
    models_dir: Path,
    options: TranslationOptions = TranslationOptions(),
    *,
    clock: Clock | None = None,
    glossary: Glossary | None = None,
    memory: Memory | None = None,
) -> Translator:
    """A translator over every model installed in `models_dir`, and over those installed there later. Models load at
    their first use. Call where an event loop runs."""
    folder = ModelsFolder(models_dir, options)
    return Translator(
        folder.engines(),
        options.translator,
        clock=clock or SystemClock(),
        source=folder,
        glossary=glossary,
        memory=memory,
    )


def _engine(folder: Path, options: TranslationOptions) -> TranslationEngine:
    name = read_manifest(folder).engine
    if name == "argos":
        return ArgosEngine(folder, options.decoding)
    if name == "firefox":
        return FirefoxEngine(folder, options.firefox)
    if name == "seq2seq":
        return Seq2SeqEngine(folder, options.decoding)
    raise BrokenModel(f"No engine is called “{name[:20]}”; remove the model “{folder.name}”.")
