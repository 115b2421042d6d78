"""Provenance pages show where every result row of a dataset came from, and what measures it again."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.rows.provenance import Fit, SplitScore
from fuseboard.leaderboard.rows.provenance_parts import Part

TITLES = {"val": "Validation", "test": "Test", "cv": "Cross-validation", "clean": "Clean"}
"""Split -> as people read it; others are shown as they are called."""


@dataclass(frozen=True)
class ScoreCell:
    """A cell shows one row of the store."""

    id: str
    title: str
    parts: tuple[str, ...]
    """Every metric with its name, at full precision."""
    reason: str | None


@dataclass(frozen=True)
class FitRow:
    """It is a fit as the page writes it."""

    line: Fit
    setting: str
    """It says how the fit differs from others of the section."""
    id: str | None
    """Where the table of its conditions refers to it."""
    conditions: int
    cells: tuple[ScoreCell | None, ...]
    """One per column of splits."""
    made: str


@dataclass(frozen=True)
class ConditionTable:
    """It shows the conditions of a fit: corruptions by severity."""

    id: str
    line: Fit
    line_id: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[ScoreCell | None, ...]], ...]


@dataclass(frozen=True)
class Section:
    """A section shows all fits of one evaluation."""

    evaluation: str
    shared: str
    """What all its lines have in common."""
    columns: tuple[str, ...]
    """Splits, as people read them."""
    fits: tuple[FitRow, ...]
    condition_tables: tuple[ConditionTable, ...]


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield one page per dataset that has a row, or an overview and one page per part where they are many."""
    known = {one.digest: one for one in site.sources.protocols().values()}
    for dataset, parts in site.provenance_parts.items():
        rows = f"{address.provenance(dataset).removesuffix('.html')}/rows.json" if len(parts) > 1 else None
        shared = {"dataset": dataset, "has_board": dataset in site.snapshot.datasets, "parts": parts, "rows": rows}
        if rows:
            yield _overview(dataset, parts, shared, rows)
        for part in parts:
            yield Page(
                path=address.provenance_part(part),
                template="provenance.html.j2",
                title=f"Where the numbers on {dataset} came from{_which(part)}",
                description=f"Result rows on {dataset}: versions, definition, machine, and the command for each.",
                context={
                    **shared,
                    "own": part.provenance,
                    "part": part,
                    "sections": sections(part.fits),
                    "known": known,
                },
            )


def _overview(dataset: str, parts: Sequence[Part], shared: Mapping[str, Any], rows: str) -> Page:
    by_evaluation: dict[str, list[Part]] = {}
    for part in parts:
        by_evaluation.setdefault(part.evaluation or "", []).append(part)
    return Page(
        path=address.provenance(dataset),
        template="provenance_overview.html.j2",
        title=f"Where the numbers on {dataset} came from",
        description=f"Every result row on {dataset}, by evaluation.",
        context={**shared, "evaluations": by_evaluation},
        files={rows: _rows(parts)},
    )


def _rows(parts: Sequence[Part]) -> bytes:
    """Return a file that says on which page a row is: it may have moved since somebody kept its address."""
    found = {
        address.provenance_part(part): [address.row_id(row.key) for fit in part.fits for row in fit.measured]
        for part in parts
    }
    return json.dumps(found, separators=(",", ":")).encode()


def _which(part: Part) -> str:
    if part.evaluation is None:
        return ""
    return f": {part.evaluation}" + (f", part {part.number} of {part.of}" if part.of > 1 else "")


def sections(own: Sequence[Fit]) -> list[Section]:
    """Return fits, evaluation by evaluation."""
    found, number = [], 0
    for evaluation, group in groupby(own, key=lambda line: line.evaluation):
        fits = list(group)
        each = [_settings(line) for line in fits]
        shared = [texts[0] for texts in zip(*each, strict=True) if len(set(texts)) == 1]
        parted = [_parted(line) for line in fits]
        columns = sorted({title for plain, _ in parted for title in plain}, key=lambda title: (_order(title), title))
        shown, condition_tables = [], []
        for line, (plain, graded) in zip(fits, parted, strict=True):
            number += bool(graded)
            if graded:
                condition_tables.append(_condition_table(line, number, graded))
            setting = ", ".join(text for text in _settings(line) if text not in shared)
            cells = tuple(_score_cell(plain.get(title)) for title in columns)
            made = f"{line.created:%Y-%m-%d %H:%M}Z"
            shown.append(FitRow(line, setting, f"l{number}" if graded else None, len(graded), cells, made))
        found.append(Section(evaluation, ", ".join(shared), tuple(columns), tuple(shown), tuple(condition_tables)))
    return found


Graded = Mapping[tuple[str, str], SplitScore]
"""(corruption, severity) -> row."""


def _parted(line: Fit) -> tuple[Mapping[str, SplitScore], Graded]:
    """Return rows of plain splits by title, and of conditions such as `pixelate-3`, which make a table."""
    plain: dict[str, SplitScore] = {}
    graded: dict[tuple[str, str], SplitScore] = {}
    for one in line.measured:
        name, _, grade = one.split.rpartition("-")
        title = TITLES.get(one.split, one.split)
        place = (name, f"Severity {grade}")
        is_graded = bool(name) and grade.isdecimal()
        # A file from elsewhere may hold a row twice; both are shown.
        while title in plain or place in graded:
            title, place = f"{title}, again", (name, f"{place[1]}, again")
        if is_graded:
            graded[place] = one
        else:
            plain[title] = one
    return plain, graded


def _settings(line: Fit) -> tuple[str, ...]:
    return line.protocol, line.fusion, line.classifier, f"seed {line.seed}"


def _order(title: str) -> int:
    titles = list(TITLES.values())
    return titles.index(title) if title in titles else len(titles)


def _condition_table(line: Fit, number: int, graded: Graded) -> ConditionTable:
    columns = sorted({column for _, column in graded})
    return ConditionTable(
        id=f"x{number}",
        line=line,
        line_id=f"l{number}",
        columns=tuple(columns),
        rows=tuple(
            (name, tuple(_score_cell(graded.get((name, column))) for column in columns))
            for name in sorted({name for name, _ in graded})
        ),
    )


def _score_cell(one: SplitScore | None) -> ScoreCell | None:
    if one is None:
        return None
    parts = tuple(f"{name} {value!r}" for name, value in one.metrics)
    return ScoreCell(address.row_id(one.key), TITLES.get(one.split, one.split), parts, one.reason)
