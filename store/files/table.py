"""Tables for people; programs ask for JSON."""

from collections.abc import Container, Sequence

MISSING = "\N{EN DASH}"
PIPED_WIDTH = 240
"""Columns where there is no terminal, where nothing should be broken over lines."""


def show(
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    right: Container[str] = (),
    whole: Container[str] = (),
    err: bool = False,
) -> None:
    """Prints a table; None becomes a dash.

    Args:
        names: of the columns.
        rows: a cell for every column; text is printed as it is, brackets and all.
        right: columns of numbers.
        whole: columns that are never broken over lines.
        err: print it on stderr, where it is no data but a question.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(stderr=err)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in names:
        justify = "right" if name in right else "left"
        table.add_column(Text(name), justify=justify, overflow="fold", no_wrap=name in whole)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*(Text(MISSING if cell is None else str(cell)) for cell in row))
    console.print(table)
