"""Engines that come, go and break while the service runs, with real models."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.metrics import REGISTRY
from core.tasks import Tasks
from tests.translation.engine_doubles import UpperEngine
from tests.translation.tiny_model import renew_manifest
from translation.assembly import ModelsFolder, TranslationOptions, build_translator
from translation.batching import BatchingOptions, Scheduler
from translation.engine import TranslationEngine
from translation.errors import BrokenModel, MissingModel
from translation.fleet import Fleet
from translation.loading import LoadingOptions
from translation.manifest import NAME, read_manifest
from translation.routes import Quality
from translation.service import Translator, TranslatorOptions

# Nobody looks by himself: tests call `refresh`.
STILL = TranslationOptions(translator=TranslatorOptions(check_s=3600.0, loading=LoadingOptions(idle_s=60.0)))
QUALITY = Quality(
    {"tiny-m2m100": {"en-ja": 99.0, "ja-en": 99.0}, "good": {"ja-en": 90.0}, "fair": {"ja-en": 50.0}},
    unknown=70.0,
)


def install(source: Path, folder: Path) -> Path:
    """Put a model into the folder, complete in one step."""
    incoming = folder / f".incoming-{source.name}"
    shutil.copytree(source, incoming)
    os.replace(incoming, folder / source.name)
    return folder / source.name


def spoil(folder: Path) -> None:
    """A model that is installed properly and does not load."""
    next(path for path in folder.rglob("model*.bin")).write_bytes(b"not a model")
    renew_manifest(folder, read_manifest(folder))


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"madoguchi_{name}", labels) or 0.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "models"
    made.mkdir()
    return made


@pytest.fixture
async def empty(folder: Path) -> AsyncIterator[Translator]:
    """A translator over a folder without models."""
    opened = build_translator(folder, STILL)
    yield opened
    await opened.close()


async def test_model_that_is_installed_later_joins_without_a_restart(
    empty: Translator, folder: Path, models_dir: Path
) -> None:
    with pytest.raises(MissingModel):
        await empty.translate("図書館はどこですか。", source="ja", target="en")
    install(models_dir / "argos-ja-en-0.1", folder)
    assert not empty.can("ja", "en")
    await empty.refresh()
    assert empty.can("ja", "en")
    result = await empty.translate("図書館はどこですか。", source="ja", target="en")
    assert result.engine == "argos"


async def test_new_model_completes_a_pivot(empty: Translator, folder: Path, models_dir: Path) -> None:
    install(models_dir / "argos-ja-en-0.1", folder)
    await empty.refresh()
    assert not empty.can("ja", "pt-BR")
    install(models_dir / "firefox-en-pt-BR-2.0-tiny", folder)
    await empty.refresh()
    result = await empty.translate("図書館はどこですか。", source="ja", target="pt-BR")
    assert result.route == ("ja", "en", "pt-BR")


async def test_removed_model_leaves_the_routes_and_memory(
    empty: Translator, folder: Path, models_dir: Path
) -> None:
    model = install(models_dir / "firefox-en-pt-BR-2.0-tiny", folder)
    await empty.refresh()
    await empty.translate("Where is the library?", source="en", target="pt-BR")
    before = metric("translation_unloads_total", reason="removed")
    shutil.rmtree(model)
    await empty.refresh()
    assert not empty.can("en", "pt-BR")
    assert metric("translation_unloads_total", reason="removed") == before + 1


async def test_nothing_happens_while_the_folder_is_the_same(
    empty: Translator, folder: Path, models_dir: Path
) -> None:
    install(models_dir / "argos-ja-en-0.1", folder)
    await empty.refresh()
    await empty.translate("図書館はどこですか。", source="ja", target="en")
    runners = list(empty._fleet.runners)
    loads = metric("translation_loads_total", engine="argos")
    await empty.refresh()
    install(models_dir / "argos-en-ja-0.1", folder)
    await empty.refresh()
    await empty.translate("窓口はどこですか。", source="ja", target="en")
    assert empty._fleet.runners[0] is runners[0]
    assert metric("translation_loads_total", engine="argos") == loads


async def test_idle_model_is_unloaded_by_the_clock(models_dir: Path) -> None:
    clock = ManualClock()
    translator = build_translator(models_dir, STILL, clock=clock)
    await translator.translate("Where is the library?", source="en", target="pt-BR")
    assert metric("translation_models_loaded") == 1
    clock.advance(61)
    await translator.refresh()
    assert metric("translation_models_loaded") == 0
    await translator.translate("Where is the city hall?", source="en", target="pt-BR")
    assert metric("translation_models_loaded") == 1
    await translator.close()


async def test_broken_model_is_passed_by_in_the_same_request(
    folder: Path, models_dir: Path, tiny_dir: Path
) -> None:
    install(models_dir / "argos-ja-en-0.1", folder)
    better = install(tiny_dir / "seq2seq-m2m100", folder)
    spoil(better)
    translator = _over(folder)
    before = metric("translation_broken_models_total", engine="tiny-m2m100")
    result = await translator.translate("図書館はどこですか。", source="ja", target="en")
    assert (result.engine, result.route) == ("argos", ("ja", "en"))
    await translator.translate("窓口はどこですか。", source="ja", target="en")
    assert metric("translation_broken_models_total", engine="tiny-m2m100") == before + 1
    await translator.close()


async def test_broken_direct_model_gives_way_to_a_pivot(
    folder: Path, models_dir: Path, tiny_dir: Path
) -> None:
    for name in ("argos-ja-en-0.1", "firefox-en-pt-BR-2.0-tiny"):
        install(models_dir / name, folder)
    direct = install(tiny_dir / "seq2seq-m2m100", folder)
    manifest = read_manifest(direct)
    from dataclasses import replace

    renew_manifest(direct, replace(manifest, pairs=(("ja", "pt-BR"),)))
    spoil(direct)
    translator = _over(folder)
    result = await translator.translate("図書館はどこですか。", source="ja", target="pt-BR")
    assert (result.engine, result.route) == ("argos+firefox", ("ja", "en", "pt-BR"))
    await translator.close()


async def test_only_model_that_is_broken_says_so_and_then_is_missing(folder: Path, models_dir: Path) -> None:
    spoil(install(models_dir / "argos-ja-en-0.1", folder))
    translator = _over(folder)
    with pytest.raises(BrokenModel, match="does not load"):
        await translator.translate("図書館はどこですか。", source="ja", target="en")
    assert not translator.can("ja", "en")
    with pytest.raises(MissingModel):
        await translator.translate("図書館はどこですか。", source="ja", target="en")
    await translator.close()


async def test_broken_model_is_tried_again_when_it_was_installed_anew(
    empty: Translator, folder: Path, models_dir: Path
) -> None:
    model = install(models_dir / "argos-ja-en-0.1", folder)
    spoil(model)
    await empty.refresh()
    with pytest.raises(BrokenModel):
        await empty.translate("図書館はどこですか。", source="ja", target="en")
    shutil.rmtree(model)
    install(models_dir / "argos-ja-en-0.1", folder)
    await empty.refresh()
    result = await empty.translate("図書館はどこですか。", source="ja", target="en")
    assert result.engine == "argos"


async def test_third_engine_serves_its_pairs(folder: Path, tiny_dir: Path) -> None:
    install(tiny_dir / "seq2seq-m2m100", folder)
    translator = _over(folder)
    assert translator.can("ja", "pt-BR")
    result = await translator.translate("hello city hall", source="en", target="ja")
    assert (result.engine, result.text.replace(" ", "")) == ("tiny-m2m100", "こんにちは市役所")
    await translator.close()


def test_model_without_a_readable_manifest_is_left_out(folder: Path, models_dir: Path) -> None:
    install(models_dir / "argos-ja-en-0.1", folder)
    (install(models_dir / "argos-en-ja-0.1", folder) / NAME).write_text("{}")
    assert [engine.pairs for engine in ModelsFolder(folder, STILL).engines()] == [frozenset({("ja", "en")})]


def test_engine_that_nobody_knows_is_left_out(folder: Path, models_dir: Path) -> None:
    model = install(models_dir / "argos-ja-en-0.1", folder)
    from dataclasses import replace

    renew_manifest(model, replace(read_manifest(model), engine="oracle"))
    assert ModelsFolder(folder, STILL).engines() == []


def test_folder_notices_what_changed_since_it_was_read(folder: Path, models_dir: Path) -> None:
    models = ModelsFolder(folder, STILL)
    assert models.changed()
    models.engines()
    assert not models.changed()
    (folder / ".incoming-x").mkdir()
    assert not models.changed()
    model = install(models_dir / "argos-ja-en-0.1", folder)
    assert models.changed()
    (first,) = models.engines()
    assert models.engines() == [first]
    os.utime(model / NAME, ns=(1, 1))
    assert models.changed()
    assert models.engines() != [first]


def test_folder_that_is_not_there_has_no_engines(tmp_path: Path) -> None:
    assert ModelsFolder(tmp_path / "none", STILL).engines() == []


class Shelf:
    """A source whose engines a test puts there."""

    def __init__(self, *engines: TranslationEngine) -> None:
        self.now = list(engines)
        self.seen: list[TranslationEngine] = []

    def changed(self) -> bool:
        return self.now != self.seen

    def engines(self) -> list[TranslationEngine]:
        self.seen = list(self.now)
        return self.seen


async def test_broken_model_gets_another_chance_after_a_while(models_dir: Path, tmp_path: Path) -> None:
    clock = ManualClock()
    folder = tmp_path / "models"
    spoil(install(models_dir / "argos-ja-en-0.1", folder))
    translator = build_translator(
        folder, TranslationOptions(translator=TranslatorOptions(broken_s=60)), clock=clock
    )
    with pytest.raises(BrokenModel):
        await translator.translate("図書館はどこですか。", source="ja", target="en")
    clock.advance(59)
    await translator.refresh()
    assert not translator.can("ja", "en")
    clock.advance(1)
    await translator.refresh()
    assert translator.can("ja", "en")
    await translator.close()


async def test_routes_follow_what_is_there_and_what_is_broken() -> None:
    good = UpperEngine("good", pairs=[("ja", "en")])
    fair = UpperEngine("fair", pairs=[("ja", "en")])
    tasks = Tasks()
    scheduler = Scheduler(BatchingOptions(), LoadingOptions(), tasks, ManualClock(), parallel=1)
    fleet = Fleet(scheduler, QUALITY, [fair])

    def way() -> str | None:
        route = fleet.route("ja", "en")
        return None if route is None else route.engine

    shelf = Shelf(fair, good)
    assert (way(), fleet.route("en", "ja")) == ("fair", None)
    await fleet.refresh(shelf)
    assert way() == "good"
    scheduler.runner(good).broken = BrokenModel("It broke.")
    assert way() == "fair"
    scheduler.runner(fair).broken = BrokenModel("It broke too.")
    assert way() is None
    await fleet.refresh(shelf)
    assert way() is None
    shelf.now.remove(fair)
    await fleet.refresh(shelf)
    assert way() == "good"
    await scheduler.close()
    await tasks.close()


def _over(folder: Path) -> Translator:
    models = ModelsFolder(folder, STILL)
    return Translator(models.engines(), STILL.translator, QUALITY, source=models)
