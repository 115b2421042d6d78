"""The card of a block of metadata: what a fused classifier must know to take it for new images."""

from dataclasses import dataclass
from typing import Any

from fuseboard.harness.metadata import block
from fuseboard.harness.metadata.encoding import Encoding
from fuseboard.store.embeddings import private
from fuseboard.store.embeddings.manifest import Redistribution
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import UsageError
from fuseboard.store.store import Store


@dataclass(frozen=True)
class MetadataCard:
    """It answers what a backbone's card is asked, and no network is loaded for it."""

    id: str
    fingerprint: str
    encoding: Encoding
    precision: str = "fp32"
    parameters: int | None = 0
    licence: str = "private metadata"
    redistribution: Redistribution = "hash"
    """A model that learned from it holds what it says of training images, so it is not published."""
    source: str = "a table"
    unpinned: tuple[str, ...] = ()
    holds_image: bool = False

    @property
    def dim(self) -> int:
        """Numbers of a vector."""
        return len(self.encoding.features)

    @property
    def identity(self) -> dict[str, Any]:
        """Its columns."""
        return {private.KEY: self.encoding.model_dump(mode="json")}


def of_version(version: Version) -> MetadataCard:
    """The card of a block in a store.

    Raises:
        FuseboardError: its encoding is not here.
    """
    return MetadataCard(version.manifest.backbone, version.manifest.fingerprint, block.read_encoding(version))


def asked(store: Store, name: str) -> bool:
    """Whether a store has a block of metadata of this name."""
    return any(
        v.manifest.backbone == name.partition("@")[0] and private.is_metadata(v.manifest) for v in store.versions
    )


def version_of(store: Store, card: MetadataCard, dataset: str, source_md5: str) -> Version:
    """The version of a card, with the metadata of a dataset's present images.

    Raises:
        UsageError: it is of other images.
    """
    version = store.version(f"{card.id}@{card.fingerprint}", dataset)
    entry = version.manifest.datasets.get(dataset)
    if entry is None or entry.source_md5 != source_md5:
        raise UsageError(
            f"{card.id} is of other images than {dataset} has now; run `fuseboard store import-metadata` again"
        )
    return version
