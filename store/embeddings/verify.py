"""Verification: whether what lies in a store is what its manifests promise and what its datasets say."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fuseboard.store import installation
from fuseboard.store.arrays import Labels, is_multi_label
from fuseboard.store.embeddings import block, dataset_card, deriving, random_weights, shards, versions
from fuseboard.store.embeddings.dataset_protocol import Datasets, Official
from fuseboard.store.embeddings.manifest import DatasetEntry, Manifest, Shard
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, UsageError

BATCH_ROWS = 4096
UNKNOWN = "no dataset of that name is known here"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be; empty names where it concerns the whole version."""

    version: str
    dataset: str
    split: str
    file: str
    problem: str


@dataclass(frozen=True)
class Report:
    """What was found, and what could not be compared."""

    findings: tuple[Finding, ...]
    not_compared: dict[str, str]
    """Dataset -> why its own labels and ids were not held against the shards."""
    stale_readmes: tuple[str, ...] = ()
    """Versions whose README an earlier release wrote."""


def verify(root: Path, spec: str | None = None, datasets: Datasets | None = None, dataset: str | None = None) -> Report:
    """Re-hashes and reads every shard of a store, or of the versions that `backbone[@fingerprint]` names.

    It goes on after a finding, because one look should tell everything that has to be extracted or pulled again.

    Args:
        root: the store.
        spec: only these versions.
        datasets: finds the datasets whose labels and ids the shards must have. Nothing is downloaded for it.
        dataset: only this one.
    """
    found, broken = versions.survey(root)
    if spec is not None:
        name, _, prefix = random_weights.stored(spec).partition("@")
        found = [v for v in found if v.manifest.backbone == name and v.manifest.fingerprint.startswith(prefix)]
        broken = {f: e for f, e in broken.items() if f.parent.name == name and f.name.startswith(prefix)}
        if not found and not broken:
            raise UsageError(f"no version fits {spec!r} in {root}; `fuseboard store list` shows what is there")
    whole = found
    if dataset is not None:
        found = [Version(v.folder, part) for v in found if (part := _alone(v.manifest, dataset)).datasets]
        if not found and not broken:
            raise UsageError(f"no version holds {dataset} in {root}; `fuseboard store list` shows what is there")
    findings = [Finding(f"{folder.parent.name}@{folder.name}", "", "", "", str(e)) for folder, e in broken.items()]
    known, not_compared = _at_hand({name for v in found for name in v.manifest.datasets}, datasets)
    findings += [finding for version in found for finding in _version(version, known)]
    present = {version.spec: version for version in versions.survey(root)[0]}
    findings += [Finding(version.spec, *one) for version in found for one in deriving.problems(version, present)]
    stale = tuple(version.spec for version in whole if dataset_card.is_stale(version.folder, version.manifest))
    return Report(tuple(findings), not_compared, stale)


def _alone(manifest: Manifest, dataset: str) -> Manifest:
    return manifest.model_copy(update={"datasets": {k: e for k, e in manifest.datasets.items() if k == dataset}})


def _at_hand(names: set[str], datasets: Datasets | None) -> tuple[dict[str, Official], dict[str, str]]:
    """The datasets that can be read here without a download, and for each other one the reason."""
    known: dict[str, Official] = {}
    lacking: dict[str, str] = {}
    for name in sorted(names):
        if datasets is None:
            lacking[name] = "no datasets were given"
            continue
        try:
            dataset = datasets(name)
            if dataset.at_hand:
                known[name] = dataset
            else:
                lacking[name] = "its file is not on this machine"
        except UsageError:
            lacking[name] = UNKNOWN
        except ModuleNotFoundError as error:
            lacking[name] = f"that needs {error.name}, which is not installed; run: {installation.command('harness')}"
        except FuseboardError as error:
            lacking[name] = str(error)
    return known, lacking


def _version(version: Version, known: dict[str, Official]) -> Iterator[Finding]:
    for dataset, entry in version.manifest.datasets.items():
        behind = dataset in known and known[dataset].source_md5 not in (None, entry.source_md5)
        if dataset in known and any(facts.numbering == "official" for facts in entry.splits.values()):
            for problem in differing_facts(entry, known[dataset], known[dataset].source_md5):
                yield Finding(version.spec, dataset, "", "", problem)
        for split, facts in entry.splits.items():
            last, whole = -1, True
            for shard in facts.shards:
                problems, last = _shard(version.folder / dataset / shard.file, shard, version.manifest, entry, last)
                yield from (Finding(version.spec, dataset, split, shard.file, problem) for problem in problems)
                whole &= not problems
            compared = whole and dataset in known and facts.numbering == "official"
            if compared and (differing := _against(known[dataset], version, dataset, split, behind)):
                yield Finding(version.spec, dataset, split, "", differing)


def _against(official: Official, version: Version, dataset: str, split: str, behind: bool) -> str | None:
    """What the dataset says otherwise than a sound split; of rows nothing where its images were others anyway."""
    if split not in official.splits:
        return f"the dataset has no {split} split"
    if behind:
        return None
    found, labels = block.read(version, dataset, split, vectors=False), official.labels(split)
    return id_problem(found.ids, len(labels)) or label_problem(found.labels, labels, "in the dataset")


def differing_facts(entry: DatasetEntry, official: Official, source_md5: str | None) -> Iterator[str]:
    """What a manifest says of a dataset otherwise than the dataset itself.

    Args:
        entry: of a manifest.
        official: the dataset of that name.
        source_md5: of the dataset's file; None where nobody knows it.
    """
    for what, ours, theirs in (
        ("task", entry.task, official.task),
        ("classes", entry.n_classes, len(official.label_names)),
        ("label names", entry.label_names, official.label_names),
        ("source MD5", entry.source_md5, source_md5),
    ):
        if theirs is not None and ours != theirs:
            mend = "; extract it again, which embeds only what is new" if what == "source MD5" else ""
            yield f"{what} {_short(ours)}, the dataset has {_short(theirs)}{mend}"


def id_problem(ids: NDArray[np.integer[Any]], rows: int) -> str | None:
    """Why (N,) ids, in the order of the rows, are not the numbers from 0 to `rows` - 1; None where they are."""
    own, wanted = ids.astype(np.int64), np.arange(rows)
    if np.array_equal(own, wanted):
        return None
    ordered = np.sort(own)
    if len(repeated := ordered[1:][ordered[1:] == ordered[:-1]]):
        return f"id {repeated[0]} occurs more than once ({len(repeated):,} rows too many)"
    if not np.array_equal(ordered, wanted):
        return f"{len(own):,} ids up to {ordered[-1]:,}, the dataset has the {rows:,} ids from 0 on"
    row = int(np.flatnonzero(own != wanted)[0])
    return f"row {row} has id {own[row]}: rows must lie in the order of their ids"


def label_problem(labels: Labels, official: Labels, source: str) -> str | None:
    """How labels differ from the official ones of the same images, both by ascending id; None where they do not.

    Args:
        labels: (N,) class numbers, or (N, L) of 0 and 1.
        official: the same of the dataset.
        source: says where the official ones come from, such as `in the dataset`.
    """
    if labels.shape != official.shape:
        return f"labels of shape {labels.shape}, {official.shape} {source}"
    differ = (labels != official).reshape(len(official), -1).any(axis=1)
    if not differ.any():
        return None
    row = int(np.flatnonzero(differ)[0])
    return f"id {row} has label {labels[row]}, {source} {official[row]} ({int(differ.sum()):,} differ)"


def _short(value: object) -> str:
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _shard(path: Path, shard: Shard, manifest: Manifest, entry: DatasetEntry, last: int) -> tuple[list[str], int]:
    """What is wrong with one shard, and the id it ends with; `last` is the id that the shard before it ended with."""
    try:
        shards.verify(path, shard)
    except FuseboardError as error:
        return [str(error)], last
    wanted = shards.schema(manifest.dim, manifest.dtype, is_multi_label(entry.task), entry.columns)
    problems, rows = [], 0
    try:
        with pq.ParquetFile(path, pre_buffer=False, page_checksum_verification=True) as file:
            form = file.schema_arrow
            wrong = [field for field in wanted if field.name not in form.names or form.field(field.name) != field]
            if wrong:
                there = form.field(wrong[0].name).type if wrong[0].name in form.names else "not there"
                return [f"column {wrong[0].name} is {there}, not {wrong[0].type}"], last
            for batch in file.iter_batches(BATCH_ROWS, columns=wanted.names):
                ids = batch.column("id").to_numpy().astype(np.int64)
                if (np.diff(ids, prepend=last) <= 0).any():
                    problems.append(f"ids do not ascend without repetition after id {last}")
                rows, last = rows + len(ids), int(ids.max(initial=last))
                problems += _labels(batch.column("label"), entry) + _vectors(batch.column("embedding"), ids)
    except (OSError, pa.ArrowException) as error:
        problems.append(f"not readable as Parquet ({str(error).splitlines()[0]})")
    if rows != shard.rows:
        problems.append(f"{rows} rows, the manifest says {shard.rows}")
    return list(dict.fromkeys(problems)), last


def _labels(column: Any, entry: DatasetEntry) -> list[str]:
    values = column.flatten().to_numpy() if pa.types.is_list(column.type) else column.to_numpy()
    if not pa.types.is_list(column.type):
        return [f"label {values.max()} of {entry.n_classes} classes"] if (values >= entry.n_classes).any() else []
    lengths = column.value_lengths().to_numpy()
    if (lengths != entry.n_classes).any() or (values > 1).any():
        return [f"a label is not {entry.n_classes} numbers of 0 and 1"]
    return []


def _vectors(column: Any, ids: Any) -> list[str]:
    matrix = column.flatten().to_numpy(zero_copy_only=False).reshape(len(ids), -1)
    bad = ids[~np.isfinite(matrix).all(axis=1)]
    return [f"the vector of id {bad[0]} holds NaN or infinity"] if len(bad) else []
