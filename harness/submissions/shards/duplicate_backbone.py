"""The duplicate of a backbone: one of the store that sees images just as the submission does, under another name."""

from collections.abc import Iterator, Sequence

from fuseboard.harness.submissions.shards.stored_backbones import StoredBackbones
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings import aligned_batches
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.statistics.cka import TWIN, Batch, ckas

SPLIT = "test"
SIMILAR = 0.99
"""CKA on a sample above which the whole split is compared."""


def findings(version: Version, dataset: str, stored: StoredBackbones) -> Iterator[Finding]:
    """The most similar backbone by CKA on the test split; wrong where it is the same one.

    Args:
        version: in its quarantine.
        dataset: of the version; its rows have been found sound.
        stored: the store's backbones on the same images.
    """
    if SPLIT not in stored.splits:
        return
    found = {name: value for name in stored.versions if (value := stored.cka(name, SPLIT)) is not None}
    if not found:
        yield Finding("note", "twin", f"{dataset}: no other backbone of the store has the same images")
        return
    nearest = max(found, key=found.__getitem__)
    if found[nearest] < SIMILAR:
        yield Finding("ok", "twin", f"{dataset}: nearest is {nearest} (CKA {found[nearest]:.3f})")
        return
    for name in sorted(name for name, value in found.items() if value >= SIMILAR):
        whole = _whole(version, stored.versions[name], dataset)
        if whole is not None and whole > TWIN:
            message = f"{dataset}: sees the test images as {name} does (CKA {whole:.5f}): one backbone under two names"
            yield Finding("wrong", "twin", message, f"submit it as a new version of {name}, or say how they differ")
        else:
            message = f"{dataset}: sees the test images nearly as {name} does (CKA {whole or 0:.4f})"
            yield Finding("note", "twin", message)


def _whole(version: Version, stored: Version, dataset: str) -> float | None:
    """CKA over all images of the split, which are streamed and never held in memory at once."""
    pair = {"other": stored, "submitted": version}

    def read(names: Sequence[str], rows: int) -> Iterator[Batch]:
        return aligned_batches.read(pair, dataset, SPLIT, names, rows)

    aligned_batches.verify({"other": stored}, dataset, SPLIT)
    [found] = ckas(read, {name: one.manifest.dim for name, one in pair.items()}, [("other", "submitted")])
    return found["other", "submitted"].value
