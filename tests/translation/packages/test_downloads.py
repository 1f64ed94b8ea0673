"""Resuming, limits, and what a server may do to us."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer, unused_port

from core.errors import TooLarge, Unavailable
from tests.translation.packages.conftest import QUICK
from tests.translation.packages.depot import Depot
from translation.packages.downloads import DownloadOptions, Downloads, allowed

DATA = os.urandom(3 << 20)
LIMIT = 10 << 20


@pytest.fixture
def depot() -> Depot:
    return Depot(files={"/m": DATA})


async def test_file_arrives_whole(depot: Depot, address: str, downloads: Downloads) -> None:
    told: list[tuple[int, int]] = []

    path = await downloads.fetch(
        f"{address}/m", limit=LIMIT, told=lambda done, total: told.append((done, total))
    )

    assert path.read_bytes() == DATA
    assert told[-1] == (len(DATA), len(DATA))
    assert [done for done, _ in told] == sorted(done for done, _ in told)


async def test_cut_line_is_taken_up_where_it_broke(depot: Depot, address: str, downloads: Downloads) -> None:
    depot.cuts["/m"] = [1_500_000, 500_000]

    path = await downloads.fetch(f"{address}/m", limit=LIMIT)

    assert path.read_bytes() == DATA
    starts = [int(wanted[6:-1] or 0) if wanted else 0 for wanted, _ in depot.of("/m")]
    assert len(starts) == 3
    # What the line had delivered but nobody had read yet is lost with it.
    assert 0 < starts[1] <= 1_500_000 < len(DATA)
    assert starts[1] < starts[2] <= starts[1] + 500_000


async def test_next_run_goes_on_where_the_last_one_stopped(
    depot: Depot, address: str, tmp_path: Path
) -> None:
    once = DownloadOptions(tries=1)
    depot.cuts["/m"] = [1_000_000]
    async with Downloads(tmp_path / "d", once) as first:
        with pytest.raises(Unavailable, match="the connection was cut. Run the same command again later"):
            await first.fetch(f"{address}/m", limit=LIMIT)

    async with Downloads(tmp_path / "d", once) as second:
        path = await second.fetch(f"{address}/m", limit=LIMIT)

    assert path.read_bytes() == DATA
    [first_try, second_try] = depot.of("/m")
    assert second_try[0].startswith("bytes=")
    assert len(DATA) - 1_000_000 <= second_try[1] < len(DATA)
    assert first_try == ("", 1_000_000)


async def test_file_that_changed_in_between_starts_from_zero(
    depot: Depot, address: str, downloads: Downloads, tmp_path: Path
) -> None:
    depot.cuts["/m"] = [1_000_000]
    async with Downloads(tmp_path / "downloads", DownloadOptions(tries=1)) as first:
        with pytest.raises(Unavailable):
            await first.fetch(f"{address}/m", limit=LIMIT)
    depot.files["/m"] = newer = os.urandom(2 << 20)

    path = await downloads.fetch(f"{address}/m", limit=LIMIT)

    assert path.read_bytes() == newer
    [_, (wanted, sent)] = depot.of("/m")
    assert wanted.startswith("bytes=")
    assert sent == len(newer)


async def test_server_without_ranges_starts_from_zero(
    depot: Depot, address: str, downloads: Downloads
) -> None:
    depot.knows_ranges = False
    depot.cuts["/m"] = [1_000_000]

    path = await downloads.fetch(f"{address}/m", limit=LIMIT)

    assert path.read_bytes() == DATA
    assert [sent for _, sent in depot.of("/m")] == [1_000_000, len(DATA)]


@pytest.mark.parametrize("tag", [None, 'W/"weak"'])
async def test_without_a_strong_validator_nothing_is_put_together(
    depot: Depot, address: str, downloads: Downloads, tag: str | None
) -> None:
    depot.validates = tag is not None
    depot.tags = {"/m": tag} if tag else {}
    depot.cuts["/m"] = [1_000_000]

    path = await downloads.fetch(f"{address}/m", limit=LIMIT)

    assert path.read_bytes() == DATA
    assert [wanted for wanted, _ in depot.of("/m")] == ["", ""]


async def test_file_that_was_complete_when_the_process_died_is_not_fetched_again(
    depot: Depot, address: str, downloads: Downloads, tmp_path: Path
) -> None:
    depot.cuts["/m"] = [1_000_000]
    async with Downloads(tmp_path / "downloads", DownloadOptions(tries=1)) as first:
        with pytest.raises(Unavailable):
            await first.fetch(f"{address}/m", limit=LIMIT)
    [part] = (tmp_path / "downloads").glob("*.part")
    part.write_bytes(DATA)

    path = await downloads.fetch(f"{address}/m", limit=LIMIT)

    assert path.read_bytes() == DATA
    assert depot.of("/m")[1:] == [(f"bytes={len(DATA)}-", 0)]


async def test_partial_longer_than_the_file_starts_from_zero(
    depot: Depot, address: str, downloads: Downloads, tmp_path: Path
) -> None:
    depot.cuts["/m"] = [1_000_000]
    async with Downloads(tmp_path / "downloads", DownloadOptions(tries=1)) as first:
        with pytest.raises(Unavailable):
            await first.fetch(f"{address}/m", limit=LIMIT)
    [part] = (tmp_path / "downloads").glob("*.part")
    part.write_bytes(DATA + b"more")

    assert (await downloads.fetch(f"{address}/m", limit=LIMIT)).read_bytes() == DATA


async def test_finished_file_is_used_until_it_is_forgotten(
    depot: Depot, address: str, downloads: Downloads, tmp_path: Path
) -> None:
    url = f"{address}/m"
    assert await downloads.fetch(url, limit=LIMIT) == await downloads.fetch(url, limit=LIMIT)
    assert len(depot.of("/m")) == 1

    downloads.forget(url)

    assert list((tmp_path / "downloads").iterdir()) == []


async def test_busy_server_is_tried_again(depot: Depot, address: str, downloads: Downloads) -> None:
    depot.statuses["/m"] = [503, 429]

    assert (await downloads.fetch(f"{address}/m", limit=LIMIT)).read_bytes() == DATA


async def test_tries_are_bounded(depot: Depot, address: str, downloads: Downloads) -> None:
    depot.statuses["/m"] = [503] * 50

    with pytest.raises(Unavailable, match="the server answered 503"):
        await downloads.fetch(f"{address}/m", limit=LIMIT)

    assert len(depot.of("/m")) == QUICK.tries


@pytest.mark.parametrize("status", [404, 403, 410])
async def test_final_answer_is_not_tried_again(
    depot: Depot, address: str, downloads: Downloads, status: int
) -> None:
    depot.statuses["/m"] = [status]

    with pytest.raises(Unavailable, match=f"the server answered {status}; check its address"):
        await downloads.fetch(f"{address}/m", limit=LIMIT)

    assert len(depot.of("/m")) == 1


async def test_too_large_file_is_refused_before_its_body(
    depot: Depot, address: str, downloads: Downloads, tmp_path: Path
) -> None:
    with pytest.raises(TooLarge, match="more than the 1 MB .* MADOGUCHI_TRANSLATION__MAX_MODEL_MB"):
        await downloads.fetch(f"{address}/m", limit=1 << 20)

    assert list((tmp_path / "downloads").iterdir()) == []


async def test_too_large_file_without_a_length_is_stopped(
    depot: Depot, address: str, downloads: Downloads, tmp_path: Path
) -> None:
    depot.sends_length = False

    with pytest.raises(TooLarge):
        await downloads.fetch(f"{address}/m", limit=1 << 20)

    assert list((tmp_path / "downloads").iterdir()) == []


async def test_other_size_than_announced_is_refused(depot: Depot, address: str, downloads: Downloads) -> None:
    with pytest.raises(TooLarge, match=f"has {len(DATA)} bytes where 1000 were announced"):
        await downloads.fetch(f"{address}/m", limit=LIMIT, size=1000)


async def test_short_file_is_not_taken_for_the_whole(
    depot: Depot, address: str, downloads: Downloads
) -> None:
    depot.sends_length = False

    with pytest.raises(Unavailable, match="cannot be fetched"):
        await downloads.fetch(f"{address}/m", limit=LIMIT, size=len(DATA) + 1)


async def test_dead_network_is_one_sentence(downloads: Downloads) -> None:
    with pytest.raises(Unavailable, match="its host does not answer; check the network"):
        await downloads.fetch(f"http://127.0.0.1:{unused_port()}/m", limit=LIMIT)


async def test_silent_server_is_given_up(tmp_path: Path, depot: Depot, address: str) -> None:
    options = DownloadOptions(tries=1, silence_s=0.2)
    depot.cuts["/m"] = [10]

    async def listen(reader: object, writer: object) -> None:
        """Accepts and says nothing."""

    import asyncio

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with Downloads(tmp_path / "d", options) as opened:
        with pytest.raises(Unavailable, match="the server is silent"):
            await opened.read(f"http://127.0.0.1:{port}/index.json")
    server.close()


async def test_redirect_on_the_same_host_is_followed(
    depot: Depot, address: str, downloads: Downloads
) -> None:
    depot.moved["/old"] = "/m"

    assert (await downloads.fetch(f"{address}/old", limit=LIMIT)).read_bytes() == DATA


async def test_redirect_over_http_to_another_host_is_refused(
    depot: Depot, address: str, downloads: Downloads
) -> None:
    other = TestServer(Depot(files={"/m": DATA}).app(), host="127.0.0.1")
    await other.start_server()
    depot.moved["/old"] = f"http://127.0.0.1:{other.port}/m"

    with pytest.raises(Unavailable, match="which is not safe"):
        await downloads.fetch(f"{address}/old", limit=LIMIT)

    await other.close()


async def test_redirects_are_bounded(depot: Depot, address: str, downloads: Downloads) -> None:
    depot.moved["/a"], depot.moved["/b"] = "/b", "/a"

    with pytest.raises(Unavailable, match="sends on too often"):
        await downloads.fetch(f"{address}/a", limit=LIMIT)


@pytest.mark.parametrize("url", ["not an address", "ftp://host/m", "http://", ""])
async def test_what_is_no_address_is_refused(downloads: Downloads, url: str) -> None:
    with pytest.raises(Unavailable, match="is not an address"):
        await downloads.fetch(url, limit=LIMIT)


@pytest.mark.parametrize(
    ("url", "base", "answer"),
    [
        ("https://a/x", "https://b/y", True),
        ("https://a/x", "http://b/y", True),
        ("http://a/x", "https://a/y", False),
        ("http://a/x", "http://a/y", True),
        ("http://a:81/x", "http://a/y", False),
        ("http://b/x", "http://a/y", False),
        ("ipfs://Qm", "http://a/y", False),
        ("file:///etc/passwd", "file:///etc", False),
        ("https:///x", "https://a", False),
    ],
)
def test_https_anywhere_and_http_only_where_it_was_chosen(url: str, base: str, answer: bool) -> None:
    assert allowed(url, base) is answer


async def test_index_has_a_limit(depot: Depot, address: str, tmp_path: Path) -> None:
    async with Downloads(tmp_path / "d", DownloadOptions(tries=1, catalogue_bytes=1 << 20)) as opened:
        with pytest.raises(TooLarge, match="sends more than 1 MB"):
            await opened.read(f"{address}/m")


def test_disk_without_room_is_one_sentence_and_keeps_what_arrived(tmp_path: Path) -> None:
    """In a process that may write files of one megabyte only, which fails like a full disk."""
    depot = Depot(files={"/m": DATA})
    script = """
import asyncio, resource, sys
from pathlib import Path
from core.errors import Unavailable
from translation.packages.downloads import DownloadOptions, Downloads
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
async def main():
    async with Downloads(Path(sys.argv[2]), DownloadOptions(pause_s=0)) as downloads:
        try:
            await downloads.fetch(sys.argv[1], limit=10 << 20)
        except Unavailable as error:
            print(error)
asyncio.run(main())
"""
    with depot.running() as address:
        command = [sys.executable, "-c", script, f"{address}/m", str(tmp_path / "d")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout.endswith("has no room left; make room and run the same command again.\n")
    [part] = (tmp_path / "d").glob("*.part")
    assert part.stat().st_size == 1 << 20
    assert len(depot.of("/m")) == 1


async def test_models_folder_that_cannot_be_written_is_one_sentence(
    depot: Depot, address: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    async with Downloads(tmp_path / "file", QUICK) as opened:
        with pytest.raises(Unavailable, match="check who owns the models folder"):
            await opened.fetch(f"{address}/m", limit=LIMIT)


async def test_half_file_that_nobody_came_back_for_is_swept(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    old, new, lock = folder / "a.part", folder / "b.part", folder / "c.lock"
    for path in (old, new, lock):
        path.write_bytes(b"half")
    for path in (old, lock):
        os.utime(path, (1_000_000_000, 1_000_000_000))

    async with Downloads(folder, QUICK):
        assert sorted(path.name for path in folder.iterdir()) == ["b.part", "c.lock"]
