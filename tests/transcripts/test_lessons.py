"""What is approved in the review room is what the next translation says."""

from __future__ import annotations

import asyncio

import pytest

from core.accounts import Account
from core.errors import Conflict
from tests.transcripts.conftest import Build, Running, segment
from transcripts.service import MeetingService
from translation.service import Translator

ANN = Account(id="ann", name="ann", role="interpreter", display_name="Ann Interpreter", department="")
SPOKEN = "The school opens at 9."
APPROVED = "学校は9時に開きます。"


class Room:
    """A review room with a memory behind it, and one segment."""

    def __init__(self, site: Running, meeting: str) -> None:
        assert site.memory is not None
        self.site = site
        self.memory = site.memory
        self.meeting = meeting
        self.service: MeetingService = site.service

    async def approve(self, text: str = APPROVED, *, lang: str = "ja", seq: int = 1) -> None:
        await self.service.correct(
            self.meeting, seq=seq, lang=lang, text=text, rev=await self.rev(lang, seq), account=ANN
        )

    async def withdraw(self, *, lang: str = "ja", seq: int = 1) -> None:
        await self.service.withdraw(
            self.meeting, seq=seq, lang=lang, rev=await self.rev(lang, seq), account=ANN
        )

    async def rev(self, lang: str, seq: int) -> int:
        stored, _ = await self.service.transcript(self.meeting, [lang])
        return next((one.caption.rev for one in stored if one.caption.seq == seq), 0)

    def known(self, text: str = SPOKEN, target: str = "ja") -> str | None:
        """What the memory says for `text`."""
        match = self.memory.find(text, "en", target)
        return match.text if match else None

    async def is_learnt(self, *, lang: str = "ja", seq: int = 1) -> bool:
        stored, _ = await self.service.transcript(self.meeting, [lang])
        (caption,) = [one.caption for one in stored if one.caption.seq == seq]
        return await self.service.learnt(caption)


@pytest.fixture
async def room(build: Build) -> Room:
    site = await build(remember=True)
    meeting = (await site.meeting("ja", "pt-BR")).meeting.id
    await site.service.commit_segment(meeting, segment(1, SPOKEN))
    return Room(site, meeting)


async def test_approved_translation_is_what_the_memory_says_next(room: Room) -> None:
    await room.approve()
    assert room.known() == APPROVED
    (unit,) = await room.memory.search()
    assert (unit.source, unit.target, unit.source_text, unit.target_text) == ("en", "ja", SPOKEN, APPROVED)
    assert (unit.origin, unit.author, unit.came_from) == (
        "human",
        "Ann Interpreter",
        f"review:{room.meeting}/1",
    )
    assert await room.is_learnt()


async def test_next_sentence_with_other_facts_uses_it_too(room: Room) -> None:
    await room.approve("The fee is 300 yen.", lang="en")
    await room.approve("費用は300円です。")
    assert room.known("The fee is 500 yen.") == "費用は500円です。"


async def test_untouched_machine_text_that_is_approved_becomes_human(room: Room) -> None:
    await room.approve("人の訳")
    await room.approve("人の訳")
    (unit,) = await room.memory.search()
    assert (unit.target_text, unit.origin) == ("人の訳", "human")


async def test_changed_approval_changes_the_unit(room: Room) -> None:
    await room.approve("学校が9時に始まる。")
    await room.approve(APPROVED)
    assert [unit.target_text for unit in await room.memory.search()] == [APPROVED]


async def test_corrected_spoken_text_is_the_source_of_what_is_approved_after_it(room: Room) -> None:
    await room.approve("The pool opens at 9.", lang="en")
    await room.approve("プールは9時に開きます。")
    assert (room.known(SPOKEN), room.known("The pool opens at 9.")) == (None, "プールは9時に開きます。")


async def test_reworded_spoken_text_makes_the_memory_forget_until_the_translation_is_approved_again(
    room: Room,
) -> None:
    await room.approve()
    await room.approve("A escola abre às 9.", lang="pt-BR")
    await room.approve("The pool opens at 9.", lang="en")
    assert (room.known(), room.known(target="pt-BR"), await room.memory.search()) == (None, None, [])
    assert not await room.is_learnt()
    await room.approve("プールは9時に開きます。")
    assert room.known("The pool opens at 9.") == "プールは9時に開きます。"
    assert await room.is_learnt()


async def test_approving_the_spoken_text_as_it_is_changes_nothing(room: Room) -> None:
    await room.approve()
    await room.approve(SPOKEN, lang="en")
    assert room.known() == APPROVED
    assert [unit.target for unit in await room.memory.search()] == ["ja"]


async def test_withdrawn_approval_is_forgotten_and_the_text_stays_a_draft(room: Room) -> None:
    await room.approve()
    await room.withdraw()
    assert (room.known(), await room.memory.search()) == (None, [])
    stored, _ = await room.service.transcript(room.meeting, ["ja"])
    caption = stored[0].caption
    assert (caption.text, caption.origin, caption.flags, caption.rev) == (APPROVED, "human", (), 2)


async def test_machine_leaves_a_withdrawn_text_alone(room: Room) -> None:
    await room.approve()
    await room.withdraw()
    await room.site.translated()
    stored, _ = await room.service.transcript(room.meeting, ["ja"])
    assert stored[0].caption.text == APPROVED


async def test_withdrawn_approval_can_be_given_again(room: Room) -> None:
    await room.approve()
    await room.withdraw()
    await room.approve()
    assert room.known() == APPROVED


async def test_withdrawing_what_is_not_approved_is_refused(room: Room) -> None:
    with pytest.raises(Conflict):
        await room.withdraw()
    await room.approve()
    with pytest.raises(Conflict):
        await room.service.withdraw(room.meeting, seq=1, lang="ja", rev=7, account=ANN)
    assert room.known() == APPROVED


async def test_what_another_caption_taught_since_stays(room: Room) -> None:
    await room.service.commit_segment(room.meeting, segment(2, SPOKEN))
    await room.approve("一つ目の訳です。", seq=1)
    await room.approve("二つ目の訳です。", seq=2)
    await room.withdraw(seq=1)
    assert room.known() == "二つ目の訳です。"
    assert (await room.is_learnt(seq=2), await room.is_learnt(seq=1)) == (True, False)


async def test_translation_that_repeats_the_spoken_text_teaches_nothing(room: Room) -> None:
    await room.approve(SPOKEN)
    assert (room.known(), await room.memory.search()) == (None, [])


async def test_translation_changed_into_the_spoken_text_is_forgotten(room: Room) -> None:
    await room.approve()
    await room.approve(SPOKEN)
    assert await room.memory.search() == []


async def test_caption_without_words_is_approved_and_teaches_nothing(room: Room) -> None:
    await room.approve()
    await room.approve("……")
    stored, _ = await room.service.transcript(room.meeting, ["ja"])
    assert (stored[0].caption.text, stored[0].caption.flags) == ("……", ("checked",))
    assert await room.memory.search() == []


async def test_refused_approval_teaches_nothing(room: Room) -> None:
    await room.approve()
    with pytest.raises(Conflict):
        await room.service.correct(room.meeting, seq=1, lang="ja", text="遅い訳", rev=0, account=ANN)
    assert room.known() == APPROVED


async def test_caption_and_unit_are_stored_together_or_not_at_all(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_args: object, **_more: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(room.memory, "learn_in", fail)
    with pytest.raises(RuntimeError):
        await room.approve()
    stored, _ = await room.service.transcript(room.meeting, ["ja"])
    assert (stored, await room.memory.search()) == ([], [])


async def test_two_approvals_at_once_leave_one_unit_that_says_what_is_stored(room: Room) -> None:
    results = await asyncio.gather(
        *(
            room.service.correct(room.meeting, seq=1, lang="ja", text=text, rev=0, account=ANN)
            for text in ("一つ目の訳です。", "二つ目の訳です。")
        ),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Caption", "Conflict"]
    stored, _ = await room.service.transcript(room.meeting, ["ja"])
    assert room.known() == stored[0].caption.text


async def test_unit_that_was_changed_elsewhere_is_no_longer_said_to_be_used(room: Room) -> None:
    await room.approve()
    (unit,) = await room.memory.search()
    await room.memory.change(unit.id, source_text=SPOKEN, target_text="別の訳です。", author="Bob")
    assert not await room.is_learnt()


async def test_easy_japanese_written_by_a_person_is_learnt(build: Build, room: Room) -> None:
    made = await room.service.create(title="x", language="ja", languages=["ja-Hira"], account=None)
    await room.service.commit_segment(made.meeting.id, segment(1, "学校は九時に開きます。"))
    await room.service.correct(
        made.meeting.id, seq=1, lang="ja-Hira", text="がっこうは 9じに あきます。", rev=0, account=ANN
    )
    match = room.memory.find("学校は九時に開きます。", "ja", "ja-Hira")
    assert match is not None
    assert match.text == "がっこうは 9じに あきます。"


async def test_service_without_a_memory_says_that_nothing_was_learnt(site: Running) -> None:
    meeting = (await site.meeting("ja")).meeting.id
    await site.service.commit_segment(meeting, segment(1))
    caption = await site.service.correct(meeting, seq=1, lang="ja", text="訳", rev=0, account=ANN)
    assert not await site.service.learnt(caption)


# Over HTTP


async def test_api_says_that_it_was_learnt(room: Room) -> None:
    ann = await room.site.log_in("ann", "interpreter")
    url = room.site.url(f"/api/v1/meetings/{room.meeting}/captions/1")
    async with ann.put(url, json={"lang": "ja", "text": APPROVED, "rev": 0}) as answer:
        body = await answer.json()
    assert (answer.status, body["learnt"], body["flags"]) == (200, True, ["checked"])
    async with ann.delete(f"{url}/approval", params={"lang": "ja", "rev": "1"}) as answer:
        body = await answer.json()
    assert (answer.status, body["learnt"], body["flags"], body["text"]) == (200, False, [], APPROVED)
    assert room.known() is None


@pytest.mark.parametrize(("role", "status"), [("staff", 403), ("interpreter", 200), ("admin", 200)])
async def test_only_interpreters_withdraw_approvals(room: Room, role: str, status: int) -> None:
    await room.approve()
    client = await room.site.log_in("ann", role)
    url = room.site.url(f"/api/v1/meetings/{room.meeting}/captions/1/approval?lang=ja&rev=1")
    async with client.delete(url) as answer:
        assert answer.status == status


@pytest.mark.parametrize("query", ["", "?lang=ja", "?lang=ja&rev=x", "?lang=ko&rev=1"])
async def test_withdrawal_that_names_no_caption_is_refused(room: Room, query: str) -> None:
    await room.approve()
    ann = await room.site.log_in("ann", "interpreter")
    url = room.site.url(f"/api/v1/meetings/{room.meeting}/captions/1/approval{query}")
    async with ann.delete(url) as answer:
        assert answer.status == 400


async def test_withdrawal_needs_the_sessions_token(room: Room) -> None:
    await room.approve()
    ann = await room.site.log_in("ann", "interpreter")
    del ann.headers["X-CSRF-Token"]
    url = room.site.url(f"/api/v1/meetings/{room.meeting}/captions/1/approval?lang=ja&rev=1")
    async with ann.delete(url) as answer:
        assert answer.status == 403
    assert room.known() == APPROVED


async def test_page_without_a_script_says_what_is_used_and_withdraws(room: Room) -> None:
    await room.approve()
    ann = await room.site.log_in("ann", "interpreter")
    path = room.site.url(f"/review/{room.meeting}?lang=ja&ui=ja")
    async with ann.get(path) as answer:
        page = await answer.text()
    assert page.count("data-learnt hidden") == 1  # the spoken caption's; the translation's is shown
    form = {"seq": "1", "lang": "ja", "rev": "1", "text": APPROVED, "withdraw": "1"}
    async with ann.post(path, data=form) as answer:
        page = await answer.text()
    assert (answer.status, page.count("data-learnt hidden")) == (200, 2)
    assert room.known() is None


async def test_link_from_a_unit_opens_the_page_that_has_its_caption(build: Build) -> None:
    from transcripts.web import WebOptions

    site = await build(web_options=WebOptions(review_rows=2))
    meeting = (await site.meeting("ja")).meeting.id
    for seq in range(1, 6):
        await site.service.commit_segment(meeting, segment(seq))
    ann = await site.log_in("ann", "interpreter")
    for at, shown in (("1", [1, 2]), ("4", [3, 4]), ("5", [5])):
        async with ann.get(site.url(f"/review/{meeting}?lang=ja&at={at}")) as answer:
            page = await answer.text()
        assert [seq for seq in range(1, 6) if f'id="s{seq}"' in page] == shown


# What a machine translated before is not what a person approves now


async def test_machine_text_approved_as_it_stands_is_what_the_memory_says(
    build: Build, translator: Translator
) -> None:
    site = await build(translator=translator, remember=True)
    meeting = (await site.meeting("ja")).meeting.id
    await site.service.commit_segment(meeting, segment(1, SPOKEN))
    await site.translated()
    stored, _ = await site.service.transcript(meeting, ["ja"])
    machine = stored[0].caption.text
    assert site.memory is not None
    assert site.memory.find(SPOKEN, "en", "ja") is None
    await site.service.correct(meeting, seq=1, lang="ja", text=machine, rev=1, account=ANN)
    match = site.memory.find(SPOKEN, "en", "ja")
    assert match is not None
    assert (match.text, match.unit.origin, match.unit.author) == (machine, "human", "Ann Interpreter")
