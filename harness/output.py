"""What the harness's commands print: JSON for programs, tables for people."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from store.table import show

if TYPE_CHECKING:
    import polars as pl

    from harness.finding import Finding
    from store.choice import Choice

Facts = dict[str, object]


def print_rows(rows: list[Facts], as_json: bool) -> None:
    """Rows that share their keys, at least one."""
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
    else:
        show(list(rows[0]), [list(row.values()) for row in rows], whole=("id", "name", "subset", "status"))


def print_facts(facts: Facts, as_json: bool) -> None:
    """One thing's facts."""
    if as_json:
        typer.echo(json.dumps(facts, indent=1))
    else:
        show(("fact", "value"), list(facts.items()))


def print_findings(findings: "Sequence[Finding]", as_json: bool) -> None:
    """A check's findings; ends the command with 1 when one of them is bad."""
    print_rows([finding.row() for finding in findings], as_json)
    raise typer.Exit(int(any(finding.is_bad for finding in findings)))


def print_choice(choice: "Choice", rows: "pl.DataFrame", as_json: bool) -> None:
    """The chosen subset and what it hides, each with its scores on test."""
    metric, ties = rows["selection"][0][0], len(choice.ties)
    typer.echo(f"{choice.measured} of {choice.possible} subsets; {ties} share the best validation {metric}", err=True)
    test = {tuple(row["subset"]): row for row in rows.iter_rows(named=True) if row["split"] == "test"}
    roles = {"chosen": choice.chosen, "all": choice.everything, "oracle (best on test)": choice.oracle}
    table: list[Facts] = [
        {"role": role, "subset": "+".join(subset), "test_auc": test[subset]["auc"], "test_acc": test[subset]["acc"]}
        for role, subset in roles.items()
        if subset
    ]
    print_rows(table, as_json)
