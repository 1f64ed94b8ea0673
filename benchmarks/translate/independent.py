"""A second opinion on facts, terms and stand-ins, which shares no code with translation.facts.

It knows what the generator wrote and looks for every usual way to write just that in the translation, removes it, and
then looks at which numbers and months are left over.
"""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

from benchmarks.translate.municipal import glossary
from benchmarks.translate.slots import MONTHS, WEEKDAYS, Expected

ORDER = ("url", "email", "phone", "postal", "date", "weekday", "time", "number")
SHORT_DAYS = {"en": 3, "pt-BR": 3}
KANJI = "〇一二三四五六七八九"
WORDS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty",
    "pt-BR": "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis "
    "dezessete dezoito dezenove vinte",
}
TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "pt-BR": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
}
ORDINALS = {
    "en": "zeroth first second third fourth fifth sixth seventh eighth ninth tenth",
    "pt-BR": "- primeiro segundo terceiro quarto quinto sexto sétimo oitavo nono décimo",
}
FEMININE = {"um": "uma", "dois": "duas"}
# Signs that no sentence of ours has: private-use characters, invisible separators, and what templates are written with.
STRAY = re.compile("[\ue000-\uf8ff\u2060-\u2064\ufffc\ufffd⟦⟧⁂]|\\{\\w*\\}|</?\\w*>")

# "500 yen a month" may rightly be 1か月500円.
EACH = re.compile(r"\b(?:a|per|each|por) (?:month|week|day|year|mês|semana|dia|ano)\b")
# Words that only begin like a term: a member of a household is no household.
OTHER_WORDS = ("世帯員",)
ONE_EACH = re.compile("1(?:か月|ヶ月|カ月|週間|日間|年間)")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the second checker found."""

    missing: tuple[Expected, ...]
    added: tuple[str, ...]  # numbers and months that neither the facts nor the source explain
    leaked: tuple[str, ...]


def judge(source_text: str, facts: Sequence[Expected], text: str, source: str, target: str) -> Opinion:
    """Look for every fact in the translation, then at what is left."""
    left = unicodedata.normalize("NFKC", text).casefold()
    missing = []
    for fact in sorted(facts, key=lambda fact: (ORDER.index(fact.kind), -len(fact.value))):
        for pattern in _patterns(fact, target):
            shorter, found = re.subn(pattern, " ", left, count=1)
            if found:
                left = shorter
                break
        else:
            missing.append(fact)
    plain = unicodedata.normalize("NFKC", source_text)
    known = set(_numbers(plain))
    if EACH.search(plain):
        left = ONE_EACH.sub(" ", left)
    added = tuple(number for number in _numbers(left) if number not in known) + tuple(_months(left, target))
    return Opinion(tuple(missing), added, tuple(_leaks(source_text, text, source, target)))


def _numbers(text: str) -> Iterator[str]:
    for digits in re.findall(r"\d{1,3}(?:[.,]\d{3})+(?!\d)|\d+", text):
        yield re.sub(r"[.,]", "", digits).lstrip("0") or "0"


def _months(text: str, language: str) -> Iterator[str]:
    """Months by name, but for those that mean something else as well."""
    for name in MONTHS.get(language, []):
        if name not in ("March", "May") and re.search(rf"\b{name.casefold()}\b", text):
            yield name


def _patterns(fact: Expected, language: str) -> list[str]:
    """Regular expressions for the usual ways to write a fact, likeliest first, in casefolded NFKC text."""
    if fact.kind in ("url", "email"):
        return [rf"(?<![a-z0-9]){re.escape(fact.value.casefold())}(?![a-z0-9/])"]
    if fact.kind in ("phone", "postal"):
        return [r"(?<!\d)" + r"[-\s().‐‑–ー]{0,2}".join(fact.value) + r"(?!\d)"]
    if fact.kind == "date":
        return _date(fact.value, language)
    if fact.kind == "weekday":
        return _weekday(int(fact.value), language)
    if fact.kind == "time":
        hour, minute = map(int, fact.value.split(":"))
        return _time(hour, minute, language)
    return _number(int(fact.value), language)


def _date(value: str, language: str) -> list[str]:
    year, month, day = re.fullmatch(r"(\d{4}-|--)(\d\d)-(\d\d)", value).groups()  # type: ignore[union-attr]
    m, d = int(month), int(day)
    if language == "ja":
        if year == "--":
            return [rf"(?<!\d){m}月\s*{d}日", rf"(?<!\d){m}/{d}(?!\d)"]
        era = int(year[:4]) - 2018
        years = rf"(?:{year[:4]}[年/]|令和(?:{era}{'|元' if era == 1 else ''})年)\s*"
        return [rf"{years}{m}月\s*{d}日", rf"{years}{m}/{d}(?!\d)"]
    name = MONTHS[language][m - 1].casefold()
    names = f"(?:{name}|{name[:3]}\\.?)"
    if language == "en":
        ordinal = r"(?:st|nd|rd|th)?"
        written = [
            rf"{names} {d}{ordinal}(?!\d)",
            rf"(?<!\d){d}{ordinal}(?: of)? {names}",
            rf"(?<!\d){m}/{d}(?!\d)",
        ]
        years = rf"(?:,? (?:of )?(?:{year[:4]}|reiwa {int(year[:4]) - 2018}))" if year != "--" else ""
    else:
        written = [rf"(?<!\d)0?{d}º? de {names}", rf"(?<!\d)0?{d}/0?{m}(?!\d)"]
        years = rf"(?: de |/|, ){year[:4]}" if year != "--" else ""
    return [each + years for each in written]


def _weekday(day: int, language: str) -> list[str]:
    name = WEEKDAYS[language][day].casefold()
    if language == "ja":
        return [f"{name}曜", rf"\({name}\)"]
    if language == "en":
        return [name, rf"\b{name[:3]}\b"]
    return [name, rf"\b{name.removesuffix('-feira')}s?\b", rf"\b{name[:3]}\b"]


def _time(hour: int, minute: int, language: str) -> list[str]:
    twelve = hour % 12 or 12
    short = hour - 12 if hour >= 12 else hour
    half = "a" if hour < 12 else "p"
    mm = f"{minute:02}"
    written = [
        rf"(?<!\d)0?{hour}[:.]{mm}(?!\d)(?! ?[ap]\.?m)",
        rf"(?<!\d)0?{hour} ?h ?{mm if minute else '(?:00)?'}(?!\d)",
    ]
    if language == "ja":
        minutes = rf"(?:{minute}分{'|半' if minute == 30 else ''})" if minute else r"(?!\d|半)"
        written += [
            rf"(?<!\d){hour}時{minutes}",
            rf"午{'前' if hour < 12 else '後'}の?\s*(?:{short}|{twelve})(?:時{minutes}|:{mm})",
        ]
    optional = f":{mm}" if minute else "(?::00)?"
    written.append(rf"(?<!\d)0?{twelve}{optional} ?{half}\.? ?m\b\.?")
    written.append(
        rf"(?<!\d)0?{twelve}{optional} in the {'morning' if hour < 12 else '(?:afternoon|evening)'}"
    )
    if (hour, minute) == (12, 0):
        written += [r"\bnoon\b", "正午", "meio-dia"]
    return written


def _number(number: int, language: str) -> list[str]:
    plain = str(number)
    written = [rf"(?<![\d.,:/-]){plain}(?![\d:/])(?![.,]\d)"]
    if number >= 1000:
        written.insert(0, rf"(?<!\d){number // 1000}[.,]?{number % 1000:03}(?!\d)")
    if language == "ja":
        if number >= 10_000:
            rest = number % 10_000
            tail = rf"(?:{rest // 1000},?{rest % 1000:03}|{rest})" if rest else r"(?![\d千])"
            written.insert(0, rf"(?<!\d){number // 10_000}万{tail}")
        if number < 100:
            written.append(_kanji(number))
        return written
    if number < 100:
        written.append(rf"\b(?:{_word(number, language)})\b")
    if number <= 10:
        written.append(rf"\b{ORDINALS[language].split()[number]}\b")
    return written


def _word(number: int, language: str) -> str:
    """Seven, "twenty-one", "vinte e uma"."""
    small = WORDS[language].split()
    if number <= 20:
        return f"{small[number]}|{FEMININE.get(small[number], small[number])}"
    tens, ones = divmod(number, 10)
    said = TENS[language].split()[tens - 2]
    if not ones:
        return said
    return f"{said}[- ](?:e )?(?:{_word(ones, language)})"


def _kanji(number: int) -> str:
    tens, ones = divmod(number, 10)
    said = ("" if tens <= 1 else KANJI[tens]) + ("十" if tens else "") + (KANJI[ones] if ones else "")
    return rf"(?<![一二三四五六七八九十百千]){said}(?![一二三四五六七八九十百千])"


@functools.cache
def _stand_ins() -> frozenset[str]:
    """Every literal stand-in that the translator may use."""
    table = tomllib.loads((resources.files("translation") / "data" / "standins.toml").read_text("utf-8"))
    found: set[str] = set()

    def collect(value: object) -> None:
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, list):
            for each in value:
                collect(each)
        elif isinstance(value, dict):
            for each in value.values():
                collect(each)

    collect(table.get("literals", {}))
    return frozenset(found)


def _leaks(source_text: str, text: str, source: str, target: str) -> Iterator[str]:
    without_addresses = re.sub(r"\S+(?:@|://)\S+", " ", text)
    for word in sorted(_stand_ins()):
        edge = r"[A-Za-z0-9]" if word.isascii() else r"[\u30a0-\u30ff]"
        alone = rf"(?<!{edge}){re.escape(word)}(?!{edge})"
        if re.search(alone, without_addresses) and not re.search(alone, source_text):
            yield word
    yield from (match[0] for match in STRAY.finditer(text) if match[0] not in source_text)


def terms_expected(text: str, source: str, target: str) -> list[str]:
    """Keys of the glossary whose words stand in the text, the longest first and none inside another."""
    left = unicodedata.normalize("NFKC", text).casefold()
    for word in OTHER_WORDS:
        left = left.replace(word, " ")
    found = []
    for key, ways in _by_length(source):
        if not ways[target]:
            continue
        for way in ways[source]:
            pattern = re.escape(way.casefold())
            if source != "ja":
                pattern = rf"(?<!\w){pattern}(?!\w)"
            shorter, hits = re.subn(pattern, " ", left)
            if hits:
                left = shorter
                found.append(key)
                break
    return found


@functools.cache
def _by_length(source: str) -> tuple[tuple[str, dict[str, tuple[str, ...]]], ...]:
    rows = [(key, dict(ways)) for key, ways in glossary().items() if ways[source]]
    return tuple(sorted(rows, key=lambda row: -max(map(len, row[1][source]))))


def has_term(text: str, key: str, target: str) -> bool:
    """Does the text say the term in a way of the glossary? Words may end differently by two letters."""
    said = unicodedata.normalize("NFKC", text).casefold()
    row = glossary()[key]
    for way in row[target] + row[f"also_{target}"]:
        plain = re.sub(r"\s*\([^)]*\)", "", way.casefold()).strip()
        if target == "ja":
            if plain in said:
                return True
            continue
        words = [
            rf"{re.escape(word[: max(3, len(word) - 2)])}\w{{0,4}}" for word in re.findall(r"\w+", plain)
        ]
        if re.search(r"(?<!\w)" + r"[\W_]+".join(words) + r"(?!\w)", said):
            return True
    return False
