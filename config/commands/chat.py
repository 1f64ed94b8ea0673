"""`ask` and `knowledge`: what the bot would answer, and how good it is at it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import click

from config.commands.shell import json_option, progress, read_text, run, say, settings
from core.clock import SystemClock
from core.errors import AppError, InvalidInput

if TYPE_CHECKING:
    from bot.city import City


@click.command()
@click.argument("text", required=False)
@click.option(
    "--language", default="", metavar="TAG", help="The resident's language; found out if not given."
)
@click.option("--file", "file", help="Lines “TAG<TAB>TEXT”; one JSON line for each. - for stdin.")
@json_option
def ask(text: str | None, language: str, file: str | None, as_json: bool) -> None:
    """Show what the bot would answer to TEXT. Nothing is stored or sent."""
    if (text is None) == (file is None):
        raise InvalidInput("Give a question, or a file with --file.")
    if file is not None:
        run(_ask_all(_labelled(read_text(file), columns=2)))
    else:
        answer = run(_ask(str(text), language))
        if as_json:
            say(answer)
        else:
            click.echo(answer["text"])


def _labelled(text: str, *, columns: int) -> list[list[str]]:
    """Rows of a tab-separated file, a language tag first. Raises InvalidInput with the number of a bad line, and
    UnknownLanguage."""
    from translation.languages import language

    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        row = line.split("\t")
        if len(row) < columns:
            raise InvalidInput(f"Line {number} has no {columns} columns separated by tabs.")
        rows.append([language(row[0]).tag, *row[1:]])
    return rows


async def _ask(text: str, language: str) -> dict[str, Any]:
    from config.assembly import open_counter

    if language:
        from translation.languages import language as served

        language = served(language).tag
    async with open_counter(settings(), progress=progress()) as counter:
        return await counter.consider(text, language=language)


async def _ask_all(rows: list[list[str]]) -> None:
    from config.assembly import open_counter

    async with open_counter(settings(), progress=progress()) as counter:
        for tag, text, *_ in rows:
            say(await counter.consider(text, language=tag))


@click.group()
def knowledge() -> None:
    """The city's articles."""


@knowledge.command()
@json_option
def check(as_json: bool) -> None:
    """Find missing languages, stale dates and unknown departments."""
    from bot.city import read_city

    found = settings()
    city = read_city(found.city_dir)
    problems = _problems(city, SystemClock().now().date())
    if as_json:
        say({"articles": len(city.articles), "problems": problems})
    else:
        for problem in problems:
            click.echo(problem)
        click.echo(f"{len(city.articles)} texts, {len(problems)} problems")
    if problems:
        raise AppError(f"{len(problems)} things in the articles need somebody's attention.")


def _problems(city: City, today: dt.date) -> list[str]:
    slugs = sorted({slug for slug, _ in city.articles})
    problems = [
        f"{slug}: not written in {language}"
        for slug in slugs
        for language in city.languages
        if (slug, language) not in city.articles
    ]
    for (slug, language), article in sorted(city.articles.items()):
        if article.valid_until < today:
            problems.append(f"{slug}.{language}: was valid until {article.valid_until}")
        if article.department not in city.departments:
            problems.append(f"{slug}.{language}: unknown department {article.department}")
    return problems


@knowledge.command()
@click.argument("file")
@json_option
def evaluate(file: str, as_json: bool) -> None:
    """Measure answers on labelled questions: lines “TAG<TAB>TEXT<TAB>SLUG” (or none, emergency, urgent …)."""
    result = run(_evaluate(_labelled(read_text(file), columns=3)))
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
    from config.assembly import open_counter

    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    kinds: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    async with open_counter(settings(), progress=progress()) as counter:
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
