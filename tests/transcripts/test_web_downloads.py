"""Transcript files over HTTP."""

from __future__ import annotations

import asyncio
import io
from typing import Any
from urllib.parse import unquote

import docx
import jsonschema
import pytest
import yaml

from core.accounts import Account
from tests.transcripts.conftest import ROOT, Build, Running, segment
from transcripts.service import MeetingOptions
from transcripts.web import WebOptions

ANN = Account(id="ann", name="ann", display_name="Ann", role="interpreter", department="")


async def get(
    site: Running, path: str, *, status: int = 200, client: Any = None
) -> tuple[bytes, dict[str, str]]:
    async with (client or site.visitor).get(site.url(path)) as answer:
        assert answer.status == status, await answer.text()
        return await answer.read(), dict(answer.headers)


async def reviewed(site: Running, *, title: str = "School briefing") -> str:
    """Three captions in English and Japanese; one approved as it was, one corrected, one untouched."""
    made = await site.meeting("ja", "ja-Hira", title=title)
    meeting = made.meeting.id
    for seq, text in enumerate(("Please come this way.", "Lunch costs 450 yen.", "The end."), start=1):
        await site.service.commit_segment(meeting, segment(seq, text))
    await site.translated()
    await site.service.correct(meeting, seq=1, lang="en", text="Please come this way.", rev=1, account=ANN)
    await site.service.correct(meeting, seq=2, lang="en", text="Lunch costs 4,500 yen.", rev=1, account=ANN)
    await site.service.correct(meeting, seq=2, lang="ja", text="給食費は4,500円です。", rev=1, account=ANN)
    await site.service.correct(meeting, seq=3, lang="ja-Hira", text="おわりです。", rev=0, account=ANN)
    return meeting


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("", ["Please come this way.", "Lunch costs 4,500 yen.", "The end."]),
        ("?text=newest", ["Please come this way.", "Lunch costs 4,500 yen.", "The end."]),
        ("?text=draft", ["Please come this way.", "Lunch costs 450 yen.", "The end."]),
        ("?text=approved", ["Please come this way.", "Lunch costs 4,500 yen."]),
        ("?lang=ja&text=approved", ["給食費は4,500円です。"]),
        ("?lang=ja-Hira&text=approved", ["給食費は4,500円です。", "おわりです。"]),
        ("?lang=ja-Hira&text=draft", ["Please come this way.", "Lunch costs 450 yen.", "The end."]),
        ("?times=1&text=approved", ["0:00:02  Please come this way.", "0:00:04  Lunch costs 4,500 yen."]),
    ],
)
async def test_text_is_the_newest_the_draft_or_the_approved(
    site: Running, query: str, lines: list[str]
) -> None:
    meeting = await reviewed(site)
    body, _ = await get(site, f"/meetings/{meeting}/transcript.txt{query}")
    assert body.decode().splitlines() == lines


async def test_draft_that_was_not_translated_is_marked_in_its_language(site: Running) -> None:
    meeting = await reviewed(site)
    body, _ = await get(site, f"/meetings/{meeting}/transcript.vtt?lang=ja&text=draft")
    assert body.decode().count("<lang en>") == 3
    assert "NOTE\nSchool briefing\nJapanese\n" in body.decode()


@pytest.mark.parametrize("query", ["?lang=en,ja", "?lang=en&lang=ja", "?lang=en&lang=ja&lang="])
async def test_page_to_print_has_two_languages_and_may_only_use_its_style(site: Running, query: str) -> None:
    meeting = await reviewed(site)
    body, headers = await get(site, f"/meetings/{meeting}/transcript.html{query}")
    assert ('<td lang="en" dir="auto">' in body.decode(), '<td lang="ja" dir="auto">' in body.decode()) == (
        True,
        True,
    )
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


async def test_document_opens_in_a_word_processor(site: Running) -> None:
    meeting = await reviewed(site)
    body, headers = await get(site, f"/meetings/{meeting}/transcript.docx?lang=en,ja&text=approved&ui=en")
    rows = docx.Document(io.BytesIO(body)).tables[0].rows
    assert [[cell.text for cell in row.cells] for row in rows[1:]] == [
        ["0:00:02", "Please come this way. ✓", ""],
        ["0:00:04", "Lunch costs 4,500 yen. ✓", "給食費は4,500円です。 ✓"],
    ]
    assert headers["Content-Disposition"].startswith("attachment;")


async def test_data_is_as_the_description_says(site: Running) -> None:
    meeting = await reviewed(site)
    ann = await site.log_in("bea", "interpreter")
    described = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text("utf-8"))
    schema = {"$ref": "#/components/schemas/Transcript", "components": described["components"]}
    for client in (site.visitor, ann):
        async with client.get(site.url(f"/meetings/{meeting}/transcript.json")) as answer:
            jsonschema.validate(await answer.json(), schema)


async def test_data_has_words_all_languages_and_history_for_staff(site: Running) -> None:
    meeting = await reviewed(site)
    staff = await site.log_in("bea", "interpreter")
    async with staff.get(site.url(f"/meetings/{meeting}/transcript.json")) as answer:
        document = await answer.json()
    assert (document["languages"], document["text"], document["version"]) == (
        ["en", "ja", "ja-Hira"],
        "newest",
        1,
    )
    second = document["segments"][1]
    assert (second["heard"], [word["text"] for word in second["words"]]) == (
        "Lunch costs 450 yen.",
        ["Lunch", "costs", "450", "yen."],
    )
    english = second["captions"]["en"]
    assert (english["text"], english["rev"], english["checked"]) == ("Lunch costs 4,500 yen.", 2, True)
    assert [(one["rev"], one["origin"]) for one in english["revisions"]] == [(1, "speech"), (2, "human")]
    assert "ja-Hira" not in second["captions"]


async def test_visitor_is_not_told_who_wrote_what(site: Running) -> None:
    meeting = await reviewed(site)
    async with site.visitor.get(site.url(f"/meetings/{meeting}/transcript.json?lang=en")) as answer:
        document = await answer.json()
    assert set(document["segments"][1]["captions"]["en"]) == {"text", "rev", "origin", "checked", "flags"}


async def test_approver_is_named_to_staff(site: Running) -> None:
    meeting = await reviewed(site)
    staff = await site.log_in("bea", "interpreter")
    bea = await site.accounts.check("bea", "a long enough password")
    await site.service.correct(meeting, seq=3, lang="en", text="The end.", rev=1, account=bea)
    async with staff.get(site.url(f"/meetings/{meeting}/transcript.json?lang=en")) as answer:
        caption = (await answer.json())["segments"][2]["captions"]["en"]
    assert (caption["checked_by"], caption["revisions"][-1]["by"]) == ("Person bea", "Person bea")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("入学説明会 2026", "入学説明会 2026.en.txt"),
        ('../../etc/passwd "x"; filename=y', "etc_passwd _x_; filename=y.en.txt"),
        ("...", "{id}.en.txt"),
        ("a" * 120, "a" * 80 + ".en.txt"),
    ],
)
async def test_file_is_named_after_the_meeting(site: Running, title: str, name: str) -> None:
    meeting = await reviewed(site, title=title)
    _, headers = await get(site, f"/meetings/{meeting}/transcript.txt")
    plain, _, encoded = headers["Content-Disposition"].partition("; filename*=UTF-8''")
    assert plain == f'inline; filename="{meeting}.en.txt"'
    assert unquote(encoded) == name.format(id=meeting)
    assert encoded.isascii()


async def test_file_that_did_not_change_is_not_sent_again(site: Running) -> None:
    meeting = await reviewed(site)
    path = site.url(f"/meetings/{meeting}/transcript.srt")
    async with site.visitor.get(path) as answer:
        tag = answer.headers["ETag"]
        assert answer.headers["Cache-Control"] == "private, no-cache"
    async with site.visitor.get(path, headers={"If-None-Match": tag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    await site.service.correct(meeting, seq=3, lang="en", text="Good bye.", rev=1, account=ANN)
    async with site.visitor.get(path, headers={"If-None-Match": tag}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    "path",
    ["srt?lang=en,ja", "html?lang=en,ja,ja-Hira,ko", "html?lang=ko", "txt?text=old", "docx?lang=en,,xx"],
)
async def test_what_cannot_be_written_is_refused(site: Running, path: str) -> None:
    meeting = await reviewed(site)
    await get(site, f"/meetings/{meeting}/transcript.{path}", status=400)


async def test_meeting_that_is_too_long_for_a_file_is_refused(build: Build) -> None:
    site = await build(meeting_options=MeetingOptions(record_limit=2))
    meeting = await reviewed(site)
    for ending in ("txt", "json"):
        await get(site, f"/meetings/{meeting}/transcript.{ending}", status=413)


async def test_too_many_files_at_once_are_refused_and_the_others_come(build: Build) -> None:
    site = await build(web_options=WebOptions(files_at_once=1, files_waiting=1))
    meeting = await reviewed(site)

    async def status() -> int:
        async with site.visitor.get(site.url(f"/meetings/{meeting}/transcript.docx")) as answer:
            return answer.status

    found = await asyncio.gather(*(status() for _ in range(8)))
    assert set(found) == {200, 503} or set(found) == {200, 429}


async def test_parts_of_a_long_meeting_fit_together(site: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transcripts.records.PART", 2)
    meeting = await reviewed(site)
    body, _ = await get(site, f"/meetings/{meeting}/transcript.txt")
    assert len(body.decode().splitlines()) == 3
    async with site.visitor.get(site.url(f"/meetings/{meeting}/transcript.json")) as answer:
        assert [one["seq"] for one in (await answer.json())["segments"]] == [1, 2, 3]


async def test_menu_offers_every_format_without_scripts(site: Running) -> None:
    meeting = await reviewed(site)
    bea = await site.log_in("bea", "interpreter")
    for path in (f"/meetings/{meeting}?lang=ja&ui=en", f"/review/{meeting}?lang=ja&ui=en"):
        body, _ = await get(site, path, client=bea)
        for ending in ("txt", "vtt", "srt", "json", "html", "docx"):
            assert f"/meetings/{meeting}/transcript.{ending}" in body.decode()
