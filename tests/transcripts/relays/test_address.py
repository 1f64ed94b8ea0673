"""Where captions may go."""

from __future__ import annotations

import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from core.errors import InvalidInput
from transcripts.relays.address import ForbiddenAddress, Place, PublicResolver, check_url, is_public, masked
from transcripts.relays.model import CaptionUrl

ZOOM = Place(
    name="Zoom",
    hosts=("wmcapi.zoom.us", "*.zoomgov.com"),
    path="/closedcaption",
    needs=("id", "signature"),
    refuses=("seq",),
)
GOOD = "https://wmcapi.zoom.us/closedcaption?id=1&ns=a%2Cb==&signature=xyz"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"  {GOOD}\n",
        GOOD.replace("wmcapi.zoom.us", "WMCAPI.zoom.us:443"),
        GOOD.replace("wmcapi.zoom.us", "w.zoomgov.com"),
    ],
)
def test_listed_hosts_are_taken_and_the_url_stays_as_it_is(text: str) -> None:
    assert check_url(text, ZOOM).text == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 2001,
        GOOD.replace("https", "http"),
        GOOD.replace("https", "ftp"),
        GOOD.replace("https", "file"),
        GOOD.replace("wmcapi.zoom.us", "zoomgov.com"),
        GOOD.replace("wmcapi.zoom.us", "evilzoomgov.com"),
        GOOD.replace("wmcapi.zoom.us", "wmcapi.zoom.us.evil.example"),
        GOOD.replace("wmcapi.zoom.us", "evil.example#wmcapi.zoom.us"),
        GOOD.replace("wmcapi.zoom.us", "wmcapi.zoom.us@evil.example"),
        GOOD.replace("wmcapi.zoom.us", "user:pass@wmcapi.zoom.us"),
        GOOD.replace("wmcapi.zoom.us", "wmcapi.zoom.us\\@evil.example"),
        GOOD.replace("wmcapi.zoom.us", "127.0.0.1"),
        GOOD.replace("wmcapi.zoom.us", "[::1]"),
        GOOD.replace("wmcapi.zoom.us", "wmcapi.zoom.us:8080"),
        GOOD.replace("wmcapi.zoom.us", "wmcapi.zoom.us:x"),
        GOOD.replace("closedcaption", "closedcaption/seq"),
        GOOD.replace("closedcaption", "a/../closedcaption"),
        GOOD.replace("&signature=xyz", ""),
        f"{GOOD}&seq=1",
        f"{GOOD}#part",
        f"{GOOD} x",
        f"{GOOD}\r\nHost: evil.example",
        GOOD.replace("zoom", "zооm"),  # Cyrillic
    ],
)
def test_everything_else_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_url(text, ZOOM)

    assert not text or text not in str(caught.value)
    assert caught.value.key == "relays.wrong_url"


def test_http_that_the_receiver_hands_out_is_used_as_https() -> None:
    place = Place(name="YouTube", hosts=("upload.youtube.com",), path="/closedcaption", lift_http=True)

    assert check_url("http://upload.youtube.com/closedcaption?cid=a", place).text == (
        "https://upload.youtube.com/closedcaption?cid=a"
    )


def test_simulator_may_be_local_but_must_be_listed() -> None:
    place = Place(name="Zoom", hosts=("127.0.0.1",), path="/closedcaption", allow_local=True)

    assert check_url("http://127.0.0.1:81/closedcaption?id=1", place).text.startswith("http://127")
    with pytest.raises(InvalidInput):
        check_url("http://localhost:81/closedcaption?id=1", place)


def test_mask_shows_host_and_four_characters() -> None:
    assert masked(CaptionUrl(GOOD)) == "wmcapi.zoom.us … =xyz"
    assert masked(None) == ""
    assert GOOD not in repr(CaptionUrl(GOOD))


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
    ],
)
def test_only_addresses_of_the_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


class Names(AbstractResolver):
    """Answers with fixed addresses."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=0)
            for one in self._addresses
        ]

    async def close(self) -> None:
        return None


async def test_name_that_leads_into_a_private_network_is_refused() -> None:
    resolver = PublicResolver(Names("8.8.8.8", "10.0.0.5"))
    with pytest.raises(ForbiddenAddress):
        await resolver.resolve("wmcapi.zoom.us", 443)
    with pytest.raises(ForbiddenAddress):
        await PublicResolver(Names()).resolve("wmcapi.zoom.us", 443)

    public = await PublicResolver(Names("8.8.8.8")).resolve("wmcapi.zoom.us", 443)
    assert [one["host"] for one in public] == ["8.8.8.8"]
