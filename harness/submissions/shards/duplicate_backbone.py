"""The twin: a backbone of the store that sees images just as the submission does, under another name."""

from collections.abc import Iterator, Sequence

from fuseboard.harness.submissions.shards.stored_backbones import Others
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings import aligned_batches
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.statistics.cka import TWIN, Batch, ckas

SPLIT = "test"
NEAR = 0.99
"""CKA on a sample above which the whole split is compared."""


def findings(version: Version, dataset: str, others: Others) -> Iterator[Finding]:
    """The nearest backbone by CKA on the test split; wrong where it is the same one.

    Args:
        version: in its quarantine.
        dataset: of the version; its rows have been found sound.
        others: the store's backbones on the same images.
    """
    if SPLIT not in others.splits:
        return
    found = {name: value for name in others.versions if (value := others.alike(name, SPLIT)) is not None}
    if not found:
        yield Finding("note", "twin", f"{dataset}: no other backbone of the store has the same images")
        return
    nearest = max(found, key=lambda name: found[name])
    value = found[nearest]
    if value < NEAR:
        yield Finding("ok", "twin", f"{dataset}: nearest is {nearest} (CKA {value:.3f})")
        return
    for name in sorted(name for name, near in found.items() if near >= NEAR):
        whole = _whole(version, others.versions[name], dataset)
        if whole is not None and whole > TWIN:
            told = f"{dataset}: sees the test images as {name} does (CKA {whole:.5f}): one backbone under two names"
            yield Finding("wrong", "twin", told, f"submit it as a new version of {name}, or say how they differ")
        else:
            yield Finding(
                "note", "twin", f"{dataset}: sees the test images nearly as {name} does (CKA {whole or 0:.4f})"
            )


def _whole(version: Version, other: Version, dataset: str) -> float | None:
    """CKA over all images of the split, which nobody holds in memory."""
    pair = {"other": other, "submitted": version}

    def read(names: Sequence[str], rows: int) -> Iterator[Batch]:
        return aligned_batches.read(pair, dataset, SPLIT, names, rows)

    aligned_batches.verify({"other": other}, dataset, SPLIT)
    [found] = ckas(read, {name: one.manifest.dim for name, one in pair.items()}, [("other", "submitted")])
    return found["other", "submitted"].value
