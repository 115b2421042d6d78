"""The reproduction: does the model that a card names make the vectors that were handed in."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.dataset as pads
from numpy.typing import NDArray

from fuseboard.harness.backbones import canary, loaders
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import Encoder
from fuseboard.harness.datasets import registry
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.submissions import loadable
from fuseboard.harness.submissions.submission import Submission
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings.manifest import DatasetEntry
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import fingerprint

CANARY, SAMPLE = "canary", "sample"
IMAGES = 32
"""Embedded again of every dataset that is at hand."""
BATCH = 8
HALF = 2.0**-10
"""What storing numbers as float16 adds to the tolerance, as a share of the largest."""
MEND = "extract again with this very card, and hand in what that writes"

Vectors = NDArray[np.float32]


def findings(
    submission: Submission, version: Version, root: Path, device: str = "cpu", fetch: bool = False
) -> Iterator[Finding]:
    """The canary and a sample of images of every dataset, computed here where weights and images are at hand.

    Only models whose code is a library's are loaded, and only weights that are open and pinned; whatever is not
    verified is a note that says why.

    Args:
        submission: whose card names the model.
        version: its shards, whose schema and hashes were checked.
        root: the store; not needed yet, as images do not lie in it.
        device: `cpu`, or the name of a CUDA device.
        fetch: whether weights may be downloaded.
    """
    card = submission.card
    if why := loadable.refusal(card) or loadable.lacking(card, fetch):
        yield Finding("note", "reproduction", f"vectors were not computed again: {why}")
        return
    try:
        loaded = loaders.load(card, device)
        made = canary.vectors(card, loaded)
    except Exception as error:  # the libraries raise whatever they meet in a stranger's card
        yield Finding("wrong", "reproduction", f"the model does not load: {_told(error)}", "mend the card")
        return
    yield _canary(card, submission.manifest.canary, made)
    for name, entry in version.manifest.datasets.items():
        try:
            yield _sample(card, loaded, version, name, entry)
        except (FuseboardError, OSError) as error:
            yield Finding("note", SAMPLE, f"{name}: not embedded again: {_told(error)}")


def _canary(card: Card, stated: tuple[tuple[float, ...], ...], made: Vectors) -> Finding:
    if not stated:
        return Finding("note", CANARY, "the manifest has no vectors of the canary images to compare with")
    if {len(row) for row in stated} != {made.shape[1]} or len(stated) != len(made):
        told = f"the manifest does not hold {len(made)} vectors of {made.shape[1]} numbers"
        return Finding("wrong", CANARY, told, MEND)
    return _judged(CANARY, "", card, np.array(stated, np.float32), made, canary.TOLERANCE[card.precision])


def _sample(card: Card, loaded: Encoder, version: Version, name: str, entry: DatasetEntry) -> Finding:
    images = _images(name, entry)
    if isinstance(images, str):
        return Finding("note", SAMPLE, f"{name}: not embedded again: {images}")
    drawn = draw(version, name, entry)
    stated, made = [], []
    for split, ids in drawn.items():
        stated.append(_stated(version, name, split, ids))
        made.append(_made(card, loaded, images, split, ids))
    half = HALF if version.manifest.dtype == "float16" else 0
    tolerance = canary.TOLERANCE[card.precision] + half
    number = sum(len(ids) for ids in drawn.values())
    told = f"{name}: {number} images embedded again: "
    return _judged(SAMPLE, told, card, np.concatenate(stated), np.concatenate(made), tolerance)


def draw(version: Version, name: str, entry: DatasetEntry) -> dict[str, list[int]]:
    """Split -> ids of the sample, ascending; every image of the dataset is as likely.

    Fingerprint and shards are the seed: the same vectors always meet the same sample, and nobody can make those of the
    sample alone, because other vectors are other shards.
    """
    shards = [shard.sha256 for split in entry.splits.values() for shard in split.shards]
    seed = fingerprint({"fingerprint": version.manifest.fingerprint, "dataset": name, "shards": shards})
    rows = {split: part.rows for split, part in entry.splits.items()}
    total = sum(rows.values())
    places = np.sort(np.random.default_rng(int(seed, 16)).choice(total, min(IMAGES, total), replace=False))
    found: dict[str, list[int]] = {}
    start = 0
    for split, count in rows.items():
        if len(own := places[(places >= start) & (places < start + count)] - start):
            found[split] = own.tolist()
        start += count
    return found


def _images(name: str, entry: DatasetEntry) -> Dataset | str:
    """The dataset on this machine, or why it is not. A name is never taken for a path, nothing is downloaded."""
    limited = registry.FIRST.fullmatch(name)
    if (limited[1] if limited else name) not in registry.names():
        return "its images are not known by this name"
    if any(split.numbering != "official" for split in entry.splits.values()):
        return "its row order is unknown"
    images = registry.get(name)
    if not images.at_hand:
        return "its images are not on this machine"
    if images.source_md5 != entry.source_md5:
        return "the images on this machine are of another file"
    return images


def _made(card: Card, loaded: Encoder, images: Dataset, split: str, ids: list[int]) -> Vectors:
    wanted = set(ids)
    stream = enumerate(images.images(split, ids[0], ids[-1] + 1), ids[0])
    pixels = [card.preprocessing.pixels(image) for row, image in stream if row in wanted]
    if len(pixels) != len(ids):
        raise FuseboardError(f"{split} has fewer images here than the submission has rows")
    batches = [pixels[start : start + BATCH] for start in range(0, len(pixels), BATCH)]
    return np.concatenate([loaded.encode(np.stack(batch)) for batch in batches])


def _stated(version: Version, name: str, split: str, ids: list[int]) -> Vectors:
    """The submission's vectors of some images; row groups without any of them are not read."""
    shards = pads.dataset([str(path) for path in version.shards(name, split)], format="parquet")
    rows = shards.to_table(["id", "embedding"], filter=pads.field("id").isin(ids), batch_readahead=1)
    rows = rows.sort_by("id")
    if rows["id"].to_pylist() != ids:
        raise FuseboardError(f"{name} {split}: ids of the sample are missing or there twice")
    return np.array(rows["embedding"].to_pylist(), np.float32)


def _judged(check: str, told: str, card: Card, stated: Vectors, made: Vectors, tolerance: float) -> Finding:
    """The largest difference as a share of the largest component."""
    scale = max(float(np.abs(stated).max()), float(np.abs(made).max())) or 1.0
    difference = float(np.abs(stated - made).max()) / scale
    told += f"the vectors differ by {difference:.1e} of their scale, {tolerance:.1e} is allowed at {card.precision}"
    if difference <= tolerance:  # no NaN passes
        return Finding("ok", check, told)
    return Finding("wrong", check, told, MEND)


def _told(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
