"""Who translates: ours is opened here, and so are the sides it is compared with, in this process."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from translation.assembly import TranslationOptions

ARGOS_FOLDER = {("ja", "en"): "argos-ja-en-0.1", ("en", "ja"): "argos-en-ja-0.1"}

# The best that argostranslate's settings allow for small batches: at its defaults each batch gets up to four threads,
# which wait for each other.
TUNED = {"ARGOS_INTER_THREADS": len(os.sched_getaffinity(0)), "ARGOS_INTRA_THREADS": 1}


class Whole:
    """A splitter that takes every text for one sentence. The packages carry none and argostranslate's own would be
    downloaded; all texts measured against it are single sentences, so this costs it nothing."""

    def split_sentences(self, text: str) -> list[str]:
        return [text]


class Argos:
    """argostranslate on the same package: at its defaults, or with the threads of `TUNED`."""

    def __init__(self, *, tuned: bool = False) -> None:
        from argostranslate import settings, translate

        logging.getLogger("argostranslate.utils").propagate = False  # it logs every step, and ours are set up
        found: Any = translate.get_translation_from_codes("ja", "en")
        self._translation = type(found.underlying)(found.from_lang, found.to_lang, found.underlying.pkg)
        self._translation.sentencizer = Whole()
        usual = settings.inter_threads, settings.intra_threads
        if tuned:
            settings.inter_threads, settings.intra_threads = (
                TUNED["ARGOS_INTER_THREADS"],
                TUNED["ARGOS_INTRA_THREADS"],
            )
        self.translate("こんにちは。")  # loads the model with these threads
        settings.inter_threads, settings.intra_threads = usual

    def translate(self, text: str) -> str:
        return str(self._translation.translate(text))


def prepare_argos_home(models: Path, home: Path) -> None:
    """A home with both packages for argostranslate and LibreTranslate; call before argostranslate is imported."""
    for pair, folder in ARGOS_FOLDER.items():
        shutil.copytree(models / folder, home / "packages" / "_".join(pair), dirs_exist_ok=True)
    os.environ.update(argos_environment(home))


def argos_environment(home: Path) -> dict[str, str]:
    """What makes argostranslate look there and nowhere else."""
    folders = {name: str(home) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    return folders | {"ARGOS_PACKAGES_DIR": str(home / "packages")}


class Raw:
    """CTranslate2 and SentencePiece by hand, with the beam and the threads that our engine uses: the limit."""

    def __init__(self, folder: Path) -> None:
        import ctranslate2
        import sentencepiece

        options = TranslationOptions().decoding
        self._beam = options.beam
        self._penalty = options.length_penalty
        self._pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.model"))
        self._translator = ctranslate2.Translator(
            str(folder / "model"), inter_threads=options.workers, intra_threads=options.threads
        )

    def translate(self, texts: Sequence[str], together: int = 0) -> list[str]:
        """Sorted by length, decoded in batches of `together` sentences (0: all), given back in order."""
        tokens = [self._pieces.encode(text, out_type=str) for text in texts]
        order = sorted(range(len(tokens)), key=lambda place: len(tokens[place]))
        results = self._translator.translate_batch(
            [tokens[place] for place in order],
            beam_size=self._beam,
            length_penalty=self._penalty,
            max_batch_size=together,
            max_decoding_length=256,
        )
        said = [""] * len(texts)
        for place, result in zip(order, results, strict=True):
            said[place] = str(self._pieces.decode(result.hypotheses[0])).strip()
        return said


class RawFirefox:
    """fxtranslate by hand. Use from the thread that makes it."""

    def __init__(self, folder: Path) -> None:
        import fxtranslate

        vocabularies = [path.read_bytes() for path in sorted(folder.glob("*vocab*.spm"))]
        model, shortlist = next(folder.glob("model.*.bin")), next(folder.glob("lex.*.bin"))
        self._translator = fxtranslate.Translator(
            model.read_bytes(), vocabularies[0], vocabularies[-1], shortlist.read_bytes()
        )

    def translate(self, texts: Sequence[str]) -> list[str]:
        return [str(self._translator.translate(text)).strip() for text in texts]


def open_raw(models: Path, pair: tuple[str, str]) -> Raw | RawFirefox:
    """The engine's library by hand, on the starter model of this pair."""
    if folder := ARGOS_FOLDER.get(pair):
        return Raw(models / folder)
    return RawFirefox(next(models.glob(f"firefox-{pair[0]}-{pair[1]}-*")))
