"""Relays on pages and in the API: who may, what is shown, and that the URL never comes back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.core.page_checks import Page, problems
from tests.transcripts.conftest import Running

ZOOM = "https://wmcapi.zoom.us/closedcaption?id=1&ns=GZHkEA==&expire=86400&spparams=id&signature=sEcReT-7Qx9"
TEAMS = "https://api.captions.office.microsoft.com/cartcaption?meetingid=%7b%7d&token=toKeN-abcd&lang=en-us"


async def page(client: ClientSession, site: Running, path: str, *, status: int = 200) -> Page:
    async with client.get(site.url(path)) as answer:
        text = await answer.text()
        assert answer.status == status, text
    assert problems(text) == []
    return Page(text)


async def call(
    client: ClientSession, site: Running, method: str, path: str, body: Any = None, *, status: int = 200
) -> Any:
    async with client.request(method, site.url(f"/api/v1/meetings/{path}"), json=body) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json() if answer.content_type == "application/json" else None


async def added(client: ClientSession, site: Running, meeting: str, **changed: str) -> dict[str, Any]:
    body = {"kind": "zoom", "language": "en", "url": ZOOM} | changed
    found: dict[str, Any] = await call(client, site, "POST", f"{meeting}/relays", body, status=201)
    return found


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_pages_are_well_made_in_every_state(site: Running, language: str) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    ann = await site.log_in("ann", "staff")
    await page(ann, site, f"/meetings/{meeting}/relays?ui={language}")
    one = await added(ann, site, meeting)
    two = await added(ann, site, meeting, kind="teams", language="ja", url=TEAMS)
    await call(ann, site, "PATCH", f"{meeting}/relays/{two['id']}", {"state": "paused"})
    await page(ann, site, f"/meetings/{meeting}/relays")
    sender = await page(ann, site, f"/meetings/{meeting}/send")
    await site.service.end(meeting)
    await page(ann, site, f"/meetings/{meeting}/relays")

    assert one["health"] == "waiting"
    [summary] = [found for found in sender.elements if found.attributes.get("id") == "relays"]
    assert ["Zoom" in summary.text, "Microsoft Teams" in summary.text] == [True, True]


async def test_form_adds_a_relay_and_shows_it_masked(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    ann = await site.log_in("ann", "interpreter")
    form = {"kind": "zoom", "language": "en", "url": ZOOM, "csrf_token": ann.headers["X-CSRF-Token"]}
    async with ann.post(site.url(f"/meetings/{meeting}/relays"), data=form) as answer:
        text = await answer.text()

    assert answer.status == 200
    assert str(answer.url).endswith(f"/meetings/{meeting}/relays")
    assert "wmcapi.zoom.us … 7Qx9" in text
    assert "sEcReT" not in text


async def test_url_comes_back_nowhere(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    ann = await site.log_in("ann", "staff")
    relay = await added(ann, site, meeting)
    told = [str(relay), str(await call(ann, site, "GET", f"{meeting}/relays"))]
    for path in (f"/meetings/{meeting}/relays", f"/meetings/{meeting}/send", f"/meetings/{meeting}"):
        async with ann.get(site.url(path)) as answer:
            told.append(await answer.text())

    assert ["sEcReT" in one or "GZHkEA" in one for one in told] == [False] * 5
    assert relay["address"] == "wmcapi.zoom.us … 7Qx9"


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("zoom", "https://evil.example/closedcaption?id=1&ns=2&expire=3&signature=4"),
        ("zoom", TEAMS),
        ("zoom", "http://wmcapi.zoom.us/closedcaption?id=1&ns=2&expire=3&signature=4"),
        ("teams", "<script>alert(1)</script>"),
        ("youtube", ""),
    ],
)
async def test_wrong_address_is_told_on_the_page_and_not_repeated(site: Running, kind: str, url: str) -> None:
    meeting = (await site.meeting()).meeting.id
    ann = await site.log_in("ann", "staff")
    form = {"kind": kind, "language": "en", "url": url, "csrf_token": ann.headers["X-CSRF-Token"]}
    async with ann.post(site.url(f"/meetings/{meeting}/relays?ui=en"), data=form) as answer:
        text = await answer.text()

    assert answer.status == 400
    assert problems(text) == []
    assert "not an address for captions" in text
    assert not url or url not in text


async def test_form_buttons_pause_go_on_and_remove(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    ann = await site.log_in("ann", "staff")
    relay = await added(ann, site, meeting)
    states = []
    for action in ("pause", "resume", "remove"):
        form = {"csrf_token": ann.headers["X-CSRF-Token"]}
        path = f"/meetings/{meeting}/relays/{relay['id']}/{action}"
        async with ann.post(site.url(path), data=form) as answer:
            assert answer.status == 200
        states.append([one["state"] for one in (await call(ann, site, "GET", f"{meeting}/relays"))["relays"]])

    assert states == [["paused"], ["on"], []]


async def test_form_without_the_sessions_token_is_refused(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    ann = await site.log_in("ann", "staff")
    del ann.headers["X-CSRF-Token"]
    form = {"kind": "zoom", "language": "en", "url": ZOOM}
    async with ann.post(site.url(f"/meetings/{meeting}/relays"), data=form) as answer:
        assert answer.status == 403

    assert await call(ann, site, "GET", f"{meeting}/relays") == {"relays": []}


async def test_visitors_see_and_change_nothing(site: Running) -> None:
    made = await site.meeting()
    meeting = made.meeting.id
    ann = await site.log_in("ann", "staff")
    relay = await added(ann, site, meeting)
    async with site.visitor.get(site.url(f"/meetings/{meeting}/send?token={made.sender_token}")) as answer:
        assert "relays" not in await answer.text()
    for method, path in (
        ("GET", f"{meeting}/relays"),
        ("POST", f"{meeting}/relays"),
        ("PATCH", f"{meeting}/relays/{relay['id']}"),
        ("DELETE", f"{meeting}/relays/{relay['id']}"),
    ):
        await call(site.visitor, site, method, path, {}, status=403)


async def test_api_replaces_the_url_and_removes(site: Running) -> None:
    meeting = (await site.meeting()).meeting.id
    ann = await site.log_in("ann", "admin")
    relay = await added(ann, site, meeting)
    changed = await call(
        ann, site, "PATCH", f"{meeting}/relays/{relay['id']}", {"url": re.sub("7Qx9", "8Ry0", ZOOM)}
    )
    assert changed["address"] == "wmcapi.zoom.us … 8Ry0"

    await call(ann, site, "DELETE", f"{meeting}/relays/{relay['id']}", status=204)
    assert await call(ann, site, "GET", f"{meeting}/relays") == {"relays": []}


@pytest.mark.parametrize("body", [{}, {"state": "on", "url": ZOOM}, {"state": "refused"}, {"url": 5}])
async def test_api_refuses_a_change_that_is_none(site: Running, body: dict[str, Any]) -> None:
    meeting = (await site.meeting()).meeting.id
    ann = await site.log_in("ann", "staff")
    relay = await added(ann, site, meeting)

    await call(ann, site, "PATCH", f"{meeting}/relays/{relay['id']}", body, status=400)


async def test_relay_of_another_meeting_is_not_found(site: Running) -> None:
    meeting, other = (await site.meeting()).meeting.id, (await site.meeting()).meeting.id
    ann = await site.log_in("ann", "staff")
    relay = await added(ann, site, meeting)

    await call(ann, site, "DELETE", f"{other}/relays/{relay['id']}", status=404)
    await call(ann, site, "PATCH", f"{other}/relays/{relay['id']}", {"state": "paused"}, status=404)
