"""How words of the served languages change their form, as far as names of things need it.

Derivational stemming would not do: Snowball's stemmers make one stem of "residence" and "resident", and of
"residência" and "residente", but two of "cartão" and "cartões". English and the Romance languages therefore have
rules for number and gender here; Snowball serves the languages in which nouns have cases."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence

import snowballstemmer  # type: ignore[import-untyped]

# Forms remembered: a city's texts have few different words.
REMEMBERED = 20_000

Rules = tuple[tuple[re.Pattern[str], str], ...]


def _rules(*pairs: tuple[str, str]) -> Rules:
    return tuple((re.compile(f"{ending}$"), written) for ending, written in pairs)


_SINGULAR: dict[str, Rules] = {
    "en": _rules(
        ("(alias|lens|gas|news)", r"\1"), ("children", "child"), ("(at|on|ir|mp|in)uses", r"\1us"),
        ("([^aeiou])ies", r"\1y"), ("(ss|sh|ch|x|zz)es", r"\1"), ("([^su])s", r"\1"),
    ),
    "pt": _rules(
        ("(bebê|avô|pai|mãe)s", r"\1"), ("(meses|(?<=...)eses)", "ês"), ("ões|ães|ãos", "ão"), ("éis", "el"),
        ("óis", "ol"), ("([áí]v)eis", r"\1el"), ("([áéíóú]c)eis", r"\1il"), ("([aeu])is", r"\1l"),
        ("([^aeiou]i)s", r"\1l"), ("([rz])es", r"\1"), ("ns", "m"), ("([aeoãéáàóú]|[^t]u)s", r"\1"),
    ),
    "es": _rules(("ces", "z"), ("iones", "ión"), ("([^aeiouáéíóú])es", r"\1"), ("([aeoáéó])s", r"\1")),
    "fr": _rules(("(eau|eu)x", r"\1"), ("aux", "al"), ("([^sx])s", r"\1")),
}  # fmt: skip
_PLURAL: dict[str, Rules] = {
    "en": _rules(
        ("child", "children"), ("([^aeiou])y", r"\1ies"), ("(s|sh|ch|x|z)", r"\1es"), ("([^s])", r"\1s"),
    ),
    "pt": _rules(
        ("([çsrtnlgxcf])ão", r"\1ões"), ("ão", "ãos"), ("([áí]v)el", r"\1eis"), ("el", "éis"), ("ol", "óis"),
        ("([au])l", r"\1is"), ("ês", "eses"), (r"([áéíóúâêô]\w*)il", r"\1eis"), ("il", "is"), ("([rz])", r"\1es"),
        ("m", "ns"), ("([^s])", r"\1s"),
    ),
    "es": _rules(("z", "ces"), ("ión", "iones"), ("([aeoáéó])", r"\1s"), ("([^s])", r"\1es")),
    "fr": _rules(("al", "aux"), ("(eau|eu)", r"\1x"), ("([^sx])", r"\1s")),
}  # fmt: skip
# Words for persons, whose gender is that of the person.
_PERSON: dict[str, Rules] = {
    "pt": _rules(("([dt])ora", r"\1or"), ("ada", "ado"), ("eira", "eiro")),
    "es": _rules(("([dt])ora", r"\1or"), ("ada", "ado"), ("era", "ero")),
    "fr": _rules(("(.{3})ée", r"\1é"), ("trice", "teur")),
}
# The ending by which an adjective agrees.
_AGREEMENT = {"pt": re.compile("[oa]$"), "es": re.compile("[oa]$"), "fr": re.compile("e$")}
_CONTRACTIONS: dict[str, dict[str, str]] = {
    "pt": {
        **dict.fromkeys(("do", "da", "dos", "das", "dum", "duma", "d"), "de"),
        **dict.fromkeys(("no", "na", "nos", "nas", "num", "numa"), "em"),
        **dict.fromkeys(("pelo", "pela", "pelos", "pelas"), "por"),
    },
    "es": {"del": "de"},
    "fr": {"du": "de", "des": "de", "d": "de", "aux": "au", "à": "au"},
}
ARTICLES: dict[str, frozenset[str]] = {
    "en": frozenset({"the", "a", "an"}),
    "pt": frozenset({"o", "a", "os", "as", "um", "uma", "à", "às", "ao", "aos"}),
    "es": frozenset({"el", "la", "los", "las", "un", "una", "al"}),
    "fr": frozenset({"le", "la", "les", "l", "un", "une"}),
    "tl": frozenset({"ang", "mga"}),
}
_FUNCTION_WORDS = (
    "the a an this that these those my your his her its our their any no some each every all both another other"
    " of for with without on in to from by at as into about per than and or but if is are was were be been not what"
    " which whose how please have has had do does did can will would should must may need get new old same"
)
_PEOPLE = "child children kid kids student students pupil pupils graduate graduates"
# English words that stand before a noun and are no part of its name.
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
# Behind a school, they have a word of their own in Japanese.
PEOPLE = frozenset(_PEOPLE.split())
# What leads from a noun to what specifies it.
OF = frozenset({"de", "do", "da", "dos", "das", "del", "du", "des", "d"})
# Small words before a noun, for one thing and for several.
_ARTICLE_PLURALS: dict[str, dict[str, str]] = {
    "pt": {
        word: f"{word}s"
        for word in (
            "o",
            "a",
            "do",
            "da",
            "no",
            "na",
            "ao",
            "à",
            "pelo",
            "pela",
            "seu",
            "sua",
            "meu",
            "minha",
        )
    },
    "es": {"el": "los", "la": "las", "su": "sus", "mi": "mis", "tu": "tus", "del": "de los", "al": "a los"},
}
_STEMMERS = {"ru": "russian", "hi": "hindi", "ne": "nepali", "id": "indonesian"}
_UKRAINIAN = re.compile("(?:ами|ями|ах|ях|ів|ей|ом|ем|ою|ею|ого|ому|ими|их|им|ій|ої|[аеєиіїоуюяйь])$")
# Number, possessor, case; Snowball's stemmer for Turkish makes "kar" of "kartı".
_TURKISH = re.compile(
    "^(.{3,}?)(?:l[ae]r)?(?:[ıiuü]m|[ıiuü]n|s?[ıiuü])?(?:n?[ıiuü]n?|n?[dt][ae]n?|n?[ae]|y[ıiuüae]|yl[ae])?$"
)
# What ends the first noun of a name: "certificate | of residence", "cartão | de residência".
_AFTER_HEAD: dict[str, re.Pattern[str]] = {
    "en": re.compile(r" (?:of|for|with|on|in|to|from|by) | ?\("),
    "pt": re.compile(r" (?:d[eoa]s?|para|por|pel[oa]s?|com|em|e|ou|n[oa]s?|sobre|à|ao) | ?\("),
    "es": re.compile(r" (?:de|del|para|por|con|en|y|o|sobre|a|al) | ?\("),
    "fr": re.compile(r" (?:de|du|des|pour|par|avec|en|et|ou|sur|à|au) | ?\(| d[’']"),
}
_UNCOUNTABLE = {
    "en": re.compile(
        r"(?:insurance|recycling|dumping|sorting|training|assistance|preparedness|dependency|identification|garbage"
        r"|housing|parking|care|leave|support|tax|Work|Japanese|aid)$"
    )
}
_FEMININE: dict[str, re.Pattern[str]] = {
    "pt": re.compile(
        r"(?:[^m]a|ção|são|xão|dade|gem|ude|ice|tese|ã|ponte|chave|parte|carne|creche)$"
        r"|^(?:cama|forma|norma|firma|soma|lei|mãe|rede|sede|fé|mão|vez|ordem|luz)$"
    ),
    "es": re.compile(
        r"(?:[^m]a|ión|dad|tad|tud|umbre|ez)$|^(?:cama|forma|norma|firma|ley|red|sede|mano|luz|clave|parte|clase)$"
    ),
    "fr": re.compile(
        r"(?:tion|sion|té|ée|ette|ance|ence|ure|esse|tude|ade|ie|rie|ise|ille|elle|aine|taxe|carte|école|ville)$"
    ),
}
_MASCULINE = {
    "pt": re.compile(r"^(?:mapa|dia|atleta|guia|alerta|tsunami|grama)$|ista$"),
    "es": re.compile(r"^(?:mapa|día|guía)$"),
}


def family(language: str) -> str:
    """Which rules a language tag takes: "pt" for pt-BR."""
    return language.partition("-")[0]


@functools.lru_cache(REMEMBERED)
def base(word: str, language: str) -> str:
    """A word in small letters without its number, case or possessive, for comparing. It need not be a word itself."""
    kind = family(language)
    plain = word.lower()
    if kind in _STEMMERS:
        return str(_stemmer(kind)(plain))
    if kind == "uk":
        return _UKRAINIAN.sub("", plain) if len(plain) > 4 else plain
    if kind == "tr":
        stem = _TURKISH.sub(r"\1", plain)
        return re.sub("[ıiuü]$", "", stem) if len(stem) > 4 else stem
    if kind == "en":
        plain = re.sub("['’]s?$", "", plain)
    if contracted := _CONTRACTIONS.get(kind, {}).get(plain):
        return contracted
    return _first(plain, (*_SINGULAR.get(kind, ()),)) if len(plain) > 3 else plain


@functools.lru_cache(REMEMBERED)
def head_base(word: str, language: str) -> str:
    """Like `base`, for the first word of a name: "procuradora" counts as "procurador"."""
    plain = base(word, language)
    return _first(plain, _PERSON.get(family(language), ())) if len(plain) > 5 else plain


@functools.lru_cache(REMEMBERED)
def tail_base(word: str, language: str) -> str:
    """Like `base`, for the later words of a name, which may agree in gender with the first."""
    plain = base(word, language)
    agreement = _AGREEMENT.get(family(language))
    return agreement.sub("", plain) if agreement and len(plain) > 4 else plain


@functools.cache
def _stemmer(kind: str) -> Callable[[str], str]:
    stem: Callable[[str], str] = snowballstemmer.stemmer(_STEMMERS[kind]).stemWord
    return stem


def _first(word: str, rules: Rules) -> str:
    for pattern, written in rules:
        changed, times = pattern.subn(written, word)
        if times:
            return changed
    return word


def pluralise(wording: str, language: str) -> str:
    """The name for several of its things: "certificates of residence", "cartões de residência". Proper names,
    things that are not counted, and languages without rules stay as they are."""
    kind = family(language)
    rules = _PLURAL.get(kind)
    after = _AFTER_HEAD.get(kind)
    if rules is None or after is None or "," in wording or is_name(wording):
        return wording
    cut = after.search(wording)
    head, rest = (wording[: cut.start()], wording[cut.start() :]) if cut else (wording, "")
    words = head.split(" ")
    if kind == "en":
        uncountable = _UNCOUNTABLE["en"].search(head)
        if not uncountable and _first(words[-1], _SINGULAR["en"]) == words[-1]:
            words[-1] = _first(words[-1], rules)
    else:
        words = [_several(word, kind) if word == word.lower() else word for word in words]
    return " ".join(words) + rest


def _several(word: str, kind: str) -> str:
    """The plural of a noun or adjective, which may be one already; adverbs stay."""
    fixed = word in ("não", "status") or _first(word, _SINGULAR[kind]) != word
    return word if fixed else _first(word, _PLURAL[kind])


def is_name(wording: str) -> bool:
    """Is it written like a proper name, with capitals?"""
    words = [word for word in re.findall(r"[^\W\d_]+", wording) if word[0].isupper() or len(word) > 3]
    return len(words) > 1 and all(word[0].isupper() for word in words[:2])


def gender(wording: str, language: str) -> str:
    """ "f" or "m" for the gender of a name by the ending of its first word; "" in languages without."""
    kind = family(language)
    feminine = _FEMININE.get(kind)
    if feminine is None:
        return ""
    word = re.split(r"[ (,-]", wording, maxsplit=1)[0].lower()
    word = _first(word, _SINGULAR[kind])
    masculine = _MASCULINE.get(kind)
    return "f" if feminine.search(word) and not (masculine and masculine.search(word)) else "m"


def is_plural(wording: str, language: str) -> bool:
    """Does the first noun of a name stand in the plural?"""
    kind = family(language)
    rules, after = _SINGULAR.get(kind), _AFTER_HEAD.get(kind)
    if rules is None or after is None:
        return False
    words = after.split(wording, maxsplit=1)[0].split(" ")
    word = words[-1 if kind == "en" else 0].lower()
    return len(word) > 3 and _first(word, rules) != word


def with_article(before: str, wording: str, language: str, *, several: bool = False) -> tuple[int, str]:
    """Where the article at the end of `before` starts, and what it must be for a name: "a" before "eligibility
    certificate" becomes "an", and goes before what is not counted; "o" before "recados" becomes "os", where it
    stands for one thing (not `several`). Where there is none, the end and nothing."""
    kind = family(language)
    if kind in _ARTICLE_PLURALS and not several and is_plural(wording, language):
        found = re.search(r"\b([^\W\d_]+) $", before)
        plural = _ARTICLE_PLURALS[kind].get(found[1].lower()) if found else None
        if found and plural:
            return found.start(), f"{plural.capitalize() if found[1][0].isupper() else plural} "
    if language != "en" or not (article := re.search(r"\b([Aa])n? $", before)):
        return len(before), ""
    if _UNCOUNTABLE["en"].search(wording) or is_plural(wording, "en"):
        return article.start(), ""
    vowel = re.match(r"(?i)(?:[aeio]|u(?!ni|se|su|ti))", wording)
    return article.start(), f"{article[1]}{'n' if vowel else ''} "


def words_key(words: Sequence[str], language: str) -> tuple[str, ...]:
    """The words of a name for comparing; articles count only where there is nothing else."""
    skipped = ARTICLES.get(family(language), frozenset())
    kept = [word for word in words if word.lower() not in skipped] or list(words)
    return (head_base(kept[0], language), *(tail_base(word, language) for word in kept[1:]))
