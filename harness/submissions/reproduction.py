"""The reproduction: whether the model that a card names makes the vectors that were handed in."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import canary, loaders
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import Encoder
from fuseboard.harness.datasets import registry
from fuseboard.harness.reproduction import sampling
from fuseboard.harness.reproduction.audit import audit
from fuseboard.harness.reproduction.likeness import allowed
from fuseboard.harness.submissions import loadable
from fuseboard.harness.submissions.shards import sample
from fuseboard.harness.submissions.submission import Submission
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings.manifest import DatasetEntry
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError

CANARY, SAMPLE = "canary", "sample"
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
    is_explained = False
    for name, entry in version.manifest.datasets.items():
        try:
            found = _sample(card, encoder, version, name, entry)
        except (FuseboardError, OSError) as error:
            found = Finding("note", SAMPLE, f"{name}: not embedded again: {_one_line(error)}")
        if found.is_bad and not is_explained:  # what holds of one dataset holds of the others, and takes a while
            found, is_explained = _explained(found, card, encoder, version, name), True
        yield found


def _canary(card: Card, submitted: tuple[tuple[float, ...], ...], computed: Vectors) -> Finding:
    if not submitted:
        return Finding("note", CANARY, "the manifest has no vectors of the canary images to compare with")
    if {len(row) for row in submitted} != {computed.shape[1]} or len(submitted) != len(computed):
        message = f"the manifest does not hold {len(computed)} vectors of {computed.shape[1]} numbers"
        return Finding("wrong", CANARY, message, FIX)
    return _compare(CANARY, "", card, np.array(submitted, np.float32), computed, canary.TOLERANCE[card.precision])


def _sample(card: Card, encoder: Encoder, version: Version, name: str, entry: DatasetEntry) -> Finding:
    images, why = sampling.images_at_hand(name, entry)
    if images is None:
        return Finding("note", SAMPLE, f"{name}: not embedded again: {why}")
    drawn = sampling.draw(version, name, entry)
    read = [sample.read(version, name, split, np.array(ids)) for split, ids in drawn.items()]
    submitted = [one for one in read if one is not None]
    if len(submitted) < len(read):
        raise FuseboardError(f"{name}: ids of the sample are missing or there twice")
    computed = sampling.embed(sampling.images(images, drawn), card.preprocessing.pixels, encoder)
    prefix = f"{name}: {len(computed)} images embedded again: "
    tolerance = allowed(card.precision, version.manifest.dtype)
    return _compare(SAMPLE, prefix, card, np.concatenate(submitted), computed, tolerance)


def _explained(found: Finding, card: Card, encoder: Encoder, version: Version, name: str) -> Finding:
    """The finding with what most probably made the vectors, as `store audit` tells it."""
    try:
        verdict = audit(version, name, card, encoder, registry.get(name))
    except (FuseboardError, OSError):
        return found
    return replace(found, message=f"{found.message}; {verdict.verdict} ({verdict.certainty}): {verdict.why}")


def _compare(check: str, prefix: str, card: Card, submitted: Vectors, computed: Vectors, tolerance: float) -> Finding:
    """Judges the largest difference as a share of the largest component."""
    difference = sampling.difference(submitted, computed)
    limit = f"{tolerance:.1e} is allowed at {card.precision}"
    message = f"{prefix}the vectors differ by {difference:.1e} of their scale, {limit}"
    if difference <= tolerance:  # no NaN passes
        return Finding("ok", check, message)
    return Finding("wrong", check, message, FIX)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
