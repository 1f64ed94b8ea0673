"""`knowledge`: the city's articles, what is wrong with them, and how well questions find them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import click

from config.commands.shell import json_option, labelled, progress, read_text, run, say, settings
from core.clock import SystemClock
from core.errors import AppError

if TYPE_CHECKING:
    from bot.knowledge.checking import Problem
    from config.settings import Settings


@click.group()
def knowledge() -> None:
    """The city's articles."""


@knowledge.command()
@click.option("--online", is_flag=True, help="Ask each linked page whether it is there.")
@json_option
def check(online: bool, as_json: bool) -> None:
    """Find missing languages, stale dates, broken links, facts that differ between languages, texts that are too
    long or too hard, and questions that belong to two articles."""
    articles, problems = _check(settings(), online=online)
    if as_json:
        rows = [
            {"kind": one.kind, "article": one.slug, "language": one.language, "text": one.text}
            for one in problems
        ]
        say({"articles": articles, "problems": rows})
    else:
        for problem in problems:
            click.echo(str(problem))
        click.echo(f"{articles} texts, {len(problems)} problems")
    if problems:
        raise AppError(f"{len(problems)} things in the articles need somebody's attention.")


def _check(found: Settings, *, online: bool) -> tuple[int, list[Problem]]:
    from bot.city import read_city, read_toml
    from bot.knowledge import checking, read_wordings

    city = read_city(found.city_dir)
    hosts = frozenset(read_toml(found.city_dir / "city.toml").get("link_hosts", ()))
    rules = checking.CheckRules(hosts=hosts)
    today = SystemClock().now().astimezone(city.hours.zone).date()
    problems = checking.check(city, rules, today, read_wordings(found.city_dir / "wordings"))
    if online:
        from bot.knowledge.pages import broken_links

        problems += run(broken_links(city.articles.values(), rules))
    return len(city.articles), problems


@knowledge.command()
def prepare() -> None:
    """Embed all texts of the articles and write them to vectors.npz in the city's folder, so that a new machine
    starts at once."""
    from bot.city import read_city
    from bot.knowledge import VECTORS
    from bot.knowledge.vectors import write_vectors
    from config.opening import make_knowledge

    found, show = settings(), progress()
    made = make_knowledge(found, read_city(found.city_dir))
    vectors = made.vectors(lambda done, total: show("articles", done, total))
    made.close()
    write_vectors(found.city_dir / VECTORS, vectors)
    click.echo(f"{len(vectors)} texts in {found.city_dir / VECTORS}")


@knowledge.command()
@click.argument("file")
@json_option
def evaluate(file: str, as_json: bool) -> None:
    """Measure answers on labelled questions: lines “TAG<TAB>TEXT<TAB>SLUG” (or none, emergency, urgent …)."""
    result = run(_evaluate(labelled(read_text(file), columns=3)))
    if as_json:
        say(result)
        return
    click.echo(f"{'language':<10}{'questions':>10}{'recall@1':>10}{'recall@3':>10}{'wrong':>8}{'person':>8}")
    for tag, row in result["languages"].items():
        click.echo(
            f"{tag:<10}{row['questions']:>10}{row['recall_at_1']:>10.3f}{row['recall_at_3']:>10.3f}"
            f"{row['wrong_answer_rate']:>8.3f}{row['hand_over_rate']:>8.3f}"
        )


async def _evaluate(rows: list[list[str]]) -> dict[str, Any]:
    from config.opening import open_understanding

    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    kinds: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    async with open_understanding(settings(), progress=progress()) as counter:
        slugs = {slug for slug, _ in counter.city.articles}
        for tag, text, label, *_ in rows:
            answer = await counter.consider(text, language=tag)
            for group in (tag, "all"):
                if label in slugs or label == "none":
                    _count(counts[group], answer, label)
                else:
                    kinds[label]["questions"] += group == "all"
                    kinds[label]["right"] += group == "all" and _fits(answer, label)
    return {
        "languages": {
            tag: _rates(counts[tag]) for tag in sorted(counts, key=lambda tag: (tag == "all", tag))
        },
        "kinds": {label: dict(numbers) for label, numbers in sorted(kinds.items())},
    }


def _fits(answer: dict[str, Any], label: str) -> bool:
    return bool(answer["kind"] == {"person": "request"}.get(label, label))


def _count(count: dict[str, int], answer: dict[str, Any], label: str) -> None:
    count["questions"] += 1
    answered, candidates = answer["article"], answer["candidates"]
    count["handed_over"] += answered is None and not candidates
    count["wrong"] += answered is not None and answered != label
    if label != "none":
        count["with_article"] += 1
        count["first"] += bool(candidates) and candidates[0] == label
        count["among_three"] += label in candidates[:3]


def _rates(count: dict[str, int]) -> dict[str, Any]:
    questions, with_article = count["questions"], max(1, count["with_article"])
    return {
        "questions": questions,
        "recall_at_1": round(count["first"] / with_article, 4),
        "recall_at_3": round(count["among_three"] / with_article, 4),
        "wrong_answer_rate": round(count["wrong"] / max(1, questions), 4),
        "hand_over_rate": round(count["handed_over"] / max(1, questions), 4),
    }
