"""The sections of the page of published numbers show one file each, with sources and notes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from statistics import fmean

from fuseboard.leaderboard.output.format import points, score
from fuseboard.leaderboard.published import tables
from fuseboard.leaderboard.published.biofuse_2024 import ReportedSearch, summarise
from fuseboard.leaderboard.published.grid import Grid, Row, pivot, plain
from fuseboard.leaderboard.published.verdicts.groups import NONE, FileVerdicts, of_files
from fuseboard.leaderboard.published.verdicts.verdicts import Verdict
from fuseboard.store.statistics import alexnet_reference

VALIDATED = {"val_acc": "val ACC", "val_auc": "val AUC", "test_acc": "test ACC", "test_auc": "test AUC"}


@dataclass(frozen=True)
class Note:
    """It is a remark of ours on published rows, with the rows it is about (empty for all of them)."""

    about: str
    text: str


@dataclass(frozen=True)
class Section:
    """It is one file of published numbers as the page shows it."""

    file: str
    title: str
    lead: str
    rows: int
    sources: tuple[tuple[str, str], ...]
    """(citation, address)."""
    notes: tuple[Note, ...]
    grids: tuple[Grid, ...]
    verdicts: FileVerdicts
    """What the store says about the figures; in a part of the page of their own, and never in one grid with them."""


def sections(verdicts: Sequence[Verdict] = ()) -> list[Section]:
    """Return every published file, checked, in the order of the page, with the verdicts on its figures."""
    found = of_files(verdicts)
    return [replace(section, verdicts=found.get(section.file, NONE)) for section in _files()]


@cache
def _files() -> tuple[Section, ...]:
    """Lay out the files once, which are the same for every site."""
    return tuple(_section(*page) for page in _PAGE)


def _section(file: str, title: str, lead: str, grids: Callable[[Sequence[Row]], list[Grid]]) -> Section:
    rows = tables.load(file)
    subject = next(name for name in ("model", "subset", "dataset") if name in rows[0])
    notes = []
    for text in dict.fromkeys(row["note"] for row in rows if row["note"]):
        about = list(dict.fromkeys(row[subject] or row["dataset"] for row in rows if row["note"] == text))
        notes.append(Note(", ".join(about) if len(about) <= 3 else "", text))
    return Section(
        file=file,
        title=title,
        lead=lead,
        rows=len(rows),
        sources=tuple(dict.fromkeys((row["source"], row["url"]) for row in rows)),
        notes=tuple(notes),
        grids=tuple(grids(rows)),
        verdicts=NONE,
    )


def _search(rows: Sequence[Row]) -> list[Grid]:
    found = summarise([dict(row) for row in rows])
    head = ("dataset", "chosen by val ACC", "val ACC", "test ACC", "test AUC", "ties")
    columns = (
        ("all eight, ACC", "all_backbones", "test_acc"),
        ("all eight, AUC", "all_backbones", "test_auc"),
        ("best single on validation, ACC", "best_single", "test_acc"),
        ("best single on validation, AUC", "best_single", "test_auc"),
        ("best test ACC", "best_test_acc", "test_acc"),
        ("best test AUC", "best_test_auc", "test_auc"),
    )
    lines = [
        (
            search.dataset,
            search.chosen["subset"].replace("+", " + "),
            *(score(search.chosen[name]) for name in ("val_acc", "test_acc", "test_auc")),
            str(search.ties),
            *(points(_difference(search, field, metric)) for _, field, metric in columns),
        )
        for search in found
    ]
    means = [points(fmean(_difference(search, *column) for search in found)) for _, *column in columns]
    mean = ("mean", *("" for _ in head[1:]), *means)
    caption = "Chosen subset, and what the others score on test relative to it, in percentage points"
    return [Grid(caption, head + tuple(name for name, _, _ in columns), (*lines, mean))]


def _difference(search: ReportedSearch, field: str, metric: str) -> float:
    """Return what another subset scores above the chosen one, in a metric that is on the page."""
    difference: float = getattr(search, field)[metric] - search.chosen[metric]
    return difference


def _by_training(rows: Sequence[Row]) -> list[Grid]:
    return [
        pivot(f"{training}, {label}", [r for r in rows if r["training"] == training], "dataset", "model", metric)
        for training in ("end-to-end", "linear-probing")
        for metric, label in (("test_acc", "test ACC"), ("test_auc", "test AUC"))
    ]


def _by_model(rows: Sequence[Row]) -> list[Grid]:
    return [
        pivot(label, rows, "dataset", "model", metric)
        for metric, label in (("test_acc", "test ACC"), ("test_auc", "test AUC"))
    ]


_PAGE: tuple[tuple[str, str, str, Callable[[Sequence[Row]], list[Grid]]], ...] = (
    (
        "biofuse_2024_subsets.csv",
        "BioFuse 2024: all 255 subsets of eight backbones",
        "Metrics to three decimals; ties go to the first row of the published file, and another rule moves these "
        "figures. The oracle is the best on test: nobody can choose it. The file's val_score is the nameless last "
        "column of the published ones: 0.4 ACC + 0.6 AUC - 0.2 max(0, ACC - 0.9) - 0.2 max(0, AUC - 0.9) on "
        "validation.",
        _search,
    ),
    (
        "biofuse_2026_singles.csv",
        "BioFuse 2026: single backbones",
        "Nine backbones alone, untuned. Validation figures are in the file.",
        _by_model,
    ),
    (
        "biofuse_2026_best_single.csv",
        "BioFuse 2026: best single backbone",
        "The single with the highest validation accuracy.",
        lambda rows: [plain("Best single", rows, {"dataset": "dataset", "model": "model", **VALIDATED})],
    ),
    (
        "biofuse_2026_all_nine.csv",
        "BioFuse 2026: all nine backbones",
        "Concatenated, without any choice.",
        lambda rows: [plain("All nine concatenated", rows, {"dataset": "dataset", **VALIDATED})],
    ),
    (
        "biofuse_2026_fusion.csv",
        "BioFuse 2026: tuned fusion",
        "Only what could be obtained.",
        lambda rows: [
            plain(
                "Tuned winner of the search",
                rows,
                {"dataset": "dataset", "subset": "subset", "test_acc": "test ACC", "test_auc": "test AUC"},
            )
        ],
    ),
    (
        "biofuse_2026_imagenet.csv",
        "BioFuse 2026: ImageNet-1K",
        "Transfer to natural images.",
        lambda rows: [plain("Top-1 accuracy", rows, {"model": "model", "top1_acc": "top-1 ACC"})],
    ),
    (
        "biofuse_2026_sweep_times.csv",
        "BioFuse 2026: sweep times",
        "Seconds of the hyper-parameter sweep.",
        lambda rows: [
            plain(
                "Seconds per sweep",
                rows,
                {
                    "dataset": "dataset",
                    "concat_s": "concatenation (s)",
                    "best_single_s": "best single (s)",
                    "self_attention_s": "self-attention (s)",
                },
                digits=0,
            )
        ],
    ),
    (
        "doerrich_2024_medmnist_plus_224.csv",
        "MedMNIST+ baselines at 224 px",
        "Ten models, trained end to end and as linear probes.",
        _by_training,
    ),
    (
        "yang_2023_medmnist_v2.csv",
        "MedMNIST v2 baselines",
        "Seven methods on six of the twelve datasets; the number in brackets is the image size in pixels.",
        _by_model,
    ),
    (
        alexnet_reference.FILE.name,
        "MedMNIST-C: errors of AlexNet",
        "The reference by which corruption errors are divided: 1 - balanced accuracy, mean over severities.",
        lambda rows: [pivot("Error under each corruption", rows, "corruption", "dataset", "error")],
    ),
    (
        "manzari_2025_medvitv2_medmnist_c.csv",
        "MedMNIST-C: MedViTV2",
        "Error relative to AlexNet (BE) and its part due to corruption (rBE), as reported: ratios, lower is better.",
        lambda rows: [
            plain(
                "MedViTV2",
                rows,
                {"dataset": "dataset", "clean_error": "clean error", "be_ratio": "BE", "rbe_ratio": "rBE"},
            )
        ],
    ),
)
