"""Which files of measured things cannot be read."""

from collections.abc import Iterator
from pathlib import Path

from fuseboard.store.embeddings.verify import Finding
from fuseboard.store.files import damage
from fuseboard.store.files.damage import DamagedFile
from fuseboard.store.results import profiles, schema, similarity_rows


def damaged_results(root: Path, dataset: str = "*") -> list[DamagedFile]:
    """Returns what is wrong with files of result rows, of pairs of backbones and, of all datasets, of profiles."""
    _, rows = schema.frames(root, "*", dataset, scores=True)
    _, pairs = damage.readable(similarity_rows.files(root, dataset), similarity_rows.read_file)
    _, costs = damage.readable(profiles.files(root) if dataset == "*" else (), profiles.read_file)
    return [*rows, *pairs.values(), *costs.values()]


def findings(root: Path, dataset: str | None = None) -> Iterator[Finding]:
    """Yields the same as findings of a verification."""
    for error in damaged_results(root, dataset or "*"):
        own = "" if error.path.parent == root / "profiles" else error.path.parent.name
        yield Finding("", own, "", error.path.relative_to(root).as_posix(), str(error))
