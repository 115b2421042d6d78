"""Files of one's own: the code and the weights beside a card are those that the card pins."""

from fuseboard.harness.backbones import weights
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.loaders import own_code


def hold(card: Card) -> None:
    """Raises where code or weights on this machine have changed since the card was pinned.

    Whoever edits a network or trains it further, and forgets the pin, would otherwise be handed the vectors that the
    store has of the former one. A file that is not there any more changes nothing about what it made.

    Raises:
        FuseboardError: another hash than the card says.
    """
    source = card.source
    if source.module is not None and (path := own_code.path_of(card)).is_file():
        own_code.hold(card, path)
    if source.file is not None and (source.folder / source.file).is_file():
        weights.files_of(card)
