"""What is wrong with a city's articles: found by reading them, before a resident does."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal
from urllib.parse import urlsplit

import regex
from babel.core import Locale

from bot.city import Article, City
from bot.knowledge.judging import ELSEWHERE
from bot.knowledge.spelling import fold
from bot.knowledge.wordings import Wordings

Kind = Literal["missing", "stale", "link", "facts", "length", "question", "reading", "department", "wording"]

_LINK = re.compile(r"https?://[^\s、。）)」]+")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_NUMBERED = re.compile(r"^\d+\. ", re.MULTILINE)
_NUMBER = re.compile(r"https?://[^\s、。）)」]+|#\d+|\d+(?:-\d+)+|\d{1,2}:\d{2}|\d{1,3}(?:[.,]\d{3})+|\d+")
_SEPARATOR = re.compile(r"(?<=\d)[.,](?=\d)")
_LETTER = r"[\w\u0900-\u097f]"  # \b ends a word before the vowel signs of Devanagari
_GRAPHEME = regex.compile(r"\X")
_HAN = "\u3005\u3006\u30f6\u3400-\u4dbf\u4e00-\u9fff"
_BARE_KANJI = re.compile(f"[{_HAN}]+(?![{_HAN}（])")
_FURIGANA = re.compile(f"(?<=[{_HAN}])（[ぁ-ゖァ-ヺー]+）")
_SENTENCE = re.compile(r"[^。！？\n]+[。！？]")  # what does not end as a sentence is a list or an address
_IN_BABEL = {"tl": "fil", "zh-Hans": "zh_Hans", "pt-BR": "pt_BR", "ja-Hira": "ja"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRules:
    """Limits of `check`."""

    soon_days: int = 60  # an article that is valid for fewer days has to be looked at
    title: int = 40  # user-perceived characters
    label: int = 20  # what LINE shows on a button
    body: int = 1500  # characters of a chat bubble
    easy_sentence: int = 60  # characters of a sentence in Easy Japanese, readings not counted
    hosts: frozenset[str] = frozenset()  # that articles may link to


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that somebody has to look at."""

    kind: Kind
    slug: str
    language: str  # empty if it is about the article in all languages
    text: str

    def __str__(self) -> str:
        where = f"{self.slug}.{self.language}" if self.language else self.slug
        return f"{where}: {self.text}"


def check(city: City, rules: CheckRules, today: dt.date, wordings: Wordings) -> list[Problem]:
    """Everything that can be found without a network."""
    found = [
        *_missing(city),
        *_repeated_questions(city.articles.values()),
        *_unknown_wordings(city, wordings),
    ]
    for _, article in sorted(city.articles.items()):
        found += _dates(article, rules, today)
        found += _links(article, rules)
        found += _lengths(article, rules)
        if article.department not in city.departments:
            found.append(_problem("department", article, f"unknown department {article.department}"))
        if article.language == "ja-Hira":
            found += _reading_level(article, rules)
        original = city.articles.get((article.slug, "ja"))
        if original is not None and original is not article:
            found += _differences(article, original)
    return found


def links(articles: Iterable[Article]) -> list[str]:
    """Every address that an article names, once."""
    return sorted({link for article in articles for link in _LINK.findall(article.body)})


def _problem(kind: Kind, article: Article, text: str) -> Problem:
    return Problem(kind=kind, slug=article.slug, language=article.language, text=text)


def _missing(city: City) -> Iterator[Problem]:
    for slug in sorted({slug for slug, _ in city.articles}):
        for language in city.languages:
            if (slug, language) not in city.articles:
                yield Problem(kind="missing", slug=slug, language="", text=f"not written in {language}")


def _repeated_questions(articles: Iterable[Article]) -> Iterator[Problem]:
    """A question under two articles finds neither of them surely."""
    owner: dict[tuple[str, str], str] = {}
    for article in sorted(articles, key=lambda one: (one.slug, one.language)):
        for question in article.questions:
            first = owner.setdefault((article.language, fold(question)), article.slug)
            if first != article.slug:
                yield _problem("question", article, f"“{question}” is also a question of {first}")


def _unknown_wordings(city: City, wordings: Wordings) -> Iterator[Problem]:
    slugs = {slug for slug, _ in city.articles} | {ELSEWHERE}
    for language, table in sorted(wordings.items()):
        for slug in sorted(table.keys() - slugs):
            yield Problem(
                kind="wording", slug=slug, language="", text=f"wordings/{language}.toml names no article"
            )


def _dates(article: Article, rules: CheckRules, today: dt.date) -> Iterator[Problem]:
    if article.valid_until < today:
        yield _problem("stale", article, f"was valid until {article.valid_until}")
    elif article.valid_until <= today + dt.timedelta(days=rules.soon_days):
        yield _problem("stale", article, f"is valid only until {article.valid_until}")
    if article.updated > today:
        yield _problem("stale", article, f"was updated in the future, on {article.updated}")


def _links(article: Article, rules: CheckRules) -> Iterator[Problem]:
    for link in _LINK.findall(article.body):
        try:
            parts = urlsplit(link)
            sound = parts.scheme == "https" and bool(_HOST.fullmatch(parts.hostname or "")) and not parts.port
        except ValueError:
            sound = False
        if not sound:
            yield _problem("link", article, f"{link} is not a sound https address")
        elif rules.hosts and parts.hostname not in rules.hosts:
            yield _problem("link", article, f"{link} is on a host that city.toml does not list")


def _lengths(article: Article, rules: CheckRules) -> Iterator[Problem]:
    for name, text, limit in (
        ("title", article.title, rules.title),
        ("label", article.label, rules.label),
        ("text", article.body, rules.body),
    ):
        length = len(_GRAPHEME.findall(text))
        if length > limit:
            yield _problem(
                "length", article, f"the {name} has {length} characters, {length - limit} too many"
            )


def _reading_level(article: Article, rules: CheckRules) -> Iterator[Problem]:
    for text in (article.title, article.label, article.source, article.body):
        for kanji in _BARE_KANJI.findall(text):
            yield _problem("reading", article, f"{kanji} has no reading")
    for sentence in _SENTENCE.findall(_FURIGANA.sub("", article.body)):
        if len(sentence) > rules.easy_sentence:
            shown = sentence[:20]
            yield _problem("reading", article, f"the sentence “{shown}…” has {len(sentence)} characters")


def _differences(article: Article, original: Article) -> Iterator[Problem]:
    here, there = facts(article.body, article.language), facts(original.body, "ja")
    if lacking := sorted(there - here):
        yield _problem("facts", article, f"lacks {', '.join(lacking)} of the Japanese text")
    if more := sorted(here - there):
        yield _problem("facts", article, f"has {', '.join(more)}, which the Japanese text has not")


def facts(text: str, language: str) -> set[str]:
    """Numbers, dates, telephone numbers, times, prices and addresses on the web, written one way for all languages:
    a month's name as its number, 17,920 and 17.920 as 17920. The numbers of a list's steps are not facts."""
    plain = _NUMBERED.sub("", unicodedata.normalize("NFKC", text))
    for month, number in _months(language).items():
        plain = re.sub(f"(?<!{_LETTER}){month}(?!{_LETTER})", str(number), plain)
    return {
        found if found.startswith("http") else _SEPARATOR.sub("", found).lstrip("0") or "0"
        for found in _NUMBER.findall(plain)
    }


@cache
def _months(language: str) -> Mapping[str, int]:
    """The names of months in `language`, in full; none where dates are written in numbers."""
    if language.split("-")[0] in ("ja", "zh", "ko", "vi"):
        return {}
    names = Locale.parse(_IN_BABEL.get(language, language)).months
    wide = {
        name: number for form in ("format", "stand-alone") for number, name in names[form]["wide"].items()
    }
    return wide | {name[0].upper() + name[1:]: number for name, number in wide.items()}
