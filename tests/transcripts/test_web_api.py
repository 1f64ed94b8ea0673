"""/api/v1/meetings: who may do what, and what is answered."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession

from tests.transcripts.conftest import Running, segment


async def put(client: ClientSession, site: Running, path: str, body: object) -> tuple[int, dict[str, Any]]:
    async with client.put(site.url(path), json=body) as answer:
        return answer.status, await answer.json()


async def get(client: ClientSession, site: Running, path: str) -> tuple[int, dict[str, Any]]:
    async with client.get(site.url(path)) as answer:
        return answer.status, await answer.json()


async def post(client: ClientSession, site: Running, body: object) -> tuple[int, dict[str, Any]]:
    async with client.post(site.url("/api/v1/meetings"), json=body) as answer:
        return answer.status, await answer.json()


async def committed(site: Running, *others: str) -> str:
    made = await site.meeting(*others)
    await site.service.commit_segment(made.meeting.id, segment(1))
    await site.translated()
    return made.meeting.id


async def test_staff_create_a_meeting_and_get_its_addresses(site: Running) -> None:
    clerk = await site.log_in("clerk", "staff")
    status, made = await post(clerk, site, {"title": "説明会", "language": "en", "languages": ["ja"]})
    assert status == 201
    assert (made["title"], made["language"], made["languages"], made["state"]) == (
        "説明会",
        "en",
        ["en", "ja"],
        "planned",
    )
    assert made["url"] == site.url(f"/meetings/{made['id']}")
    assert made["sender_url"].endswith(f"/send?token={made['sender_token']}")
    assert await site.service.may_send(made["id"], made["sender_token"])


async def test_visitor_cannot_create_a_meeting(site: Running) -> None:
    status, answer = await post(site.visitor, site, {"title": "T", "language": "en", "languages": []})
    assert (status, answer["error"]["code"]) == (403, "not_authorised")


async def test_creating_without_the_csrf_token_is_refused(site: Running) -> None:
    clerk = await site.log_in("clerk", "staff")
    del clerk.headers["X-CSRF-Token"]
    status, _ = await post(clerk, site, {"title": "T", "language": "en", "languages": []})
    assert status == 403


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"language": "en"}, "“title” must be a text."),
        ({"title": 5, "language": "en"}, "“title” must be a text."),
        ({"title": "T", "language": "en", "languages": "ja"}, "“languages” must be a list of language tags."),
        ({"title": "T", "language": "en", "languages": [1]}, "“languages” must be a list of language tags."),
        ([], "The body must be a JSON object."),
    ],
)
async def test_senseless_meeting_is_refused(site: Running, body: object, sentence: str) -> None:
    clerk = await site.log_in("clerk", "staff")
    status, answer = await post(clerk, site, body)
    assert (status, answer["error"]["message"]) == (400, sentence)


async def test_body_that_is_not_json_is_refused(site: Running) -> None:
    clerk = await site.log_in("clerk", "staff")
    async with clerk.post(site.url("/api/v1/meetings"), data=b"\xff\xfe{") as answer:
        assert answer.status == 400


async def test_meeting_is_shown_without_its_secrets(site: Running) -> None:
    made = await site.meeting("ja")
    status, shown = await get(site.visitor, site, f"/api/v1/meetings/{made.meeting.id}")
    assert status == 200
    assert set(shown) == {
        "id", "title", "language", "languages", "spoken", "recorded", "partials", "audio_days", "state", "created_at",
    }  # fmt: skip


async def test_plan_of_a_meeting_comes_by_the_api(site: Running) -> None:
    clerk = await site.log_in("clerk", "staff")
    plan = {
        "languages": ["ja", "pt-BR"], "recorded": ["ja"], "also_spoken": ["pt-BR"], "partials": True,
        "audio_days": 7, "names": "田中 = Tanaka",
    }  # fmt: skip
    status, made = await post(clerk, site, {"title": "T", "language": "en", **plan})
    assert status == 201
    told = {name: made[name] for name in ("languages", "spoken", "recorded", "partials", "audio_days")}
    assert told == {
        "languages": ["en", "pt-BR", "ja"],
        "spoken": ["en", "pt-BR"],
        "recorded": ["en", "pt-BR", "ja"],
        "partials": True,
        "audio_days": 7,
    }
    assert (await site.service.get(made["id"])).names == "田中 = Tanaka"


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        ({"recorded": "ja"}, "“recorded” must be a list of language tags."),
        ({"audio_days": -1}, "“audio_days” must be a whole number, 0 or more."),
        ({"audio_days": 400}, "Sound is kept for at most 30 days."),
        ({"names": 5}, "“names” must be a text."),
        ({"also_spoken": ["ja-Hira"]}, "Speech cannot be recognised in ja-Hira; choose ja."),
    ],
)
async def test_unusable_plan_is_refused(site: Running, plan: dict[str, Any], sentence: str) -> None:
    clerk = await site.log_in("clerk", "staff")
    status, answer = await post(clerk, site, {"title": "T", "language": "en", "languages": [], **plan})
    assert (status, answer["error"]["message"]) == (400, sentence)


async def test_captions_after_a_position(site: Running) -> None:
    meeting = await committed(site, "ja")
    _, everything = await get(site.visitor, site, f"/api/v1/meetings/{meeting}/captions")
    _, rest = await get(site.visitor, site, f"/api/v1/meetings/{meeting}/captions?after=1")
    _, english = await get(site.visitor, site, f"/api/v1/meetings/{meeting}/captions?lang=en")
    assert [one["lang"] for one in everything["captions"]] == ["en", "ja"]
    assert ([one["lang"] for one in rest["captions"]], rest["position"], rest["state"]) == (
        ["ja"],
        2,
        "planned",
    )
    assert [one["lang"] for one in english["captions"]] == ["en"]


async def test_captions_in_an_unknown_language_are_refused(site: Running) -> None:
    meeting = await committed(site)
    status, answer = await get(site.visitor, site, f"/api/v1/meetings/{meeting}/captions?lang=ko")
    assert (status, answer["error"]["code"]) == (400, "invalid_input")


async def test_interpreter_corrects_a_caption(site: Running) -> None:
    meeting = await committed(site)
    ann = await site.log_in("ann", "interpreter")
    path = f"/api/v1/meetings/{meeting}/captions/1"
    status, caption = await put(ann, site, path, {"lang": "en", "text": "Corrected.", "rev": 1})
    assert status == 200
    assert (caption["text"], caption["rev"], caption["origin"], caption["flags"]) == (
        "Corrected.",
        2,
        "human",
        ["checked"],
    )


async def test_stale_correction_is_a_conflict(site: Running) -> None:
    meeting = await committed(site)
    ann = await site.log_in("ann", "interpreter")
    path = f"/api/v1/meetings/{meeting}/captions/1"
    await put(ann, site, path, {"lang": "en", "text": "One.", "rev": 1})
    status, answer = await put(ann, site, path, {"lang": "en", "text": "Two.", "rev": 1})
    assert (status, answer["error"]["code"]) == (409, "conflict")


async def test_staff_and_visitors_cannot_correct(site: Running) -> None:
    meeting = await committed(site)
    clerk = await site.log_in("clerk", "staff")
    body = {"lang": "en", "text": "X", "rev": 1}
    statuses = [
        (await put(client, site, f"/api/v1/meetings/{meeting}/captions/1", body))[0]
        for client in (clerk, site.visitor)
    ]
    assert statuses == [403, 403]


@pytest.mark.parametrize(
    "body",
    [
        {"lang": "en", "text": "X"},
        {"lang": "en", "text": "X", "rev": "one"},
        {"lang": "en", "text": "X", "rev": True},
        {"lang": "en", "text": None, "rev": 1},
        {"lang": "ko", "text": "X", "rev": 0},
    ],
)
async def test_senseless_correction_is_refused(site: Running, body: object) -> None:
    meeting = await committed(site)
    ann = await site.log_in("ann", "interpreter")
    status, answer = await put(ann, site, f"/api/v1/meetings/{meeting}/captions/1", body)
    assert (status, answer["error"]["code"]) == (400, "invalid_input")


async def test_history_is_for_staff_and_interpreters(site: Running) -> None:
    meeting = await committed(site)
    ann = await site.log_in("ann", "interpreter")
    path = f"/api/v1/meetings/{meeting}/captions/1"
    await put(ann, site, path, {"lang": "en", "text": "Corrected.", "rev": 1})
    _, history = await get(ann, site, f"{path}/revisions?lang=en")
    status, _ = await get(site.visitor, site, f"{path}/revisions?lang=en")
    assert [(one["rev"], one["by"]) for one in history["revisions"]] == [(1, None), (2, "Person ann")]
    assert status == 403
