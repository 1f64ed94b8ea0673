"""The glossary file: a spreadsheet saved as CSV, with a column for each language.

`ja,en,pt-BR,forbidden_en,forbidden_pt-BR,note`: any served language tag may be a column; "forbidden_" and a tag
names what must not be said in that language, "also_" and a tag what is right as well; several wordings in a cell
are parted by ";", the preferred one first."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidInput
from translation.glossary.model import Mistake, Term
from translation.glossary.service import Glossary
from translation.languages import languages
from translation.wording import clean

FORBIDDEN = "forbidden_"
ALSO = "also_"
NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class GlossaryOptions:
    """Limits of a glossary file."""

    file_bytes: int = 4_000_000
    rows: int = 5_000
    wording: int = 120  # characters of one wording
    alternatives: int = 12  # wordings in a cell
    note: int = 500  # characters


def read_glossary(path: Path, options: GlossaryOptions = GlossaryOptions()) -> Glossary:
    """The glossary of a file. Raises `InvalidInput` where it cannot be read or anything in it is wrong."""
    glossary, mistakes = examine_glossary(path, options)
    if mistakes:
        more = f" ({len(mistakes) - 1} more: run `madoguchi glossary check`)" if len(mistakes) > 1 else ""
        raise InvalidInput(f"The glossary “{path.name}” has a mistake{more}: {mistakes[0].sentence}")
    return glossary


def examine_glossary(
    path: Path, options: GlossaryOptions = GlossaryOptions()
) -> tuple[Glossary, tuple[Mistake, ...]]:
    """The terms that read well, and what is wrong with the others. Raises `InvalidInput` where there is nothing
    to read."""
    try:
        if path.stat().st_size > options.file_bytes:
            raise InvalidInput(
                f"The glossary “{path.name}” is larger than {options.file_bytes} bytes; shorten it."
            )
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise InvalidInput(f"There is no glossary “{path}”; create it or set another city folder.") from error
    except OSError as error:
        raise InvalidInput(f"The glossary “{path}” cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"The glossary “{path.name}” is not UTF-8; in Excel, save it as “CSV UTF-8”."
        ) from error
    return parse_glossary(text, options)


def parse_glossary(
    text: str, options: GlossaryOptions = GlossaryOptions()
) -> tuple[Glossary, tuple[Mistake, ...]]:
    """Like `examine_glossary`, for the text of the file. Raises `InvalidInput` where the first row names no
    language."""
    table = csv.reader(
        io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=_delimiter(text), strict=True
    )
    mistakes: list[Mistake] = []
    try:
        header = [cell.strip() for cell in next(table, [])]
        columns = dict(_columns(header, mistakes))
        terms = list(_terms(table, columns, options, mistakes))
    except csv.Error as error:
        raise InvalidInput(f"The glossary breaks off at line {table.line_num}: {error}.") from error
    return Glossary(terms), tuple(mistakes)


def _delimiter(text: str) -> str:
    """Excel writes semicolons where the computer's language has commas in numbers."""
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _columns(header: Sequence[str], mistakes: list[Mistake]) -> Iterator[tuple[int, str]]:
    """Which column is what. Raises `InvalidInput` where no two languages are named."""
    names = {name.casefold(): name for tag in languages() for name in (tag, FORBIDDEN + tag, ALSO + tag)}
    names[NOTE] = NOTE
    known = [names.get(_usual(cell)) for cell in header]
    if sum(1 for name in known if name in languages()) < 2:
        raise InvalidInput(
            "The first row of the glossary names no two languages; start it with tags such as “ja,en,pt-BR”."
        )
    for index, (cell, name) in enumerate(zip(header, known, strict=True)):
        if name is None and cell:
            mistakes.append(
                Mistake(
                    1,
                    f"Row 1: “{cell[:40]}” is no column; use a language tag, also_ or forbidden_ and a tag, or note.",
                )
            )
        elif name is not None and name in known[:index]:
            mistakes.append(Mistake(1, f"Row 1: the column “{name}” is there twice; remove one."))
        elif name is not None:
            yield index, name


def _usual(column: str) -> str:
    """A column's name as we write it: "Forbidden_PT_br" is "forbidden_pt-br"."""
    name = column.casefold().replace("_", "-")
    for kind in (FORBIDDEN, ALSO):
        name = name.replace(kind.replace("_", "-"), kind)
    return name


def _terms(
    table: Iterator[list[str]], columns: Mapping[int, str], options: GlossaryOptions, mistakes: list[Mistake]
) -> Iterator[Term]:
    key = next(name for name in columns.values() if name in languages())
    rows_of: dict[str, Term] = {}
    made = 0
    for row, cells in enumerate(table, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if made >= options.rows:
            mistakes.append(
                Mistake(row, f"Row {row}: a glossary has {options.rows} terms at most; remove some.")
            )
            return
        found = _term(row, cells, columns, options)
        if isinstance(found, Term):
            found = _unlike_others(found, rows_of, key)
        if isinstance(found, Mistake):
            mistakes.append(found)
        else:
            made += 1
            yield found


def _term(
    row: int, cells: Sequence[str], columns: Mapping[int, str], options: GlossaryOptions
) -> Term | Mistake:
    if any(cell.strip() for index, cell in enumerate(cells) if index >= max(columns) + 1):
        return Mistake(
            row, f"Row {row}: there are more cells than columns; put text with a comma into quotation marks."
        )
    given: dict[str, dict[str, tuple[str, ...]]] = {"": {}, FORBIDDEN: {}, ALSO: {}}
    note = ""
    for index, name in columns.items():
        cell = clean(cells[index]) if index < len(cells) else ""
        if name == NOTE:
            note = cell.strip()
            continue
        found = tuple(
            dict.fromkeys(
                filter(None, (" ".join(part.split()) for part in cell.replace("；", ";").split(";")))
            )
        )
        if mistake := _too_much(row, name, found, options):
            return mistake
        if found:
            kind = next(prefix for prefix in (FORBIDDEN, ALSO, "") if name.startswith(prefix))
            given[kind][name.removeprefix(kind)] = found
    if len(note) > options.note:
        return Mistake(row, f"Row {row}: the note has more than {options.note} characters; shorten it.")
    return _sensible(
        Term(row=row, wordings=given[""], forbidden=given[FORBIDDEN], also=given[ALSO], note=note)
    )


def _too_much(row: int, name: str, wordings: Sequence[str], options: GlossaryOptions) -> Mistake | None:
    if len(wordings) > options.alternatives:
        return Mistake(
            row, f"Row {row}: “{name}” has more than {options.alternatives} wordings; keep the usual ones."
        )
    for wording in wordings:
        if len(wording) > options.wording:
            return Mistake(
                row,
                f"Row {row}: “{wording[:20]}…” in “{name}” is longer than {options.wording} characters; shorten it.",
            )
        if not any(character.isalnum() for character in wording):
            return Mistake(
                row, f"Row {row}: “{wording}” in “{name}” has no letters; write a word or leave it empty."
            )
    return None


def _sensible(term: Term) -> Term | Mistake:
    row = term.row
    if len(term.wordings) < 2:
        return Mistake(row, f"Row {row}: the term is given in fewer than two languages; add a translation.")
    for tag, wordings in term.forbidden.items():
        right = (*term.wordings.get(tag, ()), *term.also.get(tag, ()))
        allowed = {wording.casefold() for wording in right}
        for wording in wordings:
            if wording.casefold() in allowed:
                return Mistake(
                    row, f"Row {row}: “{wording}” is both allowed and forbidden in {tag}; decide for one."
                )
    return term


def _unlike_others(term: Term, rows_of: dict[str, Term], key: str) -> Term | Mistake:
    """A term may be named once only in the first language column: two rows would ask for different words."""
    for wording in term.wordings.get(key, ()):
        other = rows_of.setdefault(wording.casefold(), term)
        if other is not term:
            return Mistake(
                term.row, f"Row {term.row}: “{wording}” stands in row {other.row} already; join the two rows."
            )
    return term
