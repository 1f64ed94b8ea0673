"""Pages over real HTTP: what they show, to whom, and that text never becomes markup."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import srt
import webvtt
from aiohttp import ClientSession

from core.accounts import Account
from core.words import flatten
from tests.core.page_checks import Page, problems
from tests.transcripts.conftest import ROOT, Build, Running, segment
from transcripts.web import WebOptions

ANN = Account(id="ann", name="ann", role="interpreter", display_name="Ann", department="")
MARKUP = '<script>alert(1)</script> & "quotes" \'--> {{ 7 * 7 }}'


async def page(client: ClientSession, site: Running, path: str, *, status: int = 200) -> Page:
    """A page that must be well made in every way that can be checked without eyes."""
    async with client.get(site.url(path)) as answer:
        text = await answer.text()
        assert answer.status == status, text
    assert problems(text) == []
    return Page(text)


def texts(found: Page, name: str) -> list[str]:
    return [element.text.strip() for element in found.has_class(name)]


async def committed(site: Running, *others: str, text: str = "The school opens at 9.") -> str:
    made = await site.meeting(*others)
    await site.service.commit_segment(made.meeting.id, segment(1, text))
    await site.translated()
    return made.meeting.id


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_every_page_is_well_made_in_both_page_languages(site: Running, language: str) -> None:
    meeting = await committed(site, "ja", "ja-Hira", "pt-BR")
    await site.service.start(meeting)
    ann = await site.log_in("ann", "admin")
    for path in (
        "/meetings",
        f"/meetings/{meeting}",
        f"/meetings/{meeting}?lang=ja&second=en",
        f"/meetings/{meeting}?overlay=1",
        f"/meetings/{meeting}/send",
        "/review",
        f"/review/{meeting}",
        f"/review/{meeting}?lang=ja-Hira",
    ):
        await page(ann, site, f"{path}{'&' if '?' in path else '?'}ui={language}")


def test_words_have_the_same_keys_and_placeholders_in_both_languages() -> None:
    import string

    tables = [
        flatten(tomllib.loads((ROOT / f"transcripts/words/{tag}.toml").read_text("utf-8")))
        for tag in ("ja", "en")
    ]
    names = [
        {
            key: sorted(field for _, field, _, _ in string.Formatter().parse(text) if field)
            for key, text in table.items()
        }
        for table in tables
    ]
    assert names[0] == names[1]


# The list


async def test_visitors_see_meetings_that_are_on_or_to_come(site: Running) -> None:
    for title, end in (("Planned", False), ("Over", True)):
        made = await site.meeting(title=title)
        if end:
            await site.service.end(made.meeting.id)
    shown = await page(site.visitor, site, "/meetings?ui=en")
    assert [element.text for element in shown.all("h2")] == ["Planned"]


async def test_staff_see_past_meetings_too_and_live_ones_first(site: Running) -> None:
    states: dict[str, Any] = {"Over": site.service.end, "Live": site.service.start, "Planned": None}
    for title, move in states.items():
        made = await site.meeting(title=title)
        if move:
            await move(made.meeting.id)
    clerk = await site.log_in("clerk", "staff")
    shown = await page(clerk, site, "/meetings?ui=en")
    assert [element.text for element in shown.all("h2")] == ["Live", "Planned", "Over", "New meeting"]


async def test_empty_list_says_so(site: Running) -> None:
    shown = await page(site.visitor, site, "/meetings?ui=en")
    assert texts(shown, "empty") == ["No meeting at the moment.A meeting appears here when it is planned."]


async def test_form_creates_a_meeting_and_shows_its_addresses_once(site: Running) -> None:
    clerk = await site.log_in("clerk", "staff")
    form = [
        ("csrf_token", clerk.headers["X-CSRF-Token"]),
        ("title", "Briefing"),
        ("language", "en"),
        ("languages", "ja"),
        ("languages", "pt-BR"),
    ]
    async with clerk.post(site.url("/meetings"), data=form) as answer:
        assert answer.status == 201
        text = await answer.text()
    assert problems(text) == []
    made = (await site.service.meetings(states=("planned",)))[0]
    assert made.languages == ("en", "ja", "pt-BR")
    addresses = [one.text for one in Page(text).all("a") if one.text.startswith("http")]
    assert addresses[0] == site.url(f"/meetings/{made.id}")
    token = addresses[1].split("token=")[1]
    assert await site.service.may_send(made.id, token)


async def test_visitor_cannot_create_a_meeting_by_form(site: Running) -> None:
    async with site.visitor.post(site.url("/meetings"), data={"title": "T", "language": "en"}) as answer:
        assert answer.status == 403
    assert await site.service.meetings(states=("planned",)) == []


async def test_staff_end_and_reopen_a_meeting(site: Running) -> None:
    made = await site.meeting()
    clerk = await site.log_in("clerk", "staff")
    states = []
    for action in ("end", "reopen"):
        async with clerk.post(site.url(f"/meetings/{made.meeting.id}/{action}")) as answer:
            assert answer.status == 200
        states.append((await site.service.get(made.meeting.id)).state)
    assert states == ["ended", "live"]


# The viewer


async def test_transcript_so_far_is_on_the_page_without_scripts(site: Running) -> None:
    meeting = await committed(site, "ja")
    shown = await page(site.visitor, site, f"/meetings/{meeting}?lang=en")
    assert texts(shown, "text") == ["The school opens at 9."]


async def test_second_language_stands_under_the_first(site: Running) -> None:
    meeting = await committed(site, "ja")
    await site.service.correct(meeting, seq=1, lang="ja", text="学校は9時からです。", rev=1, account=ANN)
    shown = await page(site.visitor, site, f"/meetings/{meeting}?lang=ja&second=en&ui=en")
    row = shown.all("ol")[0].children[0]
    assert [(line.attributes["lang"], line.children[0].text) for line in row.children] == [
        ("ja", "学校は9時からです。"),
        ("en", "The school opens at 9."),
    ]


async def test_untranslated_text_is_marked_and_keeps_the_spoken_language(site: Running) -> None:
    meeting = await committed(site, "ja")
    shown = await page(site.visitor, site, f"/meetings/{meeting}?lang=ja&ui=en")
    line = shown.has_class("first")[0]
    assert (line.attributes["lang"], line.attributes["data-tag"]) == ("en", "ja")
    assert texts(shown, "mark") == ["not translated"]


async def test_caption_that_is_not_translated_yet_says_so(site: Running) -> None:
    made = await site.meeting("ja")
    await site.service.commit_segment(made.meeting.id, segment(1))
    shown = await page(site.visitor, site, f"/meetings/{made.meeting.id}?lang=ja&second=en&ui=en")
    assert texts(shown, "pending") == ["being translated …"]


async def test_page_goes_on_from_the_position_that_it_shows(site: Running) -> None:
    meeting = await committed(site, "ja")
    shown = await page(site.visitor, site, f"/meetings/{meeting}?lang=ja")
    assert shown.all("div", id="captions")[0].attributes["data-position"] == "2"


async def test_browser_language_chooses_the_captions(site: Running) -> None:
    meeting = await committed(site, "ja", "pt-BR")
    chosen = []
    for wanted in ("pt-PT,pt;q=0.9,en;q=0.8", "de,ja;q=0.5", "de", ""):
        async with site.visitor.get(
            site.url(f"/meetings/{meeting}"), headers={"Accept-Language": wanted}
        ) as answer:
            found = Page(await answer.text())
        chosen.append(found.all("div", id="captions")[0].attributes["data-chosen"])
    assert chosen == ["pt-BR", "ja", "en", "en"]


async def test_markup_in_a_caption_stays_text(site: Running) -> None:
    meeting = await committed(site, "ja", text=MARKUP)
    shown = await page(site.visitor, site, f"/meetings/{meeting}?lang=en&second=ja")
    assert texts(shown, "text") == [MARKUP, MARKUP]


async def test_markup_in_a_title_stays_text(site: Running) -> None:
    made = await site.meeting(title="<b>T</b>\"'>")
    shown = await page(site.visitor, site, f"/meetings/{made.meeting.id}")
    assert shown.all("h1")[0].text == "<b>T</b>\"'>"
    assert shown.all("b") == []


async def test_unknown_language_is_refused_with_a_page(site: Running) -> None:
    meeting = await committed(site)
    shown = await page(site.visitor, site, f"/meetings/{meeting}?lang=xx&ui=en", status=400)
    assert "This meeting has no captions in “xx”" in shown.root.text


async def test_unknown_meeting_is_not_found(site: Running) -> None:
    await page(site.visitor, site, "/meetings/nothing", status=404)


async def test_page_shows_the_latest_captions_and_says_that_there_are_more(build: Build) -> None:
    site = await build(web_options=WebOptions(shown_segments=2))
    made = await site.meeting()
    for seq in (1, 2, 3):
        await site.service.commit_segment(made.meeting.id, segment(seq, f"Sentence {seq}."))
    shown = await page(site.visitor, site, f"/meetings/{made.meeting.id}?ui=en")
    assert texts(shown, "text") == ["Sentence 2.", "Sentence 3."]
    assert "Only the latest captions are shown." in shown.root.text


async def test_overlay_has_captions_and_nothing_else(site: Running) -> None:
    meeting = await committed(site)
    shown = await page(site.visitor, site, f"/meetings/{meeting}?overlay=1")
    assert texts(shown, "text") == ["The school opens at 9."]
    assert shown.has_class("stage-bar") == shown.has_class("stage-foot") == []


async def test_qr_code_leads_to_the_public_address(build: Build) -> None:
    import segno

    site = await build(web_options=WebOptions(public_url="https://captions.city.example/"))
    made = await site.meeting()
    async with site.visitor.get(site.url(f"/meetings/{made.meeting.id}/qr.svg")) as answer:
        assert answer.content_type == "image/svg+xml"
        drawn = await answer.text()
    expected = segno.make(f"https://captions.city.example/meetings/{made.meeting.id}", error="m")
    path = expected.svg_inline(scale=4, border=4, dark="#000", light="#fff").split(' d="')[-1].split('"')[0]
    assert path in drawn


# Transcript files


async def file(site: Running, path: str) -> str:
    async with site.visitor.get(site.url(path)) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_transcript_files_are_read_back_by_other_programs(site: Running) -> None:
    meeting = await committed(site, text="Fish & chips <here>.")
    base = f"/meetings/{meeting}/transcript"
    vtt = webvtt.from_string(await file(site, f"{base}.vtt"))
    subtitles = list(srt.parse(await file(site, f"{base}.srt")))
    assert [(cue.start, cue.end) for cue in vtt] == [("00:00:02.000", "00:00:03.500")]
    assert [one.content for one in subtitles] == ["Fish & chips <here>."]
    assert await file(site, f"{base}.txt") == "Fish & chips <here>.\n"


async def test_transcript_in_easy_japanese_falls_back_to_japanese(site: Running) -> None:
    meeting = await committed(site, "ja-Hira")
    await site.service.commit_segment(meeting, segment(2, "Second."))
    await site.translated()
    await site.service.correct(meeting, seq=2, lang="ja-Hira", text="にばんめ", rev=0, account=ANN)
    assert (
        await file(site, f"/meetings/{meeting}/transcript.txt?lang=ja-Hira")
        == "The school opens at 9.\nにばんめ\n"
    )


@pytest.mark.parametrize(("ending", "status"), [("vtt?lang=ko", 400), ("pdf", 404)])
async def test_transcript_that_does_not_exist_is_refused(site: Running, ending: str, status: int) -> None:
    meeting = await committed(site)
    await page(site.visitor, site, f"/meetings/{meeting}/transcript.{ending}", status=status)


# The sender's page


async def test_sender_page_needs_an_account_or_the_token(site: Running) -> None:
    made = await site.meeting()
    path = f"/meetings/{made.meeting.id}/send"
    async with site.visitor.get(site.url(path), allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"].split("?")[0]) == (303, "/login")
    shown = await page(site.visitor, site, f"{path}?token={made.sender_token}")
    assert shown.all("div", id="sender")[0].attributes["data-token"] == made.sender_token
    assert shown.all("form", method="post") == []


async def test_sender_page_of_an_ended_meeting_offers_to_open_it_again(site: Running) -> None:
    made = await site.meeting()
    await site.service.end(made.meeting.id)
    clerk = await site.log_in("clerk", "staff")
    shown = await page(clerk, site, f"/meetings/{made.meeting.id}/send?ui=en")
    assert [form.attributes["action"] for form in shown.all("form", method="post")] == [
        "/logout",
        f"/meetings/{made.meeting.id}/reopen",
    ]


# The review room


async def save(client: ClientSession, site: Running, meeting: str, **form: str) -> tuple[int, Page]:
    data = {"csrf_token": client.headers["X-CSRF-Token"], **form}
    async with client.post(site.url(f"/review/{meeting}?lang={form['lang']}"), data=data) as answer:
        return answer.status, Page(await answer.text())


async def test_review_room_is_for_interpreters(site: Running) -> None:
    meeting = await committed(site)
    clerk = await site.log_in("clerk", "staff")
    for path in ("/review", f"/review/{meeting}"):
        await page(clerk, site, path, status=403)


async def test_rows_show_source_and_target_with_their_revisions(site: Running) -> None:
    meeting = await committed(site, "ja")
    ann = await site.log_in("ann", "interpreter")
    shown = await page(ann, site, f"/review/{meeting}?ui=en")
    cells = shown.has_class("review-cell")
    assert [(cell.attributes["data-lang"], cell.attributes["data-rev"]) for cell in cells] == [
        ("en", "1"),
        ("ja", "1"),
    ]
    assert [area.text for area in shown.all("textarea")] == ["The school opens at 9."] * 2
    assert texts(shown, "chip")[1:] == ["Draft", "Draft", "Not translated"]


async def test_doubtful_words_are_marked(site: Running) -> None:
    made = await site.meeting()
    await site.service.commit_segment(made.meeting.id, segment(1, "Mumble mumble", probability=0.2))
    ann = await site.log_in("ann", "interpreter")
    shown = await page(ann, site, f"/review/{made.meeting.id}")
    assert [mark.text for mark in shown.all("mark")] == ["Mumble", "mumble"]


async def test_saving_without_scripts_stores_and_returns_to_the_row(site: Running) -> None:
    meeting = await committed(site, "ja")
    ann = await site.log_in("ann", "interpreter")
    status, shown = await save(ann, site, meeting, seq="1", lang="ja", rev="1", text="九時に開きます。")
    assert status == 200
    assert [area.text for area in shown.all("textarea")][1] == "九時に開きます。"
    assert await file(site, f"/meetings/{meeting}/transcript.txt?lang=ja") == "九時に開きます。\n"


async def test_conflict_without_scripts_keeps_what_was_typed_beside_what_is_stored(site: Running) -> None:
    meeting = await committed(site, "ja")
    ann = await site.log_in("ann", "interpreter")
    await site.service.correct(meeting, seq=1, lang="ja", text="先の訳", rev=1, account=ANN)
    status, shown = await save(ann, site, meeting, seq="1", lang="ja", rev="1", text="後の訳")
    assert status == 409
    assert [area.text for area in shown.all("textarea")][1] == "後の訳"
    clash = shown.has_class("clash")[1]
    assert "hidden" not in clash.attributes
    assert "先の訳" in clash.text
    assert shown.has_class("review-cell")[1].attributes["data-rev"] == "2"


async def test_translation_older_than_its_source_is_marked(site: Running) -> None:
    meeting = await committed(site, "ja")
    ann = await site.log_in("ann", "interpreter")
    await site.service.correct(meeting, seq=1, lang="ja", text="訳", rev=1, account=ANN)
    await site.service.correct(meeting, seq=1, lang="en", text="Other words.", rev=1, account=ANN)
    shown = await page(ann, site, f"/review/{meeting}?ui=en")
    assert texts(shown, "chip")[1:] == ["Approved", "Approved", "Older than its source"]


async def test_easy_japanese_that_nobody_wrote_is_an_empty_field(site: Running) -> None:
    meeting = await committed(site, "ja-Hira")
    ann = await site.log_in("ann", "interpreter")
    shown = await page(ann, site, f"/review/{meeting}?lang=ja-Hira&ui=en")
    assert shown.has_class("review-cell")[1].attributes["data-rev"] == "0"
    assert texts(shown, "chip")[-1] == "Not written yet"


async def test_long_meeting_is_reviewed_in_parts(build: Build) -> None:
    site = await build(web_options=WebOptions(review_rows=2))
    made = await site.meeting()
    for seq in (1, 2, 3):
        await site.service.commit_segment(made.meeting.id, segment(seq))
    ann = await site.log_in("ann", "interpreter")
    shown = await page(ann, site, f"/review/{made.meeting.id}?page=2&ui=en")
    assert [row.attributes["data-seq"] for row in shown.has_class("review-row")] == ["3"]
    assert "Part 2 of 2" in shown.root.text


async def test_markup_in_the_review_room_stays_text(site: Running) -> None:
    meeting = await committed(site, "ja", text=f"</textarea>{MARKUP}")
    ann = await site.log_in("ann", "interpreter")
    shown = await page(ann, site, f"/review/{meeting}")
    assert [area.text for area in shown.all("textarea")] == [f"</textarea>{MARKUP}"] * 2
