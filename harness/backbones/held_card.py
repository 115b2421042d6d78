"""A card held against what it speaks of: the code and weights beside it, and the vectors that were made by it."""

from fuseboard.harness.backbones import weights
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.loaders import own_code
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.errors import FuseboardError


def require(card: Card, stored: Manifest | None = None) -> None:
    """Raises where code or weights on this machine, or the dimension, are others than the card says.

    Whoever edits a network or trains it further, and forgets the pin, would otherwise be handed the vectors that the
    store has of the former one. A file that is not there any more changes nothing about what it made.

    Args:
        card: of the backbone.
        stored: the manifest of its version, where the store has one.

    Raises:
        FuseboardError: another hash or dimension than the card says.
    """
    source = card.source
    if source.module is not None and (path := own_code.path_of(card)).is_file():
        own_code.hold(card, path)
    if source.file is not None and (source.folder / source.file).is_file():
        weights.files_of(card)
    if stored is not None and stored.dim != card.dim:
        raise FuseboardError(
            f"{card.id}: its card says dim = {card.dim}, the vectors in the store have {stored.dim} numbers; mend `dim`"
        )
