"""The menus under the chat: their words, pictures, and what happens to them at LINE."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import regex
from PIL import Image

from bot.dialogue import parse_pressed
from bot.events import Pressed, TextReceived
from bot.line.quota import Quota, QuotaWatch
from bot.messenger import NoAnswer, Rejected
from bot.richmenu.fonts import Fonts
from bot.richmenu.layout import HEIGHT, WIDTH, MenuWords, alias_of, areas, menu_object, menu_words
from bot.richmenu.residents import reachable_by_language
from bot.richmenu.service import MENUS, MenuLinks, RichMenus, menu_name
from bot.richmenu.skill import MenuSkill
from bot.simulator.menus import check_menu, picture_size
from bot.simulator.schema import Schema
from bot.store import add_resident
from core.clock import ManualClock
from core.database import Database
from core.errors import Unavailable
from core.jobs import Jobs
from core.words import Words
from tests.bot.richmenu.conftest import LANGUAGES, Line


@pytest.fixture(scope="module")
def schema() -> Schema:
    made = Schema()
    made.load()
    return made


# Layout


def test_areas_fill_the_menu_without_overlap() -> None:
    taken = [[0] * (WIDTH // 10) for _ in range(HEIGHT // 10)]
    for area in areas():
        for y in range(HEIGHT // 10):
            for x in range(WIDTH // 10):
                inside = area.x <= x * 10 < area.x + area.width and area.y <= y * 10 < area.y + area.height
                taken[y][x] += inside
    assert {count for row in taken for count in row} == {1}
    assert sum(area.width * area.height for area in areas()) == WIDTH * HEIGHT


@pytest.mark.parametrize("language", LANGUAGES)
def test_menu_is_as_line_wants_it(words: Words, schema: Schema, language: str) -> None:
    made = menu_object(menu_words(words, language), "a name")
    assert schema.problems("RichMenuRequest", made) == ()
    assert list(check_menu(made)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_fit_uncut(words: Words, language: str) -> None:
    said = menu_words(words, language)
    assert words.keys(language) == words.keys("en")
    assert len(regex.findall(r"\X", said.bar)) <= 14
    assert [label for _, label in said.labels if len(regex.findall(r"\X", label)) > 20] == []


def test_every_area_does_something_of_its_own(words: Words) -> None:
    made = menu_object(menu_words(words, "en"), "a name")
    pressed = [parse_pressed(area["action"]["data"]) for area in made["areas"]]
    assert pressed == [
        ("menu", "ask"),
        ("article", "garbage-sorting"),
        ("menu", "forms"),
        ("shelters", ""),
        ("form", "mine"),
        ("person", ""),
        ("languages", ""),
    ]


def test_asking_opens_the_keyboard(words: Words) -> None:
    actions = [area["action"] for area in menu_object(menu_words(words, "en"), "a name")["areas"]]
    assert [action.get("inputOption") for action in actions] == ["openKeyboard"] + [None] * 6


def test_long_words_are_cut_to_lines_limits(words: Words) -> None:
    long = replace(menu_words(words, "en"), bar="x" * 30, labels=tuple((a.key, "y" * 40) for a in areas()))
    assert list(check_menu(menu_object(long, "a name"))) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_alias_is_as_line_wants_it(language: str) -> None:
    assert regex.fullmatch(r"[a-z0-9_-]{1,32}", alias_of(language))


def test_every_language_has_an_alias_of_its_own() -> None:
    assert len({alias_of(tag) for tag in LANGUAGES}) == len(LANGUAGES)


# Pictures


@pytest.mark.parametrize("language", LANGUAGES)
def test_picture_is_as_large_as_line_takes(pictures: dict[str, bytes], language: str) -> None:
    assert picture_size(pictures[language]) == (WIDTH, HEIGHT)
    assert len(pictures[language]) < 200_000


def test_every_language_has_a_picture_of_its_own(pictures: dict[str, bytes]) -> None:
    assert len(set(pictures.values())) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_stay_inside_their_areas(pictures: dict[str, bytes], language: str) -> None:
    """Along every border there is nothing but the border and the paper."""
    image = Image.open(io.BytesIO(pictures[language])).convert("L")
    for area in areas():
        x, middle = area.x + area.width - 14, range(area.y + 10, area.y + area.height - 10)
        assert min(image.getpixel((x, y)) for y in middle) > 180  # type: ignore[type-var, operator]


def test_chinese_and_japanese_have_their_own_shapes(fonts: Fonts) -> None:
    families = [fonts.face(tag).family for tag in ("ja", "zh-Hans", "ko", "ne")]
    assert len(set(families)) == 4


@pytest.mark.parametrize(
    ("language", "package"), [("ja", "fonts-noto-cjk"), ("ne", "deva"), ("en", "dejavu")]
)
def test_missing_font_says_what_to_install(tmp_path: Path, language: str, package: str) -> None:
    with pytest.raises(Unavailable, match=package):
        Fonts([tmp_path]).face(language)


def test_all_missing_fonts_are_named_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as refused:
        Fonts([tmp_path]).require(["ja", "ko", "ne", "en"])
    assert str(refused.value) == (
        "There is no font for ja, ko, ne, en on this machine; install some (on Debian: "
        "apt install fonts-dejavu-core fonts-lohit-deva fonts-noto-cjk) and try again."
    )


def test_fonts_that_are_there_are_enough(fonts: Fonts) -> None:
    fonts.require(LANGUAGES)


def test_broken_font_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    assert Fonts([tmp_path]).faces == ()


# At LINE


@pytest.fixture
def menus(line: Line, pictures: dict[str, bytes]) -> RichMenus:
    return RichMenus(line.menus, lambda one: pictures[one.language])


async def test_menus_are_made_and_residents_see_theirs(
    line: Line, menus: RichMenus, said: list[MenuWords], pictures: dict[str, bytes]
) -> None:
    maria, hanako, minh = [await line.resident(name, "en") for name in ("Maria", "Hanako", "Minh")]
    done = await menus.apply(said, default="ja", residents={"en": [maria], "ja": [hanako]})
    assert (done.made, done.kept, done.deleted, done.linked) == (("ja", "en"), (), 0, 2)
    ja, en = (menu_name(one, pictures[one.language]) for one in said)
    assert [await line.shown(user) for user in (maria, hanako, minh)] == [en, ja, ja]


async def test_applying_again_changes_nothing(line: Line, menus: RichMenus, said: list[MenuWords]) -> None:
    await menus.apply(said, default="ja", residents={})
    before = await line.menus.menus()
    done = await menus.apply(said, default="ja", residents={})
    assert (done.made, done.kept, done.deleted) == ((), ("ja", "en"), 0)
    assert await line.menus.menus() == before


async def test_changed_menu_replaces_the_old_one(line: Line, menus: RichMenus, said: list[MenuWords]) -> None:
    maria = await line.resident("Maria", "en")
    await menus.apply(said, default="ja", residents={"en": [maria]})
    changed = [said[0], replace(said[1], bar="Open")]
    done = await menus.apply(changed, default="ja", residents={"en": [maria]})
    assert (done.made, done.kept, done.deleted, done.linked) == (("en",), ("ja",), 1, 1)
    assert (await line.control("GET", f"/users/{maria}/menu"))["chatBarText"] == "Open"
    assert len(await line.menus.menus()) == 2


async def test_menu_that_was_left_half_made_is_made_anew(
    line: Line, menus: RichMenus, said: list[MenuWords], pictures: dict[str, bytes]
) -> None:
    await line.menus.create(menu_object(said[0], menu_name(said[0], pictures["ja"])))
    done = await menus.apply(said, default="ja", residents={})
    assert done.made == ("ja", "en")
    assert len(await line.menus.menus()) == 2


async def test_menus_of_others_are_left_alone(line: Line, menus: RichMenus, said: list[MenuWords]) -> None:
    other = await line.menus.create(menu_object(said[0], "made by hand"))
    await menus.apply(said, default="ja", residents={})
    assert await menus.remove() == 2
    assert [menu.id for menu in await line.menus.menus()] == [other]


async def test_what_is_there_is_shown_by_language(
    line: Line, menus: RichMenus, said: list[MenuWords]
) -> None:
    assert await menus.there(["ja", "en"]) == {"ja": None, "en": None}
    await menus.apply(said, default="ja", residents={})
    there = await menus.there(["ja", "en", "ko"])
    assert [menu.name.split()[1] if menu else "" for menu in there.values()] == ["ja", "en", ""]


async def test_removing_leaves_nothing(line: Line, menus: RichMenus, said: list[MenuWords]) -> None:
    maria = await line.resident("Maria", "en")
    await menus.apply(said, default="ja", residents={"en": [maria]})
    assert await menus.remove() == 2
    assert await line.menus.aliases() == {}
    assert await line.shown(maria) == ""
    assert await menus.remove() == 0


async def test_more_residents_than_one_call_takes(
    line: Line, menus: RichMenus, said: list[MenuWords]
) -> None:
    users = [f"U{number:032x}" for number in range(501)]
    done = await menus.apply(said, default="ja", residents={"en": users})
    assert done.linked == 501


async def test_line_that_refuses_gives_one_sentence(
    line: Line, menus: RichMenus, said: list[MenuWords]
) -> None:
    await line.control("POST", "/faults", json={"kind": "error", "endpoint": "menu_create", "status": 500})
    with pytest.raises(Unavailable, match="LINE did not take the menus"):
        await menus.apply(said, default="ja", residents={})


# Residents


async def test_change_of_language_changes_the_menu(
    line: Line, menus: RichMenus, said: list[MenuWords], jobs: Jobs
) -> None:
    await menus.apply(said, default="ja", residents={})
    maria = await line.resident("Maria", "en")
    links = MenuLinks(line.menus, jobs)
    for language in ("en", "ja", "en"):
        async with jobs.database.write() as connection:
            await links.plan(connection, maria, language)
        for job in await jobs.take(MENUS, limit=5, lease_s=30):
            await links.link(job)
        assert (await line.shown(maria)).startswith(f"madoguchi {language} ")
    assert await jobs.count(MENUS) == {"done": 3}


async def test_language_without_a_menu_keeps_the_default_one(
    line: Line, menus: RichMenus, said: list[MenuWords], jobs: Jobs
) -> None:
    await menus.apply(said, default="ja", residents={})
    maria = await line.resident("Maria", "ko")
    assert await MenuLinks(line.menus, jobs)._link(maria, "ko") == "no menu"


async def test_menu_that_was_replaced_meanwhile_is_found(
    line: Line, menus: RichMenus, said: list[MenuWords], jobs: Jobs
) -> None:
    await menus.apply(said, default="ja", residents={})
    maria, links = await line.resident("Maria", "en"), MenuLinks(line.menus, jobs)
    assert await links._link(maria, "en") == "linked"
    await menus.apply([said[0], replace(said[1], bar="Open")], default="ja", residents={})
    assert await links._link(maria, "en") == "linked"
    assert (await line.control("GET", f"/users/{maria}/menu"))["chatBarText"] == "Open"


async def test_residents_are_grouped_by_the_language_they_use(database: Database, clock: ManualClock) -> None:
    async with database.write() as connection:
        for user, language in (("U1", "en"), ("U2", "ja"), ("U3", "en"), ("U4", "")):
            await add_resident(
                connection, line_user_id=user, display_name="", profile_language=language, now=clock.now()
            )
        assert await reachable_by_language(connection) == {"en": ["U1", "U3"], "ja": ["U2"]}


# What the areas say


def test_forms_are_offered_with_their_titles() -> None:
    skill = MenuSkill({"taxi": {"en": "Taxi", "ja": "タクシー"}})
    state = skill.starts(Pressed(action="menu", value="forms"), "")
    made = skill.step(state or {}, None)  # type: ignore[arg-type]
    assert made.state is None
    (card,) = made.actions
    assert [button.data for button in card.card.buttons] == ["do=form&v=taxi"]  # type: ignore[union-attr]


def test_city_without_forms_says_how_to_ask() -> None:
    skill = MenuSkill({})
    made = skill.step({"do": "forms"}, None)  # type: ignore[arg-type]
    assert [action.phrase for action in made.actions] == ["menu.how_to_ask"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "event",
    [
        Pressed(action="menu", value=""),
        Pressed(action="x", value="ask"),
        TextReceived(message_id="m", text="ask"),
    ],
)
def test_nothing_else_is_for_the_menu(event: Any) -> None:
    assert MenuSkill({}).starts(event, "") is None


# Quota


class Told:
    """A source that answers as it was told to."""

    def __init__(self, *answers: Quota | Exception) -> None:
        self.answers = list(answers)

    async def quota(self) -> Quota:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_quota_is_read_from_line(line: Line) -> None:
    user = await line.resident("Maria", "en")
    await line.messenger.push(
        user, [{"type": "text", "text": "hello"}], retry_key="5b3dd7d4-61b7-4d53-a6ab-5d5e2a8b3d4e"
    )
    assert await line.messenger.quota() == Quota(limit=100, used=1)


@pytest.mark.parametrize(
    ("used", "warning", "matters", "small"),
    [(79, False, True, True), (80, True, True, True), (95, True, True, False), (100, True, False, False)],
)
async def test_near_the_end_only_what_matters_is_pushed(
    clock: ManualClock, used: int, warning: bool, matters: bool, small: bool
) -> None:
    watch = QuotaWatch(Told(Quota(limit=100, used=used)), clock)
    await watch.look()
    assert (watch.warning, watch.allows(True), watch.allows(False)) == (warning, matters, small)


async def test_plan_without_a_limit_never_warns(clock: ManualClock) -> None:
    watch = QuotaWatch(Told(Quota(limit=None, used=10**6)), clock)
    await watch.look()
    assert (watch.warning, watch.allows(False)) == (False, True)


async def test_nothing_known_holds_nothing_back(clock: ManualClock) -> None:
    watch = QuotaWatch(Told(NoAnswer("no answer")), clock)
    assert await watch.look() is None
    assert (watch.warning, watch.allows(False)) == (False, True)


async def test_last_answer_stands_while_line_is_away(clock: ManualClock) -> None:
    watch = QuotaWatch(Told(Quota(limit=100, used=99), Rejected("x")), clock)
    await watch.look()
    clock.advance(600)
    await watch.look()
    assert watch.known == Quota(limit=100, used=99)


async def test_line_is_asked_now_and_then_only(clock: ManualClock) -> None:
    source = Told(Quota(limit=100, used=1), Quota(limit=100, used=2))
    watch = QuotaWatch(source, clock)
    await watch.look()
    clock.advance(599)
    await watch.look()
    assert len(source.answers) == 1
    clock.advance(1)
    assert await watch.look() == Quota(limit=100, used=2)
