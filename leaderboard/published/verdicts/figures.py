"""This lists every published figure, with the subset whose row could reproduce it, or why none ever could."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from fuseboard.leaderboard.published import tables
from fuseboard.leaderboard.published.verdicts.model_names import NAMES, NINE, backbones
from fuseboard.store.statistics import alexnet_reference

Row = Mapping[str, Any]

_TEXTS = {"dataset", "model", "subset", "training", "corruption", "source", "url", "note"}
"""Columns that hold no figure."""


@dataclass(frozen=True)
class PublishedFigure:
    """It is one published figure."""

    file: str
    dataset: str
    """It is named as in the file. That of a comparable figure is at 224 px, which is what the plain name means here."""
    subject: str
    """What the figure is of, in the words of its source."""
    metric: str
    """`acc` or `auc`; else the column of the file, without the split."""
    split: str
    """`val` or `test`; empty where the column names none."""
    reported: Decimal
    """Exactly as the file prints it, but for trailing zeros."""
    subset: tuple[str, ...]
    """Our backbones whose row could reproduce it; empty where no row could."""
    why: str
    """Why no row could; of a comparable cell what a reader should know, or nothing."""
    command: str
    """What makes such a row, and those of all others of its file and dataset; empty where no row could."""


Meaning = tuple[str, tuple[str, ...], str, str]
"""Subject, subset, why and command of a figure."""


@cache
def published_figures() -> tuple[PublishedFigure, ...]:
    """Return every figure of every file, in the order of files and rows; what a source does not give is no cell.

    AlexNet's clean error stands in every row of its dataset and is one cell.
    """
    return tuple(dict.fromkeys(_cells()))


def _cells() -> Iterator[PublishedFigure]:
    for file, meaning in _FILES.items():
        for row in tables.load(file):
            for column, value in row.items():
                if column in _TEXTS or value is None:
                    continue
                subject, subset, why, command = meaning(row, column)
                split, _, metric = column.partition("_")
                if split not in ("val", "test"):
                    split, metric = "", column
                # The shortest text that gives this float again is the file's own.
                figure = Decimal(repr(value))
                yield PublishedFigure(file, row["dataset"], subject, metric, split, figure, subset, why, command)


def _measuring(row: Row, command: str) -> str:
    """Return the command that measures all nine at once: what is known is neither extracted nor fitted again."""
    names, dataset = backbones(NINE), row["dataset"]
    return f"fuseboard extract {' '.join(names)} -d {dataset} && fuseboard {command} --backbones {','.join(names)}"


def _never(subject: str, why: str) -> Meaning:
    return subject, (), why, ""


def _subset_2024(row: Row, column: str) -> Meaning:
    why = "100 trees in 2024; biofuse-2026 has 250"
    if "Prov-GigaPath" in row["subset"].split("+"):
        why += "; and its Prov-GigaPath is DINOv2-giant"
    if column == "val_score":
        why = "a score of the published script, which no protocol here chooses by"
    return _never(row["subset"], why)


def _single(row: Row, column: str) -> Meaning:
    name = row["model"]
    return name, backbones((name,)), NAMES[name].reason, _measuring(row, f"evaluate singles {row['dataset']}")


def _best_single(row: Row, column: str) -> Meaning:
    name = row["model"]
    why = "; ".join(filter(None, ["untuned, so held against the same row as the single backbone", NAMES[name].reason]))
    return f"best single: {name}", backbones((name,)), why, _measuring(row, f"evaluate singles {row['dataset']}")


def _all_nine(row: Row, column: str) -> Meaning:
    why = "its Prov-GigaPath is DINOv2-giant, so dinov2-giant is one of the nine"
    return "all nine", backbones(NINE), why, _measuring(row, f"search {row['dataset']} --strategy all")


def _tuned(row: Row, column: str) -> Meaning:
    why = "the released tuning reads two of the ten parameters; ours tunes all ten"
    return _never(f"tuned fusion: {row['subset'] or 'subset not known'}", why)


def _imagenet(row: Row, column: str) -> Meaning:
    why = "BioFuse's ImageNet splits are its own"
    if row["model"] == "Prov-GigaPath":
        why += "; and this is DINOv2-giant, not Prov-GigaPath"
    else:
        why += "; and one 224-px transform for all models stood in for the backbone's own"
    return _never(row["model"], why)


def _sweep(row: Row, column: str) -> Meaning:
    why = "seconds of another machine, for a tuning of two of the ten parameters"
    if column == "self_attention_s":
        why += "; and its attention was never trained, as in attention-random here"
    return _never("tuning sweep", why)


def _medmnist_plus(row: Row, column: str) -> Meaning:
    frozen = row["training"] == "linear-probing"
    why = NAMES[row["model"]].reason if frozen else "trained end to end; here every backbone is frozen"
    return _never(f"{row['model']}, {row['training']}", why)


def _medmnist_v2(row: Row, column: str) -> Meaning:
    return _never(row["model"], NAMES[row["model"]].reason)


def _alexnet(row: Row, column: str) -> Meaning:
    subject = "AlexNet, clean images" if column == "clean_error" else f"AlexNet, {row['corruption']}"
    return _never(subject, "the reference that errors are divided by, and no claim about a backbone here")


def _medvit(row: Row, column: str) -> Meaning:
    return _never("MedViTV2", "trained end to end; here every backbone is frozen. The kind of error is not stated")


_FILES: dict[str, Callable[[Row, str], Meaning]] = {
    "biofuse_2024_subsets.csv": _subset_2024,
    "biofuse_2026_all_nine.csv": _all_nine,
    "biofuse_2026_best_single.csv": _best_single,
    "biofuse_2026_fusion.csv": _tuned,
    "biofuse_2026_imagenet.csv": _imagenet,
    "biofuse_2026_singles.csv": _single,
    "biofuse_2026_sweep_times.csv": _sweep,
    alexnet_reference.FILE.name: _alexnet,
    "doerrich_2024_medmnist_plus_224.csv": _medmnist_plus,
    "manzari_2025_medvitv2_medmnist_c.csv": _medvit,
    "yang_2023_medmnist_v2.csv": _medmnist_v2,
}
