"""What the harness's commands print: JSON for programs, tables for people."""

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

import typer

from fuseboard.harness.terminal.report import Facts, Report
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import strict_json
from fuseboard.store.files.table import DECIMALS, show, show_facts

if TYPE_CHECKING:
    import polars as pl

    from fuseboard.harness.terminal.finding import Finding


def print_rows(rows: Sequence[Facts], as_json: bool, wide: bool = False, wide_only: Container[str] = ()) -> None:
    """Prints rows, at least one, which all have the same keys.

    Args:
        rows: of the table.
        as_json: print them as JSON, with every digit and both ends of every interval.
        wide: print every column, a line per row.
        wide_only: columns that only `wide` and JSON have.
    """
    if as_json:
        typer.echo(strict_json.dumps(list(rows), indent=1))
    else:
        told = [_with_intervals(row) for row in rows]
        hidden = {column for name in rows[0] if name in wide_only for column in (name, _interval(name))}
        intervals = {name for name in told[0] if name not in rows[0]}
        show(list(told[0]), [list(row.values()) for row in told], wide_only=hidden, wide=wide, right=intervals)


def _interval(low: str) -> str:
    """Returns the column of an interval whose lower end has a key."""
    return f"{low.removesuffix('low')}95 %"


def _with_intervals(row: Facts) -> Facts:
    """Returns a row as people read it: both ends of an interval in one column that says which interval it is."""
    found: Facts = {}
    for name, value in row.items():
        stem, high = name.removesuffix("low"), row.get(f"{name.removesuffix('low')}high")
        if name.endswith("low") and f"{stem}high" in row:
            ends = isinstance(value, float) and isinstance(high, float)
            found[_interval(name)] = f"{value:.{DECIMALS}f} to {high:.{DECIMALS}f}" if ends else None
        elif not (name.endswith("high") and f"{name.removesuffix('high')}low" in row):
            found[name] = value
    return found


def print_facts(facts: Facts, as_json: bool) -> None:
    """Prints the facts of one thing."""
    if as_json:
        typer.echo(strict_json.dumps(facts, indent=1))
    else:
        show_facts(facts)


def print_findings(findings: "Sequence[Finding]", as_json: bool, wide: bool = False) -> None:
    """Prints a check's findings and ends the command with 1 when one of them is bad."""
    print_rows([finding.row() for finding in findings], as_json, wide)
    raise typer.Exit(int(any(finding.is_bad for finding in findings)))


def print_report(report: Report, as_json: bool, wide: bool = False) -> None:
    """Prints what was measured on stdout, and what the numbers hide on stderr."""
    for note in report.notes:
        typer.echo(note, err=True)
    print_rows(report.table, as_json, wide, report.wide_only)


def print_selection_optimism(rows: "pl.DataFrame") -> None:
    """What a choice among all subsets is worth, from their rows; or why that is not known."""
    from fuseboard.store.results.selection_stability import rechoose

    try:
        winner = rechoose(rows)
    except FuseboardError as error:
        typer.echo(f"what the choice is worth is not known: {error}", err=True)
        return
    again, more = winner.subsets.get(winner.chosen, 0), len(set(winner.subsets) - {winner.chosen})
    others = f"one of {more:,} others" if more > 1 else "another one" * more
    typer.echo(
        f"{'+'.join(winner.chosen)}: {winner.validation_score:.3f} of the validation images right; "
        f"expect {winner.corrected_score:.3f} of other images, since the best was taken; it is the best on "
        f"{again:.0%} of {winner.resamples:,} redrawn validation sets"
        f"{f', on the rest {others}' if others else ''}",
        err=True,
    )
