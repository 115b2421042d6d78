"""The import of vectors that somebody else computed: read, joined with the images, and kept as a version."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fuseboard.store.arrays import is_multi_label
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings import versions
from fuseboard.store.embeddings.dataset_protocol import Catalogued, ModelCard
from fuseboard.store.embeddings.manifest import Import, Manifest, SplitName
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.hashing import fingerprint, sha256_of
from fuseboard.store.vectors import row_order, split_import, vector_files
from fuseboard.store.vectors.found import Found, Wanted
from fuseboard.store.vectors.image_ids import Catalogue
from fuseboard.store.vectors.image_join import Faults, Joined, find_broken, join
from fuseboard.store.vectors.split_import import Rows
from fuseboard.store.vectors.vector_files import Pooling


@dataclass(frozen=True)
class Naming:
    """What a person says of the arrays or columns of a file, and of its rows."""

    vectors: str | None = None
    ids: str | None = None
    label: str | None = None
    split: SplitName | None = None
    by_position: bool = False
    pool: Pooling | None = None


@dataclass(frozen=True)
class Vectors:
    """The vectors of some files, joined with the images of a dataset: whole splits, finite, in the order of ids."""

    splits: Sequence[Joined]
    dtype: np.dtype[np.floating]
    """In which they are stored: float16 where they came so, else float32."""
    remark: str
    """What was changed of the numbers, in words; nothing where nothing was."""
    files: Sequence[Path]


def read(place: Path, dim: int, dataset: Catalogued, naming: Naming) -> Vectors:
    """Returns the vectors of a file or folder for the images of a dataset.

    Args:
        place: the file or folder.
        dim: numbers per image.
        dataset: whose images they are.
        naming: what is said of the files.

    Raises:
        FuseboardError: they cannot be read or joined; all faults of ids, labels and numbers in one line.
    """
    if not dataset.at_hand:
        raise FuseboardError(
            f"{dataset.name}: its labels are not on this machine, and ids and labels are held against them; run "
            f"`fuseboard datasets check {dataset.name}`, which downloads them"
        )
    if naming.split is not None and naming.split not in dataset.splits:
        raise UsageError(f"{dataset.name} has no split {naming.split}, only {', '.join(dataset.splits)}")
    total = sum(len(dataset.labels(split)) for split in dataset.splits)
    names = dataset.label_names if is_multi_label(dataset.task) else ()
    wanted = Wanted(dim, total, names, naming.vectors, naming.ids, naming.label)
    files = vector_files.listed(place)
    parts = vector_files.read(place, files, wanted, naming.pool)
    faults = Faults()
    joined = join(parts, dataset, naming.split, naming.by_position, faults)
    dtype, remark = _dtype(parts)
    call = Catalogue(dataset).call
    if not faults.said:
        for one in joined:
            find_broken(one, dtype, call, faults)
    faults.refuse(place.name, "nothing of it was taken")
    if not joined:
        raise FuseboardError(f"{place.name}: no row is of an image of {dataset.name}; nothing of it was taken")
    return Vectors(joined, dtype, remark, files)


def import_vectors(
    root: Path, place: Path, card: ModelCard, dataset: Catalogued, naming: Naming, source: str | None = None
) -> tuple[Version, bool]:
    """Takes the vectors of a file or folder into the store; returns the version, and whether anything changed.

    Card and source are its identity, so that its fingerprint is never that of an extraction: nobody here saw the
    model compute them.

    Args:
        root: the store.
        place: the file or folder.
        card: of the model that is said to have made them.
        dataset: whose images they are.
        naming: what is said of the files.
        source: where they come from, such as a DOI; the name of the file or folder by default.

    Raises:
        FuseboardError: as `read`, or the store has other vectors of these images from this source.
    """
    source = place.absolute().name if source is None else source
    if not (source.isprintable() and 1 <= len(source) <= 200):
        raise UsageError("--source must be 1 to 200 printable characters that name where the vectors are from")
    found = read(place, card.dim, dataset, naming)
    said = {key: value for key, value in (("vectors", naming.vectors), ("pool", naming.pool)) if value is not None}
    identity = {"import": "vectors", "source": source, "card": dict(card.identity), **said}
    about = card.about.model_copy(update={"source": f"{card.about.source}; vectors from {source}"})
    new = Manifest(
        backbone=card.id,
        fingerprint=fingerprint(identity),
        identity=identity,
        dim=card.dim,
        dtype="float16" if found.dtype.itemsize == 2 else "float32",
        created=manifests.now(),
        about=about,
        libraries={},
        datasets={},
    )
    sha256 = _digest(place, found.files)
    file = re.sub(r"[^A-Za-z0-9._-]+", "_", place.absolute().name).lstrip("._-")[:200] or "vectors"
    rows = []
    for one in found.splits:
        proof = f"{one.how}{_followed(one) if naming.by_position else ''}{found.remark}"
        imported = Import(source=source, file=file, sha256=sha256, order="official", proof=proof)
        columns, vectors = dataset.columns(one.split), one.vectors
        rows.append(
            Rows(
                dataset.name,
                one.split,
                dataset,
                one.labels,
                vectors,
                imported,
                compared=True,
                columns=columns,
                reading=dataset.reading,
                declares=dataset.declares,
            )
        )
    _, changed = split_import.keep(root, new, rows, card.toml())
    dataset.record(root)
    folder = versions.folder_of(root, new.backbone, new.fingerprint)
    return Version(folder, manifests.read(folder)), changed


def _followed(one: Joined) -> str:
    """What the vectors themselves say of an order that only a person vouches for."""
    judged = one.vectors[slice(0, min(len(one.labels), row_order.JUDGED_ROWS))]
    return f"; {row_order.followed(one.labels, judged)}"


def _dtype(parts: Sequence[Found]) -> tuple[np.dtype[np.floating], str]:
    """The type that vectors are stored in, and what that changes of them."""
    kinds = {part.dtype.itemsize for part in parts}
    if kinds == {2}:
        return np.dtype(np.float16), ""
    rounded = "; its float64 vectors were rounded to float32" if max(kinds) > 4 else ""
    return np.dtype(np.float32), rounded


def _digest(place: Path, files: Sequence[Path]) -> str:
    """SHA-256 of a file; of a folder, that of the names and SHA-256 of its files."""
    if not place.is_dir():
        return sha256_of(place)
    listing = {path.relative_to(place).as_posix(): sha256_of(path) for path in files}
    return hashlib.sha256(json.dumps(listing, sort_keys=True).encode()).hexdigest()
