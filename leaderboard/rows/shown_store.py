"""A shown store is a store without the datasets that are to stay off the pages.

Nothing heavy is imported before a row is read: a build that has nothing to do must not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fuseboard.store.store import Store

if TYPE_CHECKING:
    import polars as pl

    from fuseboard.store.embeddings.versions import Version
    from fuseboard.store.files.damage import DamagedFile
    from fuseboard.store.results.rows import Reading

Hides = Callable[[str], bool]
"""Tells of the name of a dataset whether it stays off the pages."""


class ShownStore(Store):
    """It answers as if the hidden datasets were not there; arguments are those of a store, and which are hidden."""

    def __init__(self, root: Path | None, hides: Hides, **more: Any) -> None:
        super().__init__(root, **more)
        self._hides = hides

    @cached_property
    def _survey(self) -> tuple[list[Version], dict[Path, DamagedFile]]:
        found, broken = super()._survey
        return [one for one in map(self._narrowed, found) if one.manifest.datasets], broken

    def _narrowed(self, version: Version) -> Version:
        shown = {name: entry for name, entry in version.manifest.datasets.items() if not self._hides(name)}
        return replace(version, manifest=version.manifest.model_copy(update={"datasets": shown}))

    def rows(self, evaluation: str = "*", dataset: str = "*", scores: bool = False) -> pl.DataFrame:
        """Return the rows of shown datasets."""
        return self._shown(super().rows(evaluation, dataset, scores))

    @cached_property
    def reading(self) -> Reading:
        """Return the rows of shown datasets, and what could not be read of them."""
        whole = super().reading
        rows = self._shown(whole.rows)
        refused = tuple(one for one in whole.refused if not self._hides(one.path.parent.name))
        disputed = tuple(key for key in whole.disputed if key in set(rows["key"]))
        return replace(whole, rows=rows, refused=refused, disputed=disputed)

    def _shown(self, rows: pl.DataFrame) -> pl.DataFrame:
        names = rows["dataset"]
        return rows.filter(~names.is_in([name for name in names.unique() if self._hides(name)]))


def datasets_in(root: Path) -> list[str]:
    """Return the names of the datasets that a store has anything of, as its folders are called; nothing is read."""
    found: Iterable[Path] = (
        path for top in ("embeddings/*/*/*", "results/*/*", "similarity/*") for path in root.glob(top) if path.is_dir()
    )
    return sorted({path.name for path in found})
