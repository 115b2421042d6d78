"""Additions: the ways in which versions come into a store that nobody here computed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fuseboard.store.embeddings.dataset_protocol import Catalogued, ModelCard
    from fuseboard.store.embeddings.manifest import SplitName
    from fuseboard.store.embeddings.versions import Version
    from fuseboard.store.vectors.importing import Naming


class Additions:
    """What a store takes in; `Store` has it."""

    root: Path

    def pull(
        self, name: str, dataset: str | None = None, split: SplitName | None = None, revision: str | None = None
    ) -> Version:
        """Brings a published version in, every file checked, and returns it.

        Args:
            name: `ORG/NAME` on the Hub or the address of its page; or a Zenodo record, by number, DOI or address.
            dataset: only this one.
            split: only this one.
            revision: a fingerprint or the beginning of one, a tag or a commit on the Hub.

        Raises:
            FuseboardError: there is none, it cannot be read, or a file is not what the manifest says.
        """
        from fuseboard.store.remotes import place

        landed = place.pull(self.root, name, dataset, split, revision)
        self.forget_versions()
        return landed.version

    def import_vectors(
        self,
        place: Path | str,
        card: ModelCard,
        dataset: Catalogued,
        naming: Naming | None = None,
        source: str | None = None,
    ) -> Version:
        """Takes in vectors that somebody else computed, joined with a dataset by path or id, and returns the version.

        Args:
            place: a file, or a folder of files; nothing in them is unpickled.
            card: of the model that is said to have made them, such as `fuseboard.backbones.get("uni2-h")`.
            dataset: whose images they are, such as `fuseboard.datasets.get("breastmnist")`.
            naming: how arrays and columns are called, of which split rows are, and whether they lie in its order.
            source: where they come from, such as a DOI; the name of the file by default.

        Raises:
            FuseboardError: they cannot be read or joined; all faults of ids, labels and numbers in one line.
        """
        from fuseboard.store.vectors.importing import Naming, import_vectors

        version, _ = import_vectors(self.root, Path(place), card, dataset, naming or Naming(), source)
        self.forget_versions()
        return version

    def forget_versions(self) -> None:
        """Has the versions read again."""
        raise NotImplementedError
