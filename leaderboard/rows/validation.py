"""Invalid rows are those that no page can show; they are left out, so that one of them breaks nothing."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from fuseboard.store.results.metrics import FIELDS, most
from fuseboard.store.results.selection import TIE_BREAKS, Criterion

MAX_NAME_LENGTH = 300
"""Characters of a name."""
MAX_BACKBONES = 200
"""Backbones of a subset."""
YEARS = 2000, 2099
"""A clock that says another year is wrong. The bound is fixed, so that the same store gives the same pages."""
LISTS = ("subset", "fingerprints", "selection")
TEXTS = (
    "key", "evaluation", "protocol", "protocol_digest", "dataset", "source_md5", "split", "fusion", "classifier",
    "metric_set", "device", "hardware", "libraries",
)  # fmt: skip
COUNTS = ("rows", "features", "jobs")
AMOUNTS = ("fit_s", "predict_s", "peak_rss_mb", "peak_vram_mb")


@dataclass(frozen=True)
class InvalidRows:
    """They are rows of one place that are left out for one reason."""

    dataset: str
    evaluation: str
    reason: str
    rows: int


def valid_rows(rows: pl.DataFrame) -> tuple[pl.DataFrame, tuple[InvalidRows, ...]]:
    """Return the valid rows, and what is wrong with the others, by dataset.

    Args:
        rows: as `store.results` reads them, which may hold what this project would refuse to write.
    """
    reason = pl.coalesce([pl.when(wrong).then(pl.lit(message)) for wrong, message in _checks(rows)])
    # Sums and lengths of a list may be asked only where it is one; what follows is asked of what is left.
    marked = rows.with_columns(reason.alias("invalid"))
    good = marked.filter(pl.col("invalid").is_null()).drop("invalid")
    answers = good.filter(_misses_its_answers())
    left_out = pl.concat(
        [
            marked.filter(pl.col("invalid").is_not_null()).select("dataset", "evaluation", "invalid"),
            answers.select("dataset", "evaluation", invalid=pl.lit("its answers per image are not those of its ACC")),
        ]
    )
    counted = left_out.group_by("dataset", "evaluation", "invalid").len()
    found = counted.with_columns(pl.col("dataset", "evaluation").fill_null("no name")).sort(pl.all())
    good = good.filter(~_misses_its_answers())
    return good, tuple(InvalidRows(*row) for row in found.iter_rows())


def _checks(rows: pl.DataFrame) -> Iterator[tuple[pl.Expr, str]]:
    """Yield what a row must not be, with the message; the first that applies is reported."""
    for name in (*TEXTS, *LISTS, *COUNTS, "seed", "created"):
        yield pl.col(name).is_null(), f"no {name}"
    yield ~pl.col("key").str.contains(r"^[0-9a-f]{32}$"), "a key that is no fingerprint"
    names = [pl.col(name).str.len_chars() for name in ("evaluation", "protocol", "dataset", "split", "fusion")]
    yield (
        pl.max_horizontal(*names, _of_names(pl.element().str.len_chars().max())) > MAX_NAME_LENGTH,
        "a name too long to show",
    )
    yield pl.min_horizontal(*names, _of_names(pl.element().str.len_chars().min())) == 0, "an empty name"
    size = pl.col("subset").list.len()
    yield size == 0, "an empty subset"
    yield size > MAX_BACKBONES, f"a subset of more than {MAX_BACKBONES} backbones"
    yield pl.any_horizontal(pl.col(name).list.contains(None) for name in LISTS), "a list with a hole"
    yield pl.col("subset").list.n_unique() != size, "a backbone that stands twice in its subset"
    yield pl.col("fingerprints").list.len() != size, "another number of fingerprints than of backbones"
    for name, field in FIELDS.items():
        yield ~_within(name, most(field)), f"an impossible {field.title}"
    for name in AMOUNTS:
        yield ~_within(name, float("inf")), f"an impossible {name}"
    yield pl.min_horizontal(COUNTS) < 0, "a negative count"
    yield ~pl.col("created").dt.year().is_between(*YEARS), "a date that cannot be meant"
    yield pl.col("libraries").is_in(_bad(rows["libraries"], _are_versions)), "libraries that are no JSON of versions"
    yield pl.col("params").is_in(_bad(rows["params"], _is_object)), "params that are no JSON"
    known = rows["selection"].drop_nulls().unique().to_list()
    unknown = ["\n".join(map(str, one)) for one in known if not _chooses(one)]
    yield pl.col("selection").list.join("\n").is_in(unknown), "a selection that is not known"


def _of_names(longest: pl.Expr) -> pl.Expr:
    return pl.col("subset").list.eval(longest).list.first()


def _within(name: str, most: float) -> pl.Expr:
    value = pl.col(name)
    return value.is_null() | (value.is_finite() & value.is_between(0, most))


def _misses_its_answers() -> pl.Expr:
    """Tell whether right answers and ACC contradict each other. With L labels an image has up to L right answers."""
    right, images = pl.col("right"), pl.col("rows")
    total = right.list.sum().cast(pl.Float64)
    share = pl.col("acc") * images
    labels = pl.when(total > 0).then((total / share).round().clip(1)).otherwise(1.0)
    wrong = (right.list.len() != images) | (right.list.drop_nulls().list.len() != images) | (images == 0)
    off = ((total - labels * share).abs() > 0.5) | (right.list.max() > labels)  # half an answer: rounding alone
    return right.is_not_null() & (wrong | (pl.col("acc").is_not_null() & off)).fill_null(True)


def _bad(texts: pl.Series, is_good: Callable[[object], bool]) -> list[str]:
    found = []
    for text in texts.drop_nulls().unique().sort():
        try:
            good = is_good(json.loads(text))
        except (ValueError, RecursionError):
            good = False
        if not good:
            found.append(text)
    return found


def _are_versions(held: object) -> bool:
    return isinstance(held, dict) and all(isinstance(version, str) for version in held.values())


def _is_object(held: object) -> bool:
    return isinstance(held, dict)


def _chooses(selection: list[str]) -> bool:
    if not selection:
        return False
    return Criterion(selection[0]).column in FIELDS and set(selection[1:]) <= set(TIE_BREAKS)
