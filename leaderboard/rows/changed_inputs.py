"""A changed input explains why a row of the same name scores otherwise."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.files.hashing import fingerprint

OURS = "fuseboard"
"""The library whose new release explains nothing, because it is what the check is there for."""

Vectors = Mapping[tuple[str, str, str], str]
"""(backbone, fingerprint, dataset) -> hash over its shards' SHA-256."""


@dataclass(frozen=True)
class RowInputs:
    """They are what a row was measured from."""

    protocol: str
    protocol_digest: str
    source_md5: str
    subset: tuple[str, ...]
    fingerprints: tuple[str, ...]
    vectors: tuple[str, ...]
    """Per backbone, the hash of its shards' SHA-256; empty where the store did not hold the version any more."""
    device: str
    hardware: str
    libraries: Mapping[str, str]


def row_inputs(row: Mapping[str, Any], shards: Vectors) -> RowInputs:
    """Return the inputs of a result row."""
    return RowInputs(
        protocol=row["protocol"],
        protocol_digest=row["protocol_digest"],
        source_md5=row["source_md5"],
        subset=tuple(row["subset"]),
        fingerprints=tuple(row["fingerprints"]),
        vectors=vectors(row, shards),
        device=row["device"],
        hardware=row["hardware"],
        libraries=json.loads(row["libraries"]),
    )


def vectors_of(manifests: Iterable[Manifest]) -> dict[tuple[str, str, str], str]:
    """Hash the embeddings of every dataset of every version."""
    return {
        (manifest.backbone, manifest.fingerprint, dataset): fingerprint(
            {split: [shard.sha256 for shard in part.shards] for split, part in entry.splits.items()}
        )[:12]
        for manifest in manifests
        for dataset, entry in manifest.datasets.items()
    }


def vectors(row: Mapping[str, Any], shards: Vectors) -> tuple[str, ...]:
    """Return the hashes of a row's backbones on its dataset."""
    pairs = zip(row["subset"], row["fingerprints"], strict=True)
    return tuple(shards.get((name, version, row["dataset"]), "") for name, version in pairs)


def changed_inputs(before: RowInputs, now: RowInputs) -> tuple[list[str], list[str]]:
    """Return the inputs that changed: those that explain another score, and those that do not by themselves.

    Args:
        before: of the reference, or of an earlier site.
        now: of a row of the same name.
    """
    explained, unexplained = [], []
    if now.source_md5 != before.source_md5:
        explained.append("other source images")
    if now.protocol_digest != before.protocol_digest:
        explained.append(f"another definition of {before.protocol}")
    of = dict(zip(now.subset, zip(now.fingerprints, now.vectors, strict=True), strict=True))
    others = []
    for name, version, shard in zip(before.subset, before.fingerprints, before.vectors, strict=True):
        if of[name][0] != version:
            explained.append(f"another version of {name}: {version[:8]} -> {of[name][0][:8]}")
        elif shard and of[name][1] not in ("", shard):
            others.append(name)
    explained += [
        f"{name} {version} -> {now.libraries[name]}"
        for name, version in sorted(before.libraries.items())
        if name != OURS and now.libraries.get(name, version) != version
    ]
    if now.device != before.device:
        explained.append(f"{before.device} -> {now.device}")
    if others:
        message = f"other vectors of {', '.join(others)} under the same fingerprint"
        # Another processor rounds otherwise, which trees may answer with another split. On the same one nothing should.
        if now.hardware != before.hardware:
            explained.append(f"{message}, computed on {now.hardware} instead of {before.hardware}")
        else:
            unexplained.append(message)
    return explained, unexplained
