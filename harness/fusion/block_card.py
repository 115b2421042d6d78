"""What makes the block of an image: a network, perhaps with a transform behind it, or a table."""

from collections.abc import Mapping

from fuseboard.harness.backbones.card import Card
from fuseboard.harness.derived.card import DerivedCard
from fuseboard.harness.metadata.card import MetadataCard

BlockCard = Card | DerivedCard | MetadataCard


def of_networks(cards: Mapping[str, BlockCard]) -> dict[str, Card | DerivedCard]:
    """Those whose vectors a network makes of the image."""
    return {name: card for name, card in cards.items() if not isinstance(card, MetadataCard)}
