"""Tables for people: as wide as the terminal, or 80 columns where there is none; programs ask for JSON.

Nothing is broken inside a number, a name or a path, so what is copied from the screen works. Sentences are broken
between words, and subsets between backbones; where the rows do not fit even so, each becomes a record of a line per
column.
"""

import os
import re
import textwrap
from collections.abc import Container, Iterator, Mapping, Sequence
from math import isfinite

MISSING = "\N{EN DASH}"
NO_BREAK = "\N{NO-BREAK SPACE}"
WIDTH = 80
"""Columns where neither a terminal nor `$COLUMNS` says another number."""
GAP = 2
"""Spaces between two columns."""
TALLEST, TALLEST_LIST = 4, 10
"""Lines that a sentence, or the names of a subset, may become; where it would be more, records are easier to read."""
DECIMALS = 4

Texts = Mapping[str, Sequence[str]]
"""Name of a column -> what its cells say."""


def show(
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    wide_only: Container[str] = (),
    wide: bool = False,
    right: Container[str] = (),
    err: bool = False,
) -> None:
    """Prints a table, or a record per row where a table would be wider than the screen.

    Args:
        names: of the columns.
        rows: a cell for every column. Text is printed as it is, brackets and all; None becomes a dash; numbers of a
            column have equally many decimals.
        wide_only: columns that only `wide` shows.
        wide: print every column, a line per row, however wide that is.
        right: columns of text that are set like numbers.
        err: print on stderr, where it is no data but a question.
    """
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    if not wide:  # what is empty in every row says nothing
        told = {name: own for name, own in columns.items() if name not in wide_only and any(map(_says, own))}
        columns = told or columns
    texts = {name: _texts(own) for name, own in columns.items()}
    aligned = {name for name, own in columns.items() if name in right or _is_numeric(own)}
    widths = _natural(texts) if wide else _fitted(texts, _screen(err))
    if widths is not None:
        _print_table(texts, widths, aligned, err)
        return
    records = [
        {name: own[place] for name, own in texts.items() if _says(columns[name][place])} for place in range(len(rows))
    ]
    _print("\n\n".join(_record(record, _screen(err)) for record in records), err)


def show_facts(facts: Mapping[str, object]) -> None:
    """Prints the facts of one thing as a record; None becomes a dash, and facts of facts have lines of their own."""
    _print(_record(dict(_flat(facts)), _screen(err=False)), err=False)


def text(cell: object) -> str:
    """Returns a cell as it is read: a dash for None, yes or no, the parts of a list or mapping with commas."""
    if cell is None:
        return MISSING
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        told = format(cell, _form([cell]))
        return told.rstrip("0").rstrip(".") if re.fullmatch(r"-?[\d,]+\.\d+", told) else told
    if isinstance(cell, Mapping):
        return ", ".join(f"{name} {text(value)}" for name, value in cell.items()) or MISSING
    if isinstance(cell, list | tuple | set | frozenset):
        return ", ".join(map(text, cell)) or MISSING
    return str(cell)


def _flat(facts: Mapping[str, object], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", text(value)


def unbroken(cell: str) -> str:
    """Returns a text that stays on one line, such as a number with its interval."""
    return cell.replace(" ", NO_BREAK)


def _says(cell: object) -> bool:
    return cell is not None and cell != ""


def _is_numeric(cells: Sequence[object]) -> bool:
    told = [cell for cell in cells if cell is not None]
    return bool(told) and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in told)


def _texts(cells: Sequence[object]) -> list[str]:
    form = _form([cell for cell in cells if isinstance(cell, float)])
    return [format(cell, form) if isinstance(cell, float) else text(cell) for cell in cells]


def _form(numbers: Sequence[float]) -> str:
    """Returns how the floats of a column are written: four decimals, one of what is large, an exponent of the tiny."""
    sizes = [abs(number) for number in numbers if isfinite(number)]
    if any(0 < size < 0.5 * 10**-DECIMALS for size in sizes):
        return ".2e"
    return ",.1f" if max(sizes, default=0) >= 1000 else f".{DECIMALS}f"


def _screen(err: bool) -> int:
    """Columns of the screen; where the output goes into a pipe or file, those that `$COLUMNS` says, else 80."""
    from rich.console import Console

    console, told = Console(stderr=err), os.environ.get("COLUMNS", "")
    return console.width if console.is_terminal else int(told) if told.isdecimal() else WIDTH


def _natural(texts: Texts) -> list[int]:
    return [max(_longest(cell.splitlines()) for cell in (name, *own)) for name, own in texts.items()]


def _fitted(texts: Texts, screen: int) -> list[int] | None:
    """Returns widths of columns that fit on the screen, or None where no readable ones do."""
    widths = _natural(texts)
    least = [max(_longest(_parts(cell)) for cell in (name, *own)) for name, own in texts.items()]
    room = screen - GAP * (len(widths) - 1)
    while sum(widths) > room:
        wider = [place for place, own in enumerate(widths) if own > least[place]]
        if not wider:
            return None
        widths[max(wider, key=lambda place: widths[place])] -= 1
    for own, cells in zip(widths, texts.values(), strict=True):
        for line in (line for cell in cells for line in cell.splitlines()):
            if len(_wrapped(line, own)) > (TALLEST if " " in line else TALLEST_LIST):
                return None
    return widths


def _longest(parts: Sequence[str]) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, parts), default=0)


class _Wrapper(textwrap.TextWrapper):
    """Breaks between words, and after the plus between two names."""

    wordsep_simple_re = re.compile(r"( +|(?<=\w\+)(?=[a-z]))")


def _parts(cell: str) -> list[str]:
    return [part for part in _Wrapper.wordsep_simple_re.split(cell) if part.strip()]


def _wrapped(line: str, width: int) -> list[str]:
    lines = _Wrapper(width, break_long_words=False, break_on_hyphens=False).wrap(line) or [""]
    return [part.replace(NO_BREAK, " ") for part in lines]


def _record(facts: Mapping[str, str], screen: int) -> str:
    """Returns a line per fact; a value that is longer than its line goes on below its beginning."""
    indent = _longest(list(facts)) + GAP
    room = max(screen - indent, screen // 2)
    lines = []
    for name, value in facts.items():
        first, *others = [part for line in value.splitlines() or [""] for part in _wrapped(line, room)]
        lines += [f"{name:<{indent}}{first}", *(f"{'':<{indent}}{part}" for part in others)]
    return "\n".join(lines)


def _print(lines: str, err: bool) -> None:
    import sys

    print(lines, file=sys.stderr if err else sys.stdout)


def _print_table(texts: Texts, widths: Sequence[int], aligned: Container[str], err: bool) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    for name, width in zip(texts, widths, strict=True):
        head = Text("\n".join(_wrapped(name, width)))
        table.add_column(head, width=width, no_wrap=True, justify="right" if name in aligned else "left")
    for row in zip(*texts.values(), strict=True):
        cells = [
            "\n".join(part for line in cell.splitlines() for part in _wrapped(line, width))
            for cell, width in zip(row, widths, strict=True)
        ]
        table.add_row(*map(Text, cells))
    Console(stderr=err, width=sum(widths) + GAP * len(widths)).print(table)
