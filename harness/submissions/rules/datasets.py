"""The datasets of a submission: what a manifest says of each, against what the dataset itself is."""

import re
from collections.abc import Iterator
from datetime import timedelta

from fuseboard.harness.datasets import registry
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.submissions.rules import names
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.manifest import DatasetEntry, Manifest
from fuseboard.store.embeddings.verify import differing_facts

FIX = "extract this dataset again with `fuseboard extract`, and hand in the manifest that it writes"
MAX_DATASETS = 200
"""Datasets of one submission; every known one, and as many others."""

MAX_LISTED = 20
"""Problems of one dataset that are listed."""

CLOCK_SKEW = timedelta(days=1)
"""How far a stranger's clock may be ahead."""


def findings(manifest: Manifest) -> Iterator[Finding]:
    """What is wrong with a manifest that is valid by itself."""
    yield from _version(manifest)
    if len(manifest.datasets) > MAX_DATASETS:
        message = f"{len(manifest.datasets):,} of them, of which {len(registry.names())} have a name here"
        yield Finding("wrong", "datasets", message, "hand in those that can be ranked")
        return
    ranked = 0
    for name, entry in manifest.datasets.items():
        problems = list(_problems(name, entry))
        official, reason = registry.find(name)
        if official is None:
            yield Finding(
                "note", "datasets", f"{name} is not compared and not ranked, but everyone will read its name: {reason}"
            )
        else:
            ranked += 1
            problems += _differences(official, entry)
        for problem in problems[:MAX_LISTED]:
            yield Finding("wrong", "datasets", f"{name}: {problem}", FIX)
        if not problems:
            splits = ", ".join(f"{split} {part.rows:,}" for split, part in entry.splits.items())
            yield Finding("ok", "datasets", f"{name}: {splits}")
    if not ranked:
        yield Finding("wrong", "datasets", "none is known here, so there is no rank", "see `fuseboard datasets list`")


def _version(manifest: Manifest) -> Iterator[Finding]:
    """What is wrong with the facts that all datasets share."""
    created = manifest.created
    if created.tzinfo is None:
        yield Finding("wrong", "created", f"{created} names no time zone", "hand in the manifest the store wrote")
    elif created > manifests.now() + CLOCK_SKEW:
        yield Finding("wrong", "created", f"{created} lies in the future", "set the clock and extract again")
    if wrong := sorted({len(vector) for vector in manifest.canary} - {manifest.dim}):
        message = f"a vector of the canary has {wrong[0]} numbers, dim is {manifest.dim}"
        yield Finding("wrong", "canary", message, "extract again with this card")


def _problems(name: str, entry: DatasetEntry) -> Iterator[str]:
    """What is wrong whatever dataset it is."""
    for problem in names.problems(name):
        yield f"its name, which is a folder's, {problem}"
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


def _differences(official: Dataset, entry: DatasetEntry) -> Iterator[str]:
    """What the dataset says otherwise, as far as it is known without its images."""
    yield from differing_facts(entry, official, official.published_md5)
    for split in official.splits:
        if split not in entry.splits:
            yield f"its {split} split is not there"
    for split, part in entry.splits.items():
        if split not in official.splits:
            yield f"the dataset has no {split} split"
        elif (rows := official.rows(split)) is not None and rows != part.rows:
            yield f"{part.rows:,} rows of {split}, the dataset has {rows:,}"
