"""From the models folder to a running translator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.log import get_logger
from translation.engine import TranslationEngine
from translation.engines.argos import ArgosEngine, ArgosOptions
from translation.engines.firefox import FirefoxEngine
from translation.errors import BrokenModel
from translation.manifest import read_manifest
from translation.packages import ModelStore
from translation.service import Translator, TranslatorOptions

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationOptions:
    """Everything that can be set about translation."""

    translator: TranslatorOptions = TranslatorOptions()
    argos: ArgosOptions = ArgosOptions()


def build_translator(models_dir: Path, options: TranslationOptions = TranslationOptions()) -> Translator:
    """A translator over every model installed in `models_dir`. Models load at their first use; one whose manifest
    does not read is left out and logged. Call where an event loop runs."""
    engines: list[TranslationEngine] = []
    for folder in ModelStore(models_dir).folders():
        try:
            engines.append(_engine(folder, options))
        except BrokenModel as error:
            log.error("model_left_out", model=folder.name, reason=str(error))
    return Translator(engines, options.translator)


def _engine(folder: Path, options: TranslationOptions) -> TranslationEngine:
    name = read_manifest(folder).engine
    if name == "argos":
        return ArgosEngine(folder, options.argos)
    if name == "firefox":
        return FirefoxEngine(folder)
    raise BrokenModel(f"No engine is called “{name[:20]}”; remove the model “{folder.name}”.")
