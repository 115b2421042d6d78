"""Loading snippets read a version's embeddings, from where it was put or from the store on this disk."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fuseboard.store.embeddings import coding, loading_snippets
from fuseboard.store.embeddings.history import Event
from fuseboard.store.embeddings.manifest import Manifest

BLOCK = re.compile(r"```python\n(.*?)\n```", re.DOTALL)
TITLES = ("datasets", "DuckDB", "Polars")
HUB = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
DOI = re.compile(r"10\.(5281|5072)/zenodo\.[0-9]{1,12}")


@dataclass(frozen=True)
class Loading:
    """It says how to load one version."""

    place: str | None
    """Where it can be had from, `ORG/NAME` on the Hub or a DOI; null where it lies in the store only."""
    blocks: tuple[tuple[str, str], ...]
    """Library and lines."""
    command: str
    """What brings it into a store."""


def loading(manifest: Manifest, events: Sequence[Event]) -> Loading | None:
    """Return the snippets of a version; None where it holds no dataset.

    Args:
        manifest: whose first dataset and split are the example.
        events: what happened to it, oldest first; the latest place it was put or came from counts.
    """
    if not manifest.datasets:
        return None
    name = next(iter(manifest.datasets))
    split = next(iter(manifest.datasets[name].splits), "train")
    place = _place(events) if manifest.about.redistribution == "embeddings" else None
    if place is not None:
        lines = zip(TITLES, BLOCK.findall(loading_snippets.section(manifest, place)), strict=True)
        revision = "" if DOI.fullmatch(place) else f" --revision {manifest.fingerprint}"
        sandbox = " --sandbox" if place.startswith("10.5072/") else ""
        return Loading(place, tuple(lines), f"fuseboard store pull {place}{revision}{sandbox} --dataset {name}")
    files = f"embeddings/{manifest.backbone}/{manifest.fingerprint}/{name}/{split}-*.parquet"
    vectors = f"SELECT id, label, embedding::{coding.sql_form(manifest.dtype, manifest.dim)} AS embedding"
    source = f"FROM read_parquet('{files}', hive_partitioning = false)"
    blocks = (
        (TITLES[0], f'from datasets import load_dataset\nfiles = {{"{split}": "{files}"}}\n'
                    f'rows = load_dataset("parquet", data_files=files, split="{split}")'),
        (TITLES[1], f'import duckdb\nselect = "{vectors}"\nrows = duckdb.sql(f"{{select}} {source}")'),
        (TITLES[2], f'import polars as pl\nfiles = "{files}"\nrows = pl.read_parquet(files, hive_partitioning=False)'),
    )  # fmt: skip
    return Loading(None, blocks, f"fuseboard extract {manifest.backbone} --dataset {name}")


def _place(events: Sequence[Event]) -> str | None:
    for event in reversed(events):
        for place in (event.doi, event.where):
            if (
                event.what in ("pushed", "published", "pulled")
                and place
                and (HUB.fullmatch(place) or DOI.fullmatch(place))
            ):
                return place
    return None
