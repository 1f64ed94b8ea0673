"""The staff desk as the server sends it: every state, sound and usable before any script runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bot import desk_fixture as sample
from tests.core.page_checks import Element, Page, problems
from tests.core.page_renderer import CLERK, PageRenderer
from translation.guards import FLAGS

HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


@pytest.fixture(scope="module")
def pages() -> PageRenderer:
    return PageRenderer()


@pytest.fixture
def show(pages: PageRenderer) -> Any:
    def render(language: str = "en", **changes: Any) -> Page:
        context = sample.desk(**changes)
        return Page(pages.render("bot/desk.html", language=language, account=CLERK, path="/desk", **context))

    return render


def with_message(**changes: Any) -> dict[str, Any]:
    return sample.claimed(messages=[sample.message(**changes)])


def bubble_texts(page: Page) -> list[tuple[str, str]]:
    """(language, text) of what stands in the bubbles."""
    return [
        (element.attributes["lang"], element.text)
        for element in page.elements
        if element.tag == "p" and "data-marks" in element.attributes and element.above("ol")
    ]


def actions(page: Page) -> list[str]:
    return [form.attributes["action"] for form in page.all("form", method="post") if form.above("main")]


def one(elements: list[Element]) -> Element:
    (element,) = elements
    return element


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("state", sample.STATES)
def test_every_state_is_a_sound_page(pages: PageRenderer, state: str, language: str) -> None:
    html = pages.render(
        "bot/desk.html", language=language, account=CLERK, path="/desk", **sample.STATES[state]
    )
    assert problems(html) == []


def test_empty_queue_says_that_nobody_waits(show: Any) -> None:
    page = show(queue=sample.EMPTY_QUEUE)
    assert "Nobody is waiting" in page.root.text
    assert page.has_class("ticket") == []


def test_queue_groups_requests_with_their_counts(show: Any) -> None:
    headings = [element.text.split() for element in show().has_class("queue-title")]
    assert headings == [["Waiting", "3"], ["Mine", "1"], ["With", "colleagues", "1"]]


def test_groups_without_requests_are_left_out_except_waiting(show: Any) -> None:
    page = show(queue=sample.queue(mine=[], others=[], waiting=[]))
    assert [element.text.split()[0] for element in page.has_class("queue-title")] == ["Waiting"]


def test_done_today_is_counted(show: Any) -> None:
    assert one(show().has_class("queue-done")).text == "Done today: 12"


def test_ticket_opens_its_request(show: Any) -> None:
    assert [t.attributes["href"] for t in show().has_class("ticket")] == [
        f"/desk?request=r{number}" for number in (1, 2, 3, 4, 5)
    ]


def test_open_request_is_marked_in_the_queue(show: Any) -> None:
    page = show(selected=sample.selected())
    assert [t.attributes["href"] for t in page.all("a", aria_current="true")] == ["/desk?request=r2"]


def test_urgent_is_a_word_and_not_only_a_colour(show: Any) -> None:
    first, *rest = show().has_class("ticket")
    assert "Urgent" in first.text
    assert [ticket for ticket in rest if "Urgent" in ticket.text] == []


def test_names_and_excerpts_carry_their_language(show: Any) -> None:
    page = show()
    assert [e.attributes["lang"] for e in page.has_class("ticket-name")] == [
        "vi",
        "pt-BR",
        "zh-Hans",
        "tl",
        "en",
    ]
    assert {e.attributes["lang"] for e in page.has_class("ticket-excerpt")} == {"ja"}


def test_times_have_a_machine_form_and_the_exact_time(show: Any) -> None:
    first = show().all("time")[0]
    assert (first.attributes["datetime"], first.attributes["title"], first.text) == (
        "2027-01-18T09:58:00+09:00",
        "2027-01-18 09:58",
        "09:58",
    )


def test_colleagues_requests_show_who_has_them(show: Any) -> None:
    assert [e.text for e in show().has_class("ticket-owner")] == ["佐藤 花子", "鈴木 一郎"]


def test_without_a_request_the_page_invites_to_choose_one(show: Any) -> None:
    page = show()
    assert "Choose a request" in page.root.text
    assert actions(page) == []


def test_waiting_request_can_be_taken_and_not_yet_answered(show: Any) -> None:
    page = show(selected=sample.selected())
    assert actions(page) == ["/desk/requests/r2/claim"]
    assert page.all("textarea") == []


def test_own_request_can_be_released_closed_and_answered(show: Any) -> None:
    assert actions(show(selected=sample.claimed())) == [
        "/desk/requests/r2/release",
        "/desk/requests/r2/close",
        "/desk/requests/r2/answer",
    ]


def test_colleagues_request_can_be_read_but_not_touched(show: Any) -> None:
    page = show(selected=sample.selected(state="claimed", claimed_by_name="鈴木 一郎"))
    assert actions(page) == []
    assert "鈴木 一郎 is answering this" in page.root.text


def test_closed_request_offers_nothing_to_do(show: Any) -> None:
    page = show(selected=sample.claimed(state="closed"))
    assert actions(page) == []
    assert "This request is closed" in page.root.text


def test_answered_request_can_be_answered_again(show: Any) -> None:
    assert "/desk/requests/r2/answer" in actions(show(selected=sample.claimed(state="answered")))


def test_every_form_carries_token_and_version(show: Any) -> None:
    page = show(selected=sample.claimed())
    for form in page.all("form", method="post"):
        hidden = {
            f.attributes["name"]: f.attributes["value"]
            for f in page.all("input", type="hidden")
            if f.above("form") is form
        }
        assert hidden["csrf_token"] == "token-of-this-session"
        if form.above("main"):
            assert hidden["version"] == "3"


def test_preview_is_asked_for_by_post_so_that_no_text_is_in_an_address(show: Any) -> None:
    page = show(selected=sample.claimed())
    button = one(page.all("button", name="preview"))
    assert one([button.above("form")]).attributes["method"] == "post"  # type: ignore[list-item]
    assert {"formmethod", "formaction"} & button.attributes.keys() == set()


def test_resident_is_read_in_the_original_and_then_in_japanese(show: Any) -> None:
    page = show(selected=sample.claimed(messages=[sample.QUESTION]))
    assert bubble_texts(page) == [
        ("pt-BR", sample.QUESTION["text"]),
        ("ja", sample.QUESTION["japanese"]),
    ]


def test_staff_is_read_in_japanese_and_then_as_it_was_sent(show: Any) -> None:
    page = show(selected=sample.claimed(messages=[sample.STAFF_ANSWER]))
    assert bubble_texts(page) == [("ja", "お調べします。"), ("pt-BR", "Vou verificar.")]


@pytest.mark.parametrize("language", ["ja", "ja-Hira"])
def test_japanese_message_is_shown_once(show: Any, language: str) -> None:
    page = show(selected=with_message(text="こんにちは", language=language, japanese="こんにちは"))
    assert bubble_texts(page) == [(language, "こんにちは")]


def test_message_without_japanese_yet_says_that_it_is_coming(show: Any) -> None:
    page = show(selected=with_message(text="Olá", language="pt-BR"))
    assert bubble_texts(page) == [("pt-BR", "Olá")]
    assert "Translating…" in page.root.text


@pytest.mark.parametrize(
    ("message", "request_state"),
    [({"japanese": ""}, "open"), ({"japanese": None}, "closed")],
    ids=["could-not-be-translated", "request-is-over"],
)
def test_message_that_will_not_be_translated_promises_nothing(
    show: Any, message: dict[str, Any], request_state: str
) -> None:
    page = show(selected=with_message(text="Olá", language="pt-BR", **message) | {"state": request_state})
    assert "Translating…" not in page.root.text


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (["pt-BR", "en", "ja"], "via English"),
        (["pt-BR", "zh-Hans", "ja"], "via 简体中文"),
    ],
)
def test_pivot_of_a_translation_is_named(pages: PageRenderer, route: list[str], expected: str) -> None:
    changes = {"text": "Olá", "language": "pt-BR", "japanese": "こんにちは", "route": route}
    html = pages.render(
        "bot/desk.html",
        language="en",
        account=CLERK,
        path="/desk",
        **sample.desk(selected=with_message(**changes)),
    )
    assert expected in Page(html).root.text


def test_direct_translation_names_no_pivot(show: Any) -> None:
    page = show(selected=with_message(text="Hi", language="en", japanese="どうも", route=["en", "ja"]))
    note = one(page.has_class("note")[:1])
    assert "via" not in note.text
    assert "Machine translation" in note.text


def test_human_text_is_not_called_machine_translation(show: Any) -> None:
    page = show(selected=sample.claimed(messages=[sample.BOT_ANSWER]))
    assert [note for note in page.has_class("note") if note.above("ol")] == []


@pytest.mark.parametrize(
    ("value", "level", "word"),
    [
        (1.0, "high", "Confidence high"),
        (0.8, "high", "Confidence high"),
        (0.79, "ok", "Confidence fair"),
        (0.5, "ok", "Confidence fair"),
        (0.49, "low", "Confidence low"),
        (0.0, "low", "Confidence low"),
    ],
)
def test_confidence_is_a_word_and_a_shape(show: Any, value: float, level: str, word: str) -> None:
    page = show(
        selected=with_message(text="a", language="en", japanese="あ", route=["en", "ja"], confidence=value)
    )
    mark = one(page.has_class("confidence"))
    assert (mark.attributes["data-level"], mark.text) == (level, word)


@pytest.mark.parametrize(
    ("flag", "word"),
    [("too_short", "Short: something may be missing"), ("new_kind", "Please check the translation")],
)
def test_flags_are_sentences_even_when_new(show: Any, flag: str, word: str) -> None:
    page = show(
        selected=with_message(text="a", language="en", japanese="あ", route=["en", "ja"], flags=[flag])
    )
    assert [e.text for e in page.has_class("waiting") if e.above("ol")] == [word]


def test_lost_fact_of_a_message_is_said_once(show: Any) -> None:
    page = show(
        selected=with_message(
            text="a",
            language="en",
            japanese="あ",
            route=["en", "ja"],
            flags=["fact_lost"],
            lost=[sample.PHONE],
        )
    )
    chips = [e.text for e in page.has_class("chip") if e.above("ol")]
    assert chips == ["Phone 045-123-4567 is missing in the translation"]


def test_kept_facts_say_how_they_stand_in_both_languages(show: Any) -> None:
    page = show(selected=sample.claimed(messages=[sample.QUESTION]))
    price, date = [e for e in page.all("li") if "data-fact" in e.attributes]
    assert (price.attributes["data-fact"], price.attributes["data-fact-text"]) == ("18600", "18.600 ienes")
    assert date.attributes["data-fact-twin"] == "1月31日"


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("sent", "Sent ✓"),
        ("waiting", "Waiting to be sent…"),
        ("failed", "Could not be sent. Please send it again."),
        ("unreachable", "Not delivered (the resident has left)"),
    ],
)
def test_delivery_of_an_answer_is_shown(show: Any, state: str, word: str) -> None:
    page = show(selected=sample.claimed(messages=[sample.STAFF_ANSWER | {"state": state}]))
    assert one(page.has_class("message-state")).text == word


def test_residents_messages_have_no_delivery_state(show: Any) -> None:
    assert show(selected=sample.claimed(messages=[sample.QUESTION])).has_class("message-state") == []


@pytest.mark.parametrize("kind", ["voice", "location", "sticker", "image"])
def test_other_kinds_of_message_are_named(show: Any, kind: str) -> None:
    page = show(selected=with_message(kind=kind, text="x", japanese="x"))
    assert [e.text for e in page.has_class("message-who")[0].children if e.tag == "span"][
        -1
    ] == kind.capitalize()


def test_clerks_name_stands_at_the_answer_and_the_citys_at_the_bots(show: Any) -> None:
    page = show(selected=sample.claimed(messages=[sample.BOT_ANSWER, sample.STAFF_ANSWER]))
    names = [e.children[1].text for e in page.has_class("message-who")]
    assert names == ["Aoba City", "佐藤 花子"]


def test_preview_shows_text_back_translation_and_kept_facts(show: Any) -> None:
    page = show(selected=sample.claimed(), draft=sample.DRAFT, preview=sample.PREVIEW)
    text = one(page.all("p", data_slot="text"))
    assert (text.attributes["lang"], text.text) == ("pt-BR", sample.PREVIEW["text"])
    assert one(page.all("p", data_slot="back")).text == sample.PREVIEW["back"]
    facts = one(page.all("div", data_slot="facts"))
    assert [e.text for e in page.all("li") if e.above("div") is facts] == ["Price18,600円", "Date1月31日"]
    assert "hidden" in one(page.all("label", data_slot="confirm")).attributes


def test_draft_is_shown_again(show: Any) -> None:
    page = show(selected=sample.claimed(), draft=sample.DRAFT, preview=sample.PREVIEW)
    assert one(page.all("textarea")).text == sample.DRAFT


def test_lost_fact_asks_for_a_confirmation(show: Any) -> None:
    page = show(selected=sample.claimed(), draft=sample.DRAFT, preview=sample.LOST_PREVIEW)
    label = one(page.all("label", data_slot="confirm"))
    box = one(page.all("input", name="confirm"))
    assert "hidden" not in label.attributes
    assert (box.attributes["value"], "required" in box.attributes) == ("1", True)
    lost = [e.text for e in page.all("li") if "data-lost" in e.attributes]
    assert lost == ["Phone 045-123-4567 is missing in the translation"]


def test_nothing_is_said_to_be_complete_when_a_fact_is_lost(show: Any) -> None:
    page = show(selected=sample.claimed(), draft=sample.DRAFT, preview=sample.LOST_PREVIEW)
    assert "hidden" in one(page.all("p", data_slot="no-loss")).attributes


def test_without_preview_only_the_invitation_is_visible(show: Any) -> None:
    page = show(selected=sample.claimed())
    slots = {
        e.attributes["data-slot"]: "hidden" in e.attributes
        for e in page.elements
        if e.attributes.get("data-slot") in ("none", "loading", "failed", "ready")
    }
    assert slots == {"none": False, "loading": True, "failed": True, "ready": True}


def test_unreachable_resident_cannot_be_answered(show: Any) -> None:
    page = show(selected=sample.claimed(reachable=False))
    assert "nothing can be delivered now" in page.root.text
    assert "disabled" in one(page.all("button", name="send")).attributes


def test_saved_replies_can_be_read_without_scripts(show: Any) -> None:
    page = show(selected=sample.claimed())
    assert [e.text for e in page.all("p") if "data-reply" in e.attributes] == [
        reply["text"] for reply in sample.SAVED_REPLIES
    ]


def test_without_saved_replies_there_is_no_empty_list(show: Any) -> None:
    assert show(selected=sample.claimed(), saved_replies=[]).has_class("saved") == []


def test_error_is_an_alert(show: Any) -> None:
    page = show(error="Somebody else was first.")
    assert one(page.all("p", role="alert")).text == "Somebody else was first."


def test_language_switch_keeps_the_open_request(show: Any) -> None:
    page = show(selected=sample.selected())
    assert one(page.all("a", hreflang="ja")).attributes["href"] == "/desk?ui=ja&request=r2"


def test_there_is_a_way_back_to_the_queue(show: Any) -> None:
    page = show(selected=sample.selected())
    (back,) = [a for a in page.all("a", href="/desk") if a.above("main")]
    assert back.text.strip() == "← Back to the queue"


@pytest.mark.parametrize("field", ["name", "excerpt", "department_name", "language_name"])
def test_text_in_the_queue_cannot_become_markup(pages: PageRenderer, field: str) -> None:
    queue = sample.queue(waiting=[sample.row(**{field: HOSTILE})])
    html = pages.render("bot/desk.html", account=CLERK, path="/desk", **sample.desk(queue=queue))
    assert problems(html) == []
    assert HOSTILE in Page(html).root.text


@pytest.mark.parametrize("field", ["text", "japanese", "author"])
def test_text_in_the_conversation_cannot_become_markup(pages: PageRenderer, field: str) -> None:
    message = sample.STAFF_ANSWER | {field: HOSTILE}
    context = sample.desk(selected=sample.claimed(messages=[message]), draft=HOSTILE)
    html = pages.render("bot/desk.html", account=CLERK, path="/desk", **context)
    assert problems(html) == []
    assert Page(html).root.text.count(HOSTILE) == 2


def test_fact_cannot_break_out_of_its_attribute(pages: PageRenderer) -> None:
    hostile = sample.fact("url", '" onmouseover="alert(1)', '"><script>alert(1)</script>')
    preview = sample.PREVIEW | {"kept": [hostile], "lost": [hostile]}
    html = pages.render(
        "bot/desk.html",
        account=CLERK,
        path="/desk",
        **sample.desk(selected=sample.claimed(), preview=preview),
    )
    assert problems(html) == []


@pytest.mark.parametrize("part", ["queue", "conversation"])
def test_parts_can_be_rendered_alone(pages: PageRenderer, part: str) -> None:
    context = sample.desk(selected=sample.claimed())
    html = pages.render(f"bot/_{part}.html", account=CLERK, path="/desk", **context)
    assert len([e for e in Page(html).elements if e.attributes.get("data-part") == part]) == 1


def test_every_item_of_a_part_has_its_own_key(show: Any) -> None:
    page = show(selected=sample.claimed())
    keys = [(e.above("div"), e.attributes["data-key"]) for e in page.elements if "data-key" in e.attributes]
    assert len(keys) == 10
    assert len({(id(part), key) for part, key in keys}) == len(keys)


@pytest.mark.parametrize("flag", [*FLAGS, "untranslated"])
def test_every_flag_of_the_translation_has_its_own_words(pages: PageRenderer, flag: str) -> None:
    page = Page(
        pages.render(
            "bot/desk.html",
            language="en",
            account=CLERK,
            path="/desk",
            **sample.desk(selected=sample.claimed(messages=[]), preview=sample.PREVIEW | {"flags": [flag]}),
        )
    )
    slot = one(page.all("ul", data_slot="flags"))
    words = [e.text for e in page.all("li") if e.above("ul") is slot]
    assert (len(words), "Please check the translation" in words) == (
        0 if flag == "low_confidence" else 1,
        False,
    )


def test_preview_that_is_no_machine_translation_shows_no_confidence(show: Any) -> None:
    preview = sample.PREVIEW | {"confidence": None, "route": [], "flags": ["untranslated"], "language": "ja"}
    page = show(selected=sample.claimed(messages=[]), draft="はい", preview=preview)
    assert "hidden" in one(page.all("p", data_slot="machine")).attributes
    assert page.has_class("confidence") == []


def test_switching_the_language_after_a_refused_form_leads_to_the_desk(pages: PageRenderer) -> None:
    html = pages.render(
        "bot/desk.html", account=CLERK, path="/desk/requests/r2/answer", **sample.STATES["lost fact"]
    )
    assert one(Page(html).all("a", hreflang="en")).attributes["href"] == "/desk?ui=en&request=r2"


def test_answered_request_is_marked_in_the_queue(show: Any) -> None:
    queue = sample.queue(waiting=[], others=[], mine=[sample.row(state="answered")])
    assert "Answered" in one(show(queue=queue).has_class("ticket")).text


# What people translated before


def test_suggestions_keep_their_languages(show: Any) -> None:
    page = show(**sample.STATES["suggestions"])
    first, second = page.has_class("suggestion")
    assert [
        (child.attributes["lang"], child.text) for child in first.children if "lang" in child.attributes
    ] == [
        ("ja", sample.SUGGESTION["japanese"]),
        ("pt-BR", sample.SUGGESTION["text"]),
    ]
    assert "Numbers or dates differ" in first.text
    assert "Numbers or dates differ" not in second.text
    assert "91% the same" in first.text


def test_suggestions_are_hidden_where_there_are_none(show: Any) -> None:
    page = show(**sample.STATES["claimed with preview"])
    assert "hidden" in one(page.has_class("suggestions")).attributes


def test_message_in_human_words_is_marked_without_a_confidence(show: Any) -> None:
    page = show(
        selected=with_message(
            direction="staff", japanese="はい。", text="Sim.", language="pt-BR", maker="human"
        )
    )
    note = one([element for element in page.has_class("note") if element.above("ol")])
    assert note.text.split() == ["By", "a", "person"]


def test_message_partly_in_human_words_says_both(show: Any) -> None:
    page = show(selected=with_message(japanese="はい。", route=["pt-BR", "ja"], maker="partly_human"))
    note = one([element for element in page.has_class("note") if element.above("ol")])
    assert note.text.split() == ["Machine", "translationPartly", "by", "a", "person"]


def test_hostile_suggestion_in_the_page_stays_text(show: Any) -> None:
    hostile = sample.SUGGESTION | {"japanese": HOSTILE, "text": HOSTILE, "author": HOSTILE, "id": '"><img>'}
    preview = sample.PREVIEW | {"suggestions": [hostile]}
    page = show(selected=sample.claimed(), draft="あ", preview=preview)
    assert page.all("img") == []
    assert one(page.all("button", name="take")).attributes["value"] == '"><img>'
