"""The memory and the translator as JSON."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession

from tests.translation.web.conftest import Build, Running
from translation.glossary import parse_glossary
from translation.service import Translator
from translation.web import WebOptions

UNIT = {"source": "ja", "target": "en", "source_text": "市役所です。", "target_text": "City hall."}
METHODS = [
    ("GET", "/api/v1/memory"),
    ("POST", "/api/v1/memory"),
    ("GET", "/api/v1/memory/suggest?text=a&from=ja&to=en"),
    ("GET", "/api/v1/memory/x"),
    ("PUT", "/api/v1/memory/x"),
    ("DELETE", "/api/v1/memory/x"),
    ("POST", "/api/v1/translate"),
]


class Program:
    def __init__(self, site: Running, client: ClientSession) -> None:
        self._site = site
        self.client = client

    async def call(self, method: str, path: str, **parts: Any) -> tuple[int, Any]:
        async with self.client.request(method, self._site.url(path), **parts) as answer:
            return answer.status, (await answer.json() if answer.content_type == "application/json" else None)


@pytest.fixture
async def program(site: Running) -> Program:
    return Program(site, await site.log_in("staff"))


@pytest.mark.parametrize(("method", "path"), METHODS)
async def test_every_call_needs_an_account(site: Running, method: str, path: str) -> None:
    visitor = Program(site, await site.visitor())
    status, body = await visitor.call(method, path, json={} if method in ("POST", "PUT") else None)
    assert (status, body["error"]["code"]) == (403, "not_authorised")


@pytest.mark.parametrize(("method", "path"), [call for call in METHODS if call[0] != "GET"])
async def test_every_change_needs_the_sessions_token(program: Program, method: str, path: str) -> None:
    del program.client.headers["X-CSRF-Token"]
    assert (await program.call(method, path, json=UNIT))[0] == 403


async def test_learnt_unit_is_given_found_changed_and_forgotten(site: Running, program: Program) -> None:
    status, unit = await program.call("POST", "/api/v1/memory", json=UNIT)
    assert status == 201
    assert unit == UNIT | {
        "id": unit["id"],
        "origin": "human",
        "author": "Person staff",
        "came_from": "page",
        "created_at": "2026-11-02T00:30:00+00:00",
        "updated_at": "2026-11-02T00:30:00+00:00",
    }
    path = f"/api/v1/memory/{unit['id']}"
    assert await program.call("GET", path) == (200, unit)
    texts = {"source_text": "市役所です。", "target_text": "The city hall."}
    status, changed = await program.call("PUT", path, json=texts)
    assert (status, changed) == (200, unit | texts)
    match = site.memory.find("市役所です。", "ja", "en")
    assert match is not None
    assert match.text == "The city hall."
    assert await program.call("DELETE", path) == (204, None)
    assert (await program.call("GET", path))[0] == 404


async def test_search_gives_pages_and_the_key_of_the_next(site: Running, program: Program) -> None:
    for number in range(3):
        await site.learn(f"{number}番です。")
    await site.learn("学校です。", target="pt-BR", target_text="Escola.")
    status, body = await program.call("GET", "/api/v1/memory?to=en&limit=2")
    assert (status, [unit["source_text"] for unit in body["units"]]) == (200, ["2番です。", "1番です。"])
    status, body = await program.call("GET", f"/api/v1/memory?to=en&limit=2&after={body['next']}")
    assert ([unit["source_text"] for unit in body["units"]], body["next"]) == (["0番です。"], "")


async def test_search_by_words(site: Running, program: Program) -> None:
    await site.learn()
    await site.learn("学校です。", target_text="School.")
    status, body = await program.call("GET", "/api/v1/memory?words=counter")
    assert (status, [unit["source_text"] for unit in body["units"]]) == (200, ["窓口は9時に開きます。"])


async def test_suggestions_come_with_their_score_and_unit(site: Running, program: Program) -> None:
    unit = await site.learn(
        "保険料は、毎月の終わりまでに払ってください。", target_text="Pay by the end of each month."
    )
    query = {"text": "保険料は、毎月の終わりまでに払って下さい。", "from": "ja", "to": "en"}
    status, body = await program.call("GET", "/api/v1/memory/suggest", params=query)
    (found,) = body["suggestions"]
    assert (status, found["unit"]["id"], found["text"]) == (200, unit.id, "Pay by the end of each month.")
    assert 0.7 <= found["score"] < 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/memory", UNIT | {"source": "xx"}),
        ("POST", "/api/v1/memory", UNIT | {"target": "ja"}),
        ("POST", "/api/v1/memory", UNIT | {"target_text": " "}),
        ("POST", "/api/v1/memory", UNIT | {"target_text": 7}),
        ("POST", "/api/v1/memory", UNIT | {"source_text": "あ" * 2001}),
        ("POST", "/api/v1/memory", {}),
        ("PUT", "/api/v1/memory/x", {"source_text": "a"}),
        ("GET", "/api/v1/memory?limit=0", None),
        ("GET", "/api/v1/memory?limit=201", None),
        ("GET", "/api/v1/memory?limit=x", None),
        ("GET", "/api/v1/memory?from=xx", None),
        ("GET", "/api/v1/memory/suggest?text=a", None),
        ("GET", "/api/v1/memory/suggest?text=a&from=ja&to=ja", None),
        ("GET", f"/api/v1/memory/suggest?text={'a' * 2001}&from=ja&to=en", None),
        ("POST", "/api/v1/translate", {"text": "", "from": "ja", "to": "en"}),
        ("POST", "/api/v1/translate", {"text": "a", "from": "ja", "to": "xx"}),
        ("POST", "/api/v1/translate", {"text": "a", "from": "ja"}),
        ("POST", "/api/v1/translate", {"text": "a" * 2001, "from": "ja", "to": "en"}),
    ],
)
async def test_what_cannot_be_used_is_refused(
    site: Running, program: Program, method: str, path: str, body: dict[str, Any] | None
) -> None:
    status, answer = await program.call(method, path, json=body)
    assert (status, set(answer["error"])) == (400, {"code", "message"})
    assert await site.all() == []


async def test_change_into_the_original_of_another_unit_is_a_conflict(
    site: Running, program: Program
) -> None:
    await site.learn("一つ目です。")
    unit = await site.learn("二つ目です。")
    texts = {"source_text": "一つ目です。", "target_text": "x y"}
    status, body = await program.call("PUT", f"/api/v1/memory/{unit.id}", json=texts)
    assert (status, body["error"]["code"]) == (409, "conflict")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_unknown_unit_is_not_found(program: Program, method: str) -> None:
    body = {"source_text": "a", "target_text": "b"} if method == "PUT" else None
    assert (await program.call(method, "/api/v1/memory/nothing", json=body))[0] == 404


async def test_pair_without_a_model_is_unavailable(program: Program) -> None:
    status, body = await program.call(
        "POST", "/api/v1/translate", json={"text": "はい", "from": "ja", "to": "my"}
    )
    assert (status, body["error"]["code"]) == (503, "missing_model")


async def test_sentence_is_translated_with_its_facts_and_terms(build: Build, translator: Translator) -> None:
    glossary, mistakes = parse_glossary("ja,en,forbidden_en,note\n市役所,city hall,town office,\n")
    assert mistakes == ()
    site = await build(translator=translator, glossary=glossary)
    program = Program(site, await site.log_in("staff"))
    body = {"text": "市役所に1月31日までに来てください。", "from": "ja", "to": "en"}
    status, answer = await program.call("POST", "/api/v1/translate", json=body)
    assert status == 200
    assert set(answer) == {
        *("text", "source_text", "route", "engine", "confidence", "flags", "facts", "terms"),
    }
    assert (answer["source_text"], answer["route"]) == (body["text"], ["ja", "en"])
    assert [fact["text"] for fact in answer["facts"]["kept"]] == ["1月31日"]
    everything = answer["terms"]["kept"] + answer["terms"]["lost"]
    assert everything == [{"text": "市役所", "expected": ["city hall"]}]


async def test_account_that_tries_too_much_has_to_wait_and_others_do_not(build: Build) -> None:
    site = await build(options=WebOptions(trials="2/minute"))
    first = Program(site, await site.log_in("staff"))
    second = Program(site, await site.log_in("interpreter"))
    body = {"text": "はい", "from": "ja", "to": "ja-Hira"}
    statuses = [(await first.call("POST", "/api/v1/translate", json=body))[0] for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert (await second.call("POST", "/api/v1/translate", json=body))[0] == 200


async def test_refused_sentence_does_not_count_as_a_trial(build: Build) -> None:
    site = await build(options=WebOptions(trials="1/minute"))
    program = Program(site, await site.log_in("staff"))
    for text, status in (("", 400), ("はい", 200), ("はい", 429)):
        body = {"text": text, "from": "ja", "to": "ja-Hira"}
        assert (await program.call("POST", "/api/v1/translate", json=body))[0] == status
