"""The holdings: what a manifest says it has of each dataset, against what the dataset itself is."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from fuseboard.harness.datasets import registry
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.datasets.registry import FIRST
from fuseboard.harness.submissions.rules import names
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.manifest import DatasetEntry, Manifest
from fuseboard.store.errors import FuseboardError

EXTRACT = "extract this dataset again with `fuseboard extract`, and hand in the manifest that it writes"
MOST = 200
"""Datasets of one submission; every known one, and as many others."""

LISTED = 20
"""Problems of one dataset that are told."""

CLOCKS = timedelta(days=1)
"""How far a stranger's clock may be ahead."""


def findings(said: Manifest) -> Iterator[Finding]:
    """What is wrong with a manifest that is valid by itself."""
    yield from _created(said)
    yield from _canary(said)
    if len(said.datasets) > MOST:
        told = f"{len(said.datasets):,} of them, of which {len(registry.names())} have a name here"
        yield Finding("wrong", "datasets", told, "hand in those that can be ranked")
        return
    ranked = 0
    for name, entry in said.datasets.items():
        problems = list(_problems(name, entry))
        official, why = _known(name)
        if official is None:
            yield Finding("note", "datasets", f"{name} is not compared and not ranked: {why}")
        else:
            ranked += 1
            problems += _against(official, entry)
        for problem in problems[:LISTED]:
            yield Finding("wrong", "datasets", f"{name}: {problem}", EXTRACT)
        if not problems:
            splits = ", ".join(f"{split} {part.rows:,}" for split, part in entry.splits.items())
            yield Finding("ok", "datasets", f"{name}: {splits}")
    if not ranked:
        yield Finding("wrong", "datasets", "none is known here, so there is no rank", "see `fuseboard datasets list`")


def _created(said: Manifest) -> Iterator[Finding]:
    if said.created.tzinfo is None:
        yield Finding("wrong", "created", f"{said.created} names no time zone", "hand in the manifest the store wrote")
    elif said.created > manifests.now() + CLOCKS:
        yield Finding("wrong", "created", f"{said.created} lies in the future", "mend the clock and extract again")


def _canary(said: Manifest) -> Iterator[Finding]:
    if wrong := sorted({len(vector) for vector in said.canary} - {said.dim}):
        told = f"a vector of the canary has {wrong[0]} numbers, dim is {said.dim}"
        yield Finding("wrong", "canary", told, "extract again with this card")


def _problems(name: str, entry: DatasetEntry) -> Iterator[str]:
    """What is wrong whatever dataset it is."""
    for finding in names.findings(name, ()):
        if finding.is_bad:
            yield f"its name, which is a folder's, {finding.message.partition(' ')[2]}"
    if len(entry.label_names) != entry.n_classes:
        yield f"{len(entry.label_names)} label names for {entry.n_classes} classes"
    if not entry.splits:
        yield "no split of it is there"
    for split, part in entry.splits.items():
        for shard in part.shards:
            if not re.fullmatch(rf"{split}-\d{{5}}-of-\d{{5}}\.parquet", shard.file, re.ASCII):
                yield f"{shard.file} is no name of a {split} shard, such as {split}-00000-of-00001.parquet"
        if part.numbering != "official":
            yield f"the rows of {split} have no official ids, so they cannot be joined with other backbones"


def _known(name: str) -> tuple[Dataset | None, str]:
    """A dataset by its name here, or why it is not known. A name is never taken for a path."""
    limited = FIRST.fullmatch(name)
    plain = (limited[1] if limited else name).removesuffix("-c")
    if plain not in registry.names():
        return None, "no dataset of that name is known here"
    try:
        return registry.get(name), ""
    except (FuseboardError, ModuleNotFoundError) as error:
        return None, str(error)


def _against(official: Dataset, entry: DatasetEntry) -> Iterator[str]:
    """What the dataset says otherwise, as far as it is known without its images."""
    facts: list[tuple[str, Any, Any]] = [
        ("task", entry.task, official.task),
        ("classes", entry.n_classes, len(official.label_names)),
        ("label names", entry.label_names, official.label_names),
        ("source MD5", entry.source_md5, official.published_md5),
    ]
    for what, theirs, ours in facts:
        if ours is not None and theirs != ours:
            yield f"{what} {_short(theirs)}, the dataset has {_short(ours)}"
    for split in official.splits:
        if split not in entry.splits:
            yield f"its {split} split is not there"
    for split, part in entry.splits.items():
        if split not in official.splits:
            yield f"the dataset has no {split} split"
        elif (rows := official.rows(split)) is not None and rows != part.rows:
            yield f"{part.rows:,} rows of {split}, the dataset has {rows:,}"


def _short(value: object) -> str:
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
