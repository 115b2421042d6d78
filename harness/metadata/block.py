"""The block: a version of the store whose vectors are the metadata of images."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.metadata import encoding as encodings
from fuseboard.harness.metadata import leaks, table
from fuseboard.harness.metadata.encoding import Encoding
from fuseboard.harness.metadata.table import Read
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings import private, versions
from fuseboard.store.embeddings.manifest import Backbone, Import, Manifest
from fuseboard.store.embeddings.stored_name import is_name
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files import atomic
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.vectors import split_import
from fuseboard.store.vectors.split_import import Rows


@dataclass(frozen=True)
class Made:
    """A block, and what must be said of it."""

    version: Version
    encoding: Encoding
    changed: bool
    remarks: Sequence[str]


def make(root: Path, dataset: Dataset, path: Path | None, columns: Sequence[str], name: str) -> Made:
    """Makes a block of metadata: learned from training, encoded for every split, and kept.

    Args:
        root: the store.
        dataset: whose images the rows are.
        path: of the table; None takes the columns that the store keeps of one's own images.
        columns: that are taken; all but path, label and split where there are none.
        name: of the block, as searches call it.

    Raises:
        UsageError: a name that a backbone has, no training split, or columns that cannot be encoded.
        FuseboardError: the table cannot be joined.
    """
    _refuse_name(name)
    if not dataset.at_hand:
        raise FuseboardError(f"{dataset.name}: its labels are not here; run `fuseboard datasets check` on it")
    if "train" not in dataset.splits:
        raise UsageError(f"{dataset.name} has no train split ({', '.join(dataset.splits)}) to learn an encoding from")
    read = table.kept(root, dataset, columns) if path is None else table.joined(path, dataset, columns)
    encoding, remarks = encodings.learn(read.splits["train"])
    vectors = {split: encoding.encode(cells, f"{read.where}: {split}") for split, cells in read.splits.items()}
    labels = {split: dataset.labels(split) for split in read.splits}
    every = np.concatenate([labels[split] for split in vectors])
    said = [
        f"{column} alone says the label ({score:.0%} balanced accuracy out of fold): it may be the label in other "
        "words, or come after it; leave it out unless it is known before the image is read"
        for column, score in leaks.leaks(encoding, np.concatenate(list(vectors.values())), every)
    ]
    new = _manifest(dataset, read, encoding, name)
    folder = versions.folder_of(root, new.backbone, new.fingerprint)
    with atomic.enough_space(folder):
        atomic.write_text(folder / encodings.FILE, encoding.text())
    imported = Import(source=read.where, file=_file(read.file), sha256=read.sha256, order="official", proof=read.how)
    rows = [
        Rows(dataset.name, split, dataset, labels[split], vectors[split], imported, True, dataset.columns(split),
             dataset.reading, dataset.declares)
        for split in dataset.splits
    ]  # fmt: skip
    _, changed = split_import.keep(root, new, rows)
    dataset.record(root)
    return Made(Version(folder, manifests.read(folder)), encoding, changed, [*remarks, *said])


def read_encoding(version: Version) -> Encoding:
    """Returns the encoding of a block.

    Raises:
        FuseboardError: it is not here, as in a version that was pulled, damaged, or another one.
    """
    path = version.folder / encodings.FILE
    try:
        found = encodings.parse(path.read_bytes(), str(path))
    except FileNotFoundError:
        raise FuseboardError(
            f"{path}: not there, since it never leaves a store; import the table again for new images"
        ) from None
    if private.facts_of(version.manifest).get("encoding_sha256") != _sha256(found):
        raise FuseboardError(f"{path}: another encoding than {version.spec} was made with; import the table again")
    return found


def _manifest(dataset: Dataset, read: Read, encoding: Encoding, name: str) -> Manifest:
    """The identity holds which columns there are and hashes of all else: values may be names of people and places."""
    cells = {split: {column: list(own[column]) for column in encoding.names} for split, own in read.splits.items()}
    identity: dict[str, Any] = {
        private.KEY: {
            "columns": {column.name: column.kind for column in encoding.columns},
            "dataset": dataset.name,
            "source_md5": dataset.source_md5,
            "encoding_sha256": _sha256(encoding),
            "values_sha256": hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest(),
        }
    }
    about = Backbone(
        title=f"Metadata: {', '.join(encoding.names)}"[:200],
        licence="private metadata",
        redistribution="embeddings",
        parameters=None,
        source=read.where,
        paper=None,
        pretraining=(),
        overlap=(),
    )
    return Manifest(
        backbone=name,
        fingerprint=fingerprint(identity),
        identity=identity,
        dim=len(encoding.features),
        dtype="float32",
        created=manifests.now(),
        about=about,
        libraries={},
        datasets={},
    )


def _sha256(encoding: Encoding) -> str:
    return hashlib.sha256(encoding.text().encode()).hexdigest()


def _file(name: str) -> str:
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)
    return kept.lstrip("._-")[:200] or "table"


def _refuse_name(name: str) -> None:
    from fuseboard.harness.backbones import registry
    from fuseboard.store.embeddings.derived import named

    if not is_name(name):
        raise UsageError(f"--name {name!r}: a name is up to 100 small letters, digits, `.`, `_` and `-`")
    if name in registry.names() or named(name)[1] is not None:
        raise UsageError(f"--name {name}: so a backbone is called; give the block another name, such as metadata")
