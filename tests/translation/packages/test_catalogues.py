"""Reading what sources say, without believing it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.errors import Unavailable
from tests.translation.packages.depot import Depot, firefox_files
from translation.packages.catalogues import Offer, read_argos_index, read_firefox_records, runs

INDEX = "https://models.example.jp/argos/index.json"
RECORDS = "https://models.example.jp/records"
CDN = "https://models.example.jp/cdn"

# One line of the public index, with its ipfs link.
LINE = {
    "package_version": "1.1",
    "argos_version": "1.1",
    "from_code": "en",
    "from_name": "English",
    "to_code": "ja",
    "to_name": "Japanese",
    "links": ["https://argos-net.example/v1/translate-en_ja-1_1.argosmodel", "ipfs://QmQjHs8ZhCU6WTV9RRHQMXgy4cDwyjvLUZ4b"],
    "code": "translate-en_ja",
}  # fmt: skip


def argos(*rows: object, address: str = INDEX) -> list[Offer]:
    return read_argos_index(json.dumps(rows).encode(), address)


def firefox(depot: Depot) -> dict[tuple[str, str], Offer]:
    return {offer.pair: offer for offer in read_firefox_records(depot.files["/records"], RECORDS, CDN)}


def test_line_of_the_public_index_is_an_offer() -> None:
    [offer] = argos(LINE)

    assert (offer.engine, offer.pair, offer.version) == ("argos", ("en", "ja"), "1.1")
    assert offer.files[0].urls == ("https://argos-net.example/v1/translate-en_ja-1_1.argosmodel",)
    assert (offer.files[0].sha256, offer.files[0].size) == ("", 0)


def test_index_of_ones_own_may_have_relative_links_hashes_and_sizes() -> None:
    digest = "AB" * 32
    [offer] = argos(LINE | {"links": ["en_ja.argosmodel"], "sha256": digest, "size": 77})

    assert offer.files[0].urls == ("https://models.example.jp/argos/en_ja.argosmodel",)
    assert (offer.files[0].sha256, offer.files[0].size) == (digest.lower(), 77)


def test_newest_version_is_offered() -> None:
    [offer] = argos(*(LINE | {"package_version": version} for version in ("1.9", "1.10", "1.2")))

    assert offer.version == "1.10"


def test_brazilian_comes_before_portuguese_of_portugal() -> None:
    rows = [LINE | {"to_code": "pt", "package_version": "9.0"}, LINE | {"to_code": "pb"}]

    [offer] = argos(*rows)

    assert (offer.pair, offer.version) == (("en", "pt-BR"), "1.1")


@pytest.mark.parametrize(
    "row",
    [
        None,
        "line",
        {},
        LINE | {"from_code": "eo"},
        LINE | {"from_code": ["en"]},
        LINE | {"type": "sbd"},
        LINE | {"links": []},
        LINE | {"links": "https://a/b"},
        LINE | {"links": [7]},
        LINE | {"links": ["ipfs://Qm"]},
        LINE | {"links": ["http://argos-net.example/a.argosmodel"]},
        LINE | {"links": ["file:///etc/passwd"]},
        LINE | {"package_version": "../../x"},
        LINE | {"package_version": ""},
    ],
)
def test_line_that_cannot_be_used_is_left_out(row: object) -> None:
    assert argos(row) == []


def test_http_link_is_taken_only_from_the_host_of_an_http_index() -> None:
    links = ["http://mirror.example/a.argosmodel", "http://other.example/a.argosmodel"]

    [offer] = argos(LINE | {"links": links}, address="http://mirror.example/index.json")

    assert offer.files[0].urls == (links[0],)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000])
def test_index_that_is_not_json_is_one_sentence(body: bytes) -> None:
    with pytest.raises(Unavailable, match="is not JSON; check its address"):
        read_argos_index(body, INDEX)


@pytest.mark.parametrize("body", [b"{}", b"7", b"null"])
def test_other_json_is_no_index(body: bytes) -> None:
    with pytest.raises(Unavailable, match="not an index of Argos packages"):
        read_argos_index(body, INDEX)


@pytest.mark.parametrize("body", [b"[]", b'{"data": 7}', b"null"])
def test_other_json_has_no_records(body: bytes) -> None:
    with pytest.raises(Unavailable, match="has no records of Firefox models"):
        read_firefox_records(body, RECORDS, CDN)


def test_records_of_a_model_are_one_offer(depot: Depot) -> None:
    depot.put_firefox(firefox_files("enja"), "en", "ja")

    offer = firefox(depot)["en", "ja"]

    assert (offer.engine, offer.version, offer.licence, offer.trial) == (
        "firefox",
        "3.0-tiny",
        "MPL-2.0",
        False,
    )
    assert [file.name for file in offer.files] == [
        "model.enja.intgemm.alphas.bin",
        "lex.50.50.enja.s2t.bin",
        "vocab.enja.spm",
    ]
    assert offer.size == sum(file.size for file in offer.files) > 0
    assert all(file.urls[0].startswith(f"{CDN}/main-workspace/") and file.compressed for file in offer.files)


def test_two_vocabularies_make_a_model_too(depot: Depot) -> None:
    files = firefox_files("enzh")
    del files["vocab.enzh.spm"]
    depot.put_firefox(files | {"srcvocab.enzh.spm": b"s", "trgvocab.enzh.spm": b"t"}, "en", "zh-Hans")

    assert len(firefox(depot)["en", "zh-Hans"].files) == 4


def test_larger_architecture_wins_over_a_newer_version(depot: Depot) -> None:
    for version, architecture in (("3.1", "tiny"), ("3.0", "base-memory"), ("3.2", "tiny")):
        depot.put_firefox(
            firefox_files("enko", version.encode()), "en", "ko", version, architecture=architecture
        )

    assert firefox(depot)["en", "ko"].version == "3.0-base-memory"


def test_newer_version_wins_in_one_architecture(depot: Depot) -> None:
    for version in ("3.0", "3.10", "3.9", "3.11a1"):
        depot.put_firefox(firefox_files("enko", version.encode()), "en", "ko", version)

    assert firefox(depot)["en", "ko"].version == "3.10-tiny"


@pytest.mark.parametrize(
    ("version", "answer"), [("3.0", True), ("3.1", True), ("2.1", False), ("4.0", False), ("x", False)]
)
def test_engine_says_which_versions_it_runs(version: str, answer: bool) -> None:
    assert runs(version) is answer


def test_model_for_test_versions_is_offered_where_there_is_no_other(depot: Depot) -> None:
    nightly = {"filter_expression": "env.channel == 'nightly'"}
    depot.put_firefox(firefox_files("envi"), "en", "vi", "3.1", **nightly)
    depot.put_firefox(firefox_files("enko"), "en", "ko", "3.1", **nightly)
    depot.put_firefox(firefox_files("enko", b"older"), "en", "ko", "3.0")

    offers = firefox(depot)

    assert (offers["en", "vi"].version, offers["en", "vi"].trial) == ("3.1-tiny", True)
    assert (offers["en", "ko"].version, offers["en", "ko"].trial) == ("3.0-tiny", False)


@pytest.mark.parametrize(
    "more",
    [
        {"name": "../../model.enja.bin"},
        {"name": "model.enja.exe"},
        {"name": 7},
        {"fileType": "model"},
        {"attachment": None},
        {"attachment": {"location": "x.zst", "size": 1, "hash": "short"}},
        {"attachment": {"location": "http://other.example/x.zst", "size": 1, "hash": "a" * 64}},
        {"version": "2.0"},
        {"version": None},
        {"architecture": "huge"},
        {"sourceLanguage": "eo"},
        {"sourceLanguage": {"en": 1}},
    ],
)
def test_records_that_cannot_be_used_are_no_offer(depot: Depot, more: dict[str, Any]) -> None:
    depot.put_firefox(firefox_files("enja"), "en", "ja", **more)

    assert firefox(depot) == {}


@pytest.mark.parametrize("missing", ["model", "lex", "vocab"])
def test_model_without_one_of_its_files_is_no_offer(depot: Depot, missing: str) -> None:
    files = {name: data for name, data in firefox_files("enja").items() if not name.startswith(missing)}
    depot.put_firefox(files, "en", "ja")

    assert firefox(depot) == {}


def test_shortlist_with_its_sizes_in_the_name_is_taken(depot: Depot) -> None:
    depot.put_firefox({"lex.enja.s2t.bin": b"long"} | firefox_files("enja"), "en", "ja")

    assert firefox(depot)["en", "ja"].files[1].name == "lex.50.50.enja.s2t.bin"
