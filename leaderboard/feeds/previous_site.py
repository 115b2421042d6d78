"""The previous site is what stands in the folder that a build is about to replace. All of it is foreign text."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from fuseboard.leaderboard.feeds.columns import MEANINGS
from fuseboard.leaderboard.feeds.entry import EMPTY, History
from fuseboard.leaderboard.feeds.state import State
from fuseboard.leaderboard.output.replace_folder import is_ours
from fuseboard.leaderboard.rows.validation import valid_rows
from fuseboard.store.files import literal_path, model_faults
from fuseboard.store.results.schema import LATER, SCHEMA

CHANGES, STATE, ROWS = "data/changes.json", "data/ranking.json", "data/results.parquet"
MAX_BYTES = 256 * 2**20
"""Bytes of a file that are read at most."""


@dataclass(frozen=True)
class PreviousSite:
    """It holds what could be read of the site."""

    rows: pl.DataFrame | None = None
    """Its result rows, without answers per image; None where there is no site, or it cannot be compared."""
    state: State | None = None
    history: History = EMPTY
    raw: bytes | None = None
    """The history as it was written, which is carried over where nothing moved."""
    is_hidden: bool = False
    """Whether there is a site of which nothing may be handed on, because it tells of datasets that now stay off."""
    problem: str | None = None
    """Why it cannot be compared; None where it can, and where there is none."""


NONE = PreviousSite()
HIDDEN = PreviousSite(is_hidden=True)


def read(out: Path, hides: Callable[[str], bool] = lambda dataset: False) -> PreviousSite:
    """Reads a site; one that is damaged or of an older format is said to be that, and fails nothing.

    One that tells of a dataset that is to stay off the pages is read no further, so that nothing of it is handed on.
    """
    if not is_ours(out):
        return NONE
    found = _read(lambda path: _bytes(out / path))
    entries = found.history.entries
    told = {line.dataset for entry in entries for line in entry.lines if line.dataset is not None}
    told |= {move.dataset for entry in entries for move in entry.moves}
    told |= set(found.state.datasets) if found.state is not None else set()
    return HIDDEN if any(map(hides, told)) else found


def of_release(read: Callable[[str], bytes]) -> PreviousSite:
    """Return what a release says of itself, without the history that led to it.

    Args:
        read: path on the release's site -> content; raises FileNotFoundError.
    """
    found = _read(read)
    return PreviousSite(found.rows, found.state, problem=found.problem)


def _read(content: Callable[[str], bytes]) -> PreviousSite:
    history, raw, problem = EMPTY, None, None
    try:
        raw = content(CHANGES)
        history = History.model_validate_json(raw)
    except FileNotFoundError:
        return PreviousSite(problem="it was built by a version of fuseboard that kept no history")
    except (OSError, ValueError) as error:
        raw, problem = None, _unreadable(CHANGES, error)
    try:
        state = State.model_validate_json(content(STATE))
        rows = _rows(content(ROWS))
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        return PreviousSite(history=history, problem=problem or _unreadable(f"{STATE} or {ROWS}", error))
    if problem:
        return PreviousSite(problem=problem)
    return PreviousSite(rows, state, history, raw)


def _rows(content: bytes) -> pl.DataFrame:
    schema = {name: SCHEMA.get(name, pl.String) for name in MEANINGS}
    rows = literal_path.read_parquet(content)
    # A site of before a metric was kept has no column of it.
    rows = rows.with_columns(pl.lit(None, SCHEMA[name]).alias(name) for name in LATER - set(rows.columns))
    rows = rows.select(list(MEANINGS)).cast(pl.Schema(schema))
    good, invalid_rows = valid_rows(rows.with_columns(pl.lit(None, SCHEMA["right"]).alias("right")))
    if invalid_rows:
        raise ValueError(f"{invalid_rows[0].rows} rows have {invalid_rows[0].reason}")
    return good.drop("right")


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise FileNotFoundError(path.name)
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES:,} bytes")
    return path.read_bytes()


def _unreadable(what: str, error: Exception) -> str:
    if isinstance(error, ValidationError):
        message = model_faults.without_input(error)
    elif isinstance(error, FileNotFoundError):
        message = f"{error} is not there"
    else:
        message = (str(error).splitlines() or [""])[0]
    return f"{what} cannot be read ({message[:200]})"
