"""The file of verdicts holds which published figures a store reproduced, and by how much the others were off, as
CSV."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from pathlib import Path

from fuseboard.leaderboard.published.verdicts.verdicts import HELD, Verdict
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic

COLUMNS = tuple(field.name for field in fields(Verdict) if field.name not in ("tolerance", "command"))
_NUMBERS = ("reported", "measured", "difference")


def write(verdicts: Iterable[Verdict], path: Path) -> None:
    """Writes those that have a measured figure, sorted by cell; the others follow from their absence.

    Equal verdicts give equal bytes.
    """
    held = sorted((verdict for verdict in verdicts if verdict.verdict in HELD), key=lambda verdict: verdict.cell)
    with atomic.replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([_text(getattr(verdict, name)) for name in COLUMNS] for verdict in held)


def read(path: Path) -> tuple[Verdict, ...]:
    """Return the verdicts of a file, in its order.

    Raises:
        FuseboardError: the file is not there, or is none that `write` made; the message names file and line.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise FuseboardError(f"{path}, line 1: the columns are not {', '.join(COLUMNS)}; write the file anew")
            return tuple(_verdict(published_figures, f"{path}, line {reader.line_num}") for published_figures in reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FuseboardError(f"{path}: not a readable file of verdicts ({error}); write it anew") from error


def _text(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _verdict(published_figures: Mapping[str, str | None], where: str) -> Verdict:
    texts = {name: text for name, text in published_figures.items() if text is not None}
    if set(texts) != set(COLUMNS):
        raise FuseboardError(f"{where}: {len(texts)} cells, {len(COLUMNS)} are expected; write the file anew")
    word = next((word for word in HELD if word == texts["verdict"]), None)
    if word is None:
        raise FuseboardError(f"{where}: verdict {texts['verdict']!r} is none of {', '.join(HELD)}; write the file anew")
    reported, measured, difference = (_number(texts[name], f"{where}: {name}") for name in _NUMBERS)
    file, dataset, subject, metric, split = (texts[name] for name in ("file", "dataset", "subject", "metric", "split"))
    about = (file, dataset, subject, metric, split)
    return Verdict(*about, reported, measured, word, difference, texts["reason"], texts["row"])


def _number(text: str, where: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise FuseboardError(f"{where}: {text!r} is no number; write the file anew")
    return number
