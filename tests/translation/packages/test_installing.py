"""From a pair of languages to models in place."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import InvalidInput, NotFound, TooLarge, Unavailable
from tests.translation.packages.conftest import QUICK
from tests.translation.packages.depot import Depot, argos_package, firefox_files
from translation.errors import BrokenModel
from translation.manifest import check_files, read_manifest
from translation.packages.installing import (
    DOWNLOADS,
    Installed,
    Installer,
    InstallOptions,
    read_pair,
    served_pairs,
)
from translation.packages.store import ModelStore


def ignore(title: str, done: int, total: int) -> None:
    """A progress that nobody watches."""


async def install(installer: Installer, pair: tuple[str, str], engine: str = "") -> list[Installed]:
    plan = installer.plan(pair, await installer.offers(engine))
    return [await installer.carry_out(step, ignore) for step in plan.steps]


def left(store: ModelStore) -> list[str]:
    """What lies in the downloads folder but locks."""
    return sorted(path.name for path in (store.folder / DOWNLOADS).iterdir() if path.suffix != ".lock")


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("en-ja", ("en", "ja")),
        ("ja-pt-BR", ("ja", "pt-BR")),
        ("pt-BR-ja", ("pt-BR", "ja")),
        ("zh-Hans-en", ("zh-Hans", "en")),
        ("en-zh-Hant", ("en", "zh-Hant")),
        ("zh-Hans-zh-Hant", ("zh-Hans", "zh-Hant")),
        ("EN-JA", ("en", "ja")),
        ("en-pt", ("en", "pt-BR")),
        ("en-zh", ("en", "zh-Hans")),
        ("ja-Hira-en", ("ja", "en")),
        (" en-ja ", ("en", "ja")),
    ],
)
def test_pair_is_read(text: str, pair: tuple[str, str]) -> None:
    assert read_pair(text) == pair


@pytest.mark.parametrize("text", ["", "en", "-", "en-", "xx-ja", "en-ja-ko", "en ja", "a" * 500])
def test_what_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="write it as en-ja or ja-pt-BR"):
        read_pair(text)


def test_nothing_leads_to_easy_japanese() -> None:
    with pytest.raises(InvalidInput, match="Easy Japanese is written by people only"):
        read_pair("en-ja-Hira")


def test_one_language_twice_is_no_pair() -> None:
    with pytest.raises(InvalidInput, match="one language twice"):
        read_pair("en-en")


def test_served_pairs_lead_to_and_from_japanese() -> None:
    pairs = served_pairs()

    assert len(pairs) == len(set(pairs)) == 42
    assert all("ja" in pair for pair in pairs)
    assert not any("ja-Hira" in pair for pair in pairs)


async def test_argos_package_is_installed_and_its_hash_written_down(
    depot: Depot, installer: Installer, empty: ModelStore
) -> None:
    package = argos_package("en", "ko")
    path = depot.put_argos(package, "en", "ko", "1.1")

    [done] = await install(installer, ("en", "ko"))

    assert (done.outcome, done.info.engine, done.info.version, done.info.pin) == (
        "installed",
        "argos",
        "1.1",
        "",
    )
    assert done.info.sha256 == hashlib.sha256(package).hexdigest()
    assert done.info.origin.endswith(path)
    check_files(done.info.path, read_manifest(done.info.path))
    assert left(empty) == []


async def test_firefox_model_is_installed_with_the_hashes_of_its_records(
    depot: Depot, installer: Installer, empty: ModelStore
) -> None:
    files = firefox_files("enko")
    depot.put_firefox(files, "en", "ko")

    [done] = await install(installer, ("en", "ko"))

    assert (done.info.engine, done.info.version, done.info.licence, done.info.pin) == (
        "firefox",
        "3.0-tiny",
        "MPL-2.0",
        "records",
    )
    assert {name: (done.info.path / name).read_bytes() for name in files} == files
    assert left(empty) == []


async def test_best_measured_engine_is_taken(depot: Depot, installer: Installer) -> None:
    depot.put_argos(argos_package("en", "ko"), "en", "ko", "1.1")
    depot.put_firefox(firefox_files("enko"), "en", "ko")

    [done] = await install(installer, ("en", "ko"))

    assert done.info.engine == "firefox"


async def test_engine_can_be_chosen(depot: Depot, installer: Installer) -> None:
    depot.put_argos(argos_package("en", "ko"), "en", "ko", "1.1")
    depot.put_firefox(firefox_files("enko"), "en", "ko")

    [done] = await install(installer, ("en", "ko"), "argos")

    assert done.info.engine == "argos"
    assert depot.of("/records") == []


async def test_worse_engine_is_not_taken_because_the_source_of_the_better_is_down(
    depot: Depot, installer: Installer
) -> None:
    depot.put_argos(argos_package("en", "ko"), "en", "ko", "1.1")
    depot.statuses["/records"] = [404]

    with pytest.raises(Unavailable, match="records.* answered 404"):
        await installer.offers()


async def test_two_models_through_english_are_installed_where_none_leads_straight(
    depot: Depot, installer: Installer
) -> None:
    depot.put_argos(argos_package("ja", "en"), "ja", "en", "1.1")
    depot.put_argos(argos_package("en", "pb"), "en", "pb", "1.9")

    done = await install(installer, ("ja", "pt-BR"))

    assert [one.info.path.name for one in done] == ["argos-ja-en-1.1", "argos-en-pt-BR-1.9"]


async def test_half_of_a_way_that_is_served_as_well_already_is_left(
    depot: Depot, installer: Installer, empty: ModelStore
) -> None:
    depot.put_firefox(firefox_files("jaen"), "ja", "en")
    await install(installer, ("ja", "en"))
    del depot.files["/records"]
    depot.files["/records"] = b'{"data": []}'
    depot.put_argos(argos_package("ja", "en"), "ja", "en", "1.1")
    depot.put_argos(argos_package("en", "ko"), "en", "ko", "1.1")

    first, second = await install(installer, ("ja", "ko"))

    assert (first.outcome, first.info.engine) == ("already", "firefox")
    assert (second.outcome, second.info.engine) == ("installed", "argos")


async def test_same_version_is_not_fetched_again(depot: Depot, installer: Installer) -> None:
    path = depot.put_argos(argos_package("en", "ko"), "en", "ko", "1.1")
    await install(installer, ("en", "ko"))

    [done] = await install(installer, ("en", "ko"))

    assert done.outcome == "already"
    assert len(depot.of(path)) == 1


async def test_newer_version_is_fetched_and_ranks_first(
    depot: Depot, installer: Installer, empty: ModelStore
) -> None:
    from translation.packages.served import uses
    from translation.routes import measured_quality

    depot.put_argos(argos_package("en", "ko", "1.9"), "en", "ko", "1.9")
    await install(installer, ("en", "ko"))
    depot.put_argos(argos_package("en", "ko", "1.10"), "en", "ko", "1.10")

    [done] = await install(installer, ("en", "ko"))

    assert (done.outcome, done.info.version) == ("installed", "1.10")
    infos = empty.installed()
    assert {
        info.version: use.by for info, use in zip(infos, uses(infos, measured_quality()), strict=True)
    } == {
        "1.10": "",
        "1.9": "argos 1.10",
    }


async def test_pair_that_nobody_has_is_named(depot: Depot, installer: Installer) -> None:
    depot.put_argos(argos_package("en", "ja"), "en", "ja", "1.1")

    with pytest.raises(NotFound, match="no model for vi → en; import one from a file"):
        installer.plan(("vi", "ja"), await installer.offers())


async def test_package_for_other_languages_is_refused(
    depot: Depot, installer: Installer, empty: ModelStore
) -> None:
    depot.put_argos(argos_package("en", "ru"), "en", "ko", "1.1")

    with pytest.raises(BrokenModel, match="fetched for en → ko translates en → ru"):
        await install(installer, ("en", "ko"))

    assert (empty.installed(), left(empty)) == ([], [])


async def test_wrong_hash_in_the_index_is_refused_and_thrown_away(
    depot: Depot, installer: Installer, empty: ModelStore
) -> None:
    depot.put_argos(argos_package("en", "ko"), "en", "ko", "1.1", sha256="0" * 64)

    with pytest.raises(BrokenModel, match="is not the file it should be"):
        await install(installer, ("en", "ko"))

    assert (empty.installed(), left(empty)) == ([], [])


async def test_right_hash_in_the_index_is_the_pin(depot: Depot, installer: Installer) -> None:
    package = argos_package("en", "ko")
    depot.put_argos(package, "en", "ko", "1.1", sha256=hashlib.sha256(package).hexdigest(), size=len(package))

    [done] = await install(installer, ("en", "ko"))

    assert done.info.pin == "index"


async def test_hash_of_the_operator_outranks_that_of_the_index(
    depot: Depot, installer: Installer, empty: ModelStore
) -> None:
    package = argos_package("en", "ko")
    depot.put_argos(package, "en", "ko", "1.1", sha256=hashlib.sha256(package).hexdigest())
    [offer] = await installer.offers()

    with pytest.raises(BrokenModel, match="is not the file it should be"):
        await installer.install(offer, ignore, sha256="1" * 64)
    done = await installer.install(offer, ignore, sha256=hashlib.sha256(package).hexdigest())

    assert done.info.pin == "command line"


async def test_changed_attachment_is_refused(depot: Depot, installer: Installer, empty: ModelStore) -> None:
    paths = depot.put_firefox(firefox_files("enko"), "en", "ko")
    data = bytearray(depot.files[paths[0]])
    data[-1] ^= 1
    depot.files[paths[0]] = bytes(data)

    with pytest.raises(BrokenModel, match="is not the file it should be"):
        await install(installer, ("en", "ko"))

    assert empty.installed() == []


async def test_attachment_that_unpacks_to_something_else_is_refused(
    depot: Depot, installer: Installer, empty: ModelStore
) -> None:
    depot.put_firefox(firefox_files("enko"), "en", "ko", decompressedHash="0" * 64)

    with pytest.raises(BrokenModel, match="not the file it should be"):
        await install(installer, ("en", "ko"))

    assert empty.installed() == []


async def test_attachment_that_swells_is_refused(
    depot: Depot, installer: Installer, empty: ModelStore
) -> None:
    files = firefox_files("enko") | {"model.enko.intgemm.alphas.bin": bytes(64 << 20)}
    depot.put_firefox(files, "en", "ko", decompressedSize=1000)

    with pytest.raises(BrokenModel, match="unpacks to more than it may"):
        await install(installer, ("en", "ko"))

    assert empty.installed() == []


async def test_model_larger_than_the_setting_is_refused(
    depot: Depot, empty: ModelStore, options: InstallOptions
) -> None:
    depot.files["/records"] = b'{"data": []}'
    depot.put_argos(argos_package("en", "ko"), "en", "ko", "1.1")

    async with Installer(empty, replace(options, max_model_bytes=1000)) as installer:
        with pytest.raises(TooLarge, match="MAX_MODEL_MB"):
            await install(installer, ("en", "ko"))


async def test_second_place_is_tried_where_the_first_has_nothing(depot: Depot, installer: Installer) -> None:
    package = argos_package("en", "ko")
    depot.put_argos(package, "en", "ko", "1.1", links=["gone.argosmodel", "here.argosmodel"])
    depot.files["/argos/here.argosmodel"] = package

    [done] = await install(installer, ("en", "ko"))

    assert done.outcome == "installed"
    assert depot.of("/argos/gone.argosmodel") == [("", 0)]


async def test_two_installs_at_once_fetch_once(
    depot: Depot, empty: ModelStore, options: InstallOptions
) -> None:
    depot.files["/records"] = b'{"data": []}'
    path = depot.put_argos(argos_package("en", "ko"), "en", "ko", "1.1")

    async def one() -> Installed:
        async with Installer(empty, options) as installer:
            [offer] = await installer.offers()
            return await installer.install(offer, ignore)

    done = await asyncio.gather(one(), one(), one())

    assert sorted(one.outcome for one in done) == ["already", "already", "installed"]
    assert len(depot.of(path)) == 1


async def test_progress_counts_all_files_of_a_model(depot: Depot, installer: Installer) -> None:
    depot.put_firefox(firefox_files("enko"), "en", "ko")
    [offer] = await installer.offers()
    told: list[tuple[str, int, int]] = []

    await installer.install(offer, lambda title, done, total: told.append((title, done, total)))

    assert told[-1] == ("firefox en → ko 3.0-tiny", offer.size, offer.size)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


async def test_sources_that_are_turned_off_are_named(empty: ModelStore, tmp_path: Path) -> None:
    off = InstallOptions(argos_index="", firefox_records="", firefox_attachments="", downloads=QUICK)
    async with Installer(empty, off) as installer:
        with pytest.raises(InvalidInput, match="MADOGUCHI_TRANSLATION__ARGOS_INDEX"):
            await installer.offers()


async def test_source_that_is_turned_off_is_not_asked(
    depot: Depot, empty: ModelStore, options: InstallOptions
) -> None:
    depot.put_argos(argos_package("en", "ko"), "en", "ko", "1.1")

    async with Installer(empty, replace(options, firefox_records="")) as installer:
        assert [offer.engine for offer in await installer.offers()] == ["argos"]
