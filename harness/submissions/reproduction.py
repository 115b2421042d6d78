"""The reproduction: whether the model that a card names makes the vectors that were handed in."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import canary, loaders
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import Encoder
from fuseboard.harness.datasets import registry
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.submissions import loadable
from fuseboard.harness.submissions.shards import sample
from fuseboard.harness.submissions.submission import Submission
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings.manifest import DatasetEntry
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import fingerprint

CANARY, SAMPLE = "canary", "sample"
SAMPLE_SIZE = 32
"""Images that are embedded again of every dataset that is at hand."""
BATCH_SIZE = 8
FLOAT16_ERROR = 2.0**-10
"""What storing numbers as float16 adds to the tolerance, as a share of the largest."""
FIX = "extract again with this very card, and hand in what that writes"

Vectors = NDArray[np.float32]


def findings(
    submission: Submission, version: Version, device: str = "cpu", download_weights: bool = False
) -> Iterator[Finding]:
    """The canary and a sample of images of every dataset, computed here where weights and images are at hand.

    Only models whose code is a library's are loaded, and only weights that are open and pinned; whatever is not
    verified is a note that says why.

    Args:
        submission: its card names the model.
        version: its shards, whose schema, hashes and ids were checked.
        device: `cpu`, or the name of a CUDA device.
        download_weights: whether weights may be downloaded.
    """
    card = submission.card
    if why := loadable.refusal(card) or loadable.unavailable(card, download_weights):
        yield Finding("note", "reproduction", f"vectors were not computed again: {why}")
        return
    try:
        encoder = loaders.load(card, device)
        vectors = canary.vectors(card, encoder)
    except Exception as error:  # the libraries raise whatever they meet in a stranger's card
        message = f"the model does not load: {_one_line(error)}"
        yield Finding("wrong", "reproduction", message, "correct the card")
        return
    yield _canary(card, submission.manifest.canary, vectors)
    for name, entry in version.manifest.datasets.items():
        try:
            yield _sample(card, encoder, version, name, entry)
        except (FuseboardError, OSError) as error:
            yield Finding("note", SAMPLE, f"{name}: not embedded again: {_one_line(error)}")


def _canary(card: Card, submitted: tuple[tuple[float, ...], ...], computed: Vectors) -> Finding:
    if not submitted:
        return Finding("note", CANARY, "the manifest has no vectors of the canary images to compare with")
    if {len(row) for row in submitted} != {computed.shape[1]} or len(submitted) != len(computed):
        message = f"the manifest does not hold {len(computed)} vectors of {computed.shape[1]} numbers"
        return Finding("wrong", CANARY, message, FIX)
    return _compare(CANARY, "", card, np.array(submitted, np.float32), computed, canary.TOLERANCE[card.precision])


def _sample(card: Card, encoder: Encoder, version: Version, name: str, entry: DatasetEntry) -> Finding:
    images, why = _images(name, entry)
    if images is None:
        return Finding("note", SAMPLE, f"{name}: not embedded again: {why}")
    submitted, computed = [], []
    for split, ids in draw(version, name, entry).items():
        stored = sample.read(version, name, split, np.array(ids))
        if stored is None:
            raise FuseboardError(f"{name} {split}: ids of the sample are missing or there twice")
        submitted.append(stored)
        computed.append(_embed(card, encoder, images, split, ids))
    stored_error = FLOAT16_ERROR if version.manifest.dtype == "float16" else 0
    prefix = f"{name}: {sum(map(len, submitted))} images embedded again: "
    tolerance = canary.TOLERANCE[card.precision] + stored_error
    return _compare(SAMPLE, prefix, card, np.concatenate(submitted), np.concatenate(computed), tolerance)


def draw(version: Version, name: str, entry: DatasetEntry) -> dict[str, list[int]]:
    """Split -> ids of the sample, ascending; every image of the dataset is as likely.

    Fingerprint and shards are the seed: the same vectors always meet the same sample, and nobody can make those of the
    sample alone, because other vectors are other shards.
    """
    shards = [shard.sha256 for split in entry.splits.values() for shard in split.shards]
    seed = fingerprint({"fingerprint": version.manifest.fingerprint, "dataset": name, "shards": shards})
    rows = {split: part.rows for split, part in entry.splits.items()}
    total = sum(rows.values())
    rows_drawn = np.sort(np.random.default_rng(int(seed, 16)).choice(total, min(SAMPLE_SIZE, total), replace=False))
    found: dict[str, list[int]] = {}
    start = 0
    for split, count in rows.items():
        if len(own := rows_drawn[(rows_drawn >= start) & (rows_drawn < start + count)] - start):
            found[split] = own.tolist()
        start += count
    return found


def _images(name: str, entry: DatasetEntry) -> tuple[Dataset | None, str]:
    """The dataset on this machine, or why it is not. A name is never taken for a path, nothing is downloaded."""
    if registry.base_name(name) not in registry.names():
        return None, "its images are not known by this name"
    if any(split.numbering != "official" for split in entry.splits.values()):
        return None, "its row order is unknown"
    images = registry.get(name)
    if not images.at_hand:
        return None, "its images are not on this machine"
    if images.source_md5 != entry.source_md5:
        return None, "the images on this machine are of another file"
    return images, ""


def _embed(card: Card, encoder: Encoder, images: Dataset, split: str, ids: list[int]) -> Vectors:
    wanted = set(ids)
    stream = enumerate(images.images(split, ids[0], ids[-1] + 1), ids[0])
    pixels = [card.preprocessing.pixels(image) for row, image in stream if row in wanted]
    if len(pixels) != len(ids):
        raise FuseboardError(f"{split} has fewer images here than the submission has rows")
    batches = [pixels[start : start + BATCH_SIZE] for start in range(0, len(pixels), BATCH_SIZE)]
    return np.concatenate([encoder.encode(np.stack(batch)) for batch in batches])


def _compare(check: str, prefix: str, card: Card, submitted: Vectors, computed: Vectors, tolerance: float) -> Finding:
    """Judges the largest difference as a share of the largest component."""
    scale = max(float(np.abs(submitted).max()), float(np.abs(computed).max())) or 1.0
    difference = float(np.abs(submitted - computed).max()) / scale
    allowed = f"{tolerance:.1e} is allowed at {card.precision}"
    message = f"{prefix}the vectors differ by {difference:.1e} of their scale, {allowed}"
    if difference <= tolerance:  # no NaN passes
        return Finding("ok", check, message)
    return Finding("wrong", check, message, FIX)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
