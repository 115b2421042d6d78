"""The model that an audit runs: of a card that a person names, of a shipped one, or of one that came along."""

from fuseboard.harness.backbones import card as cards
from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.submissions import loadable
from fuseboard.store.embeddings.manifest import CARD
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError


def card_of(version: Version, named: str | None) -> tuple[Card, str]:
    """The card that vectors are held against, and a remark where it is not the one that they name.

    A card that came along is a stranger's: only models whose code is a library's are loaded of it, with weights that
    are open and here already.

    Args:
        version: whose vectors are audited.
        named: a backbone's name or a card's path, where a person says one.

    Raises:
        FuseboardError: there is no card, or none that may be loaded.
    """
    if named is not None:
        card = registry.get(named)
        return card, _remark(card, version)
    if (name := version.manifest.backbone) in registry.names():
        card = registry.get(name)
        if not card.unpinned and not _remark(card, version):
            return card, ""
    beside = version.folder / CARD
    if not beside.is_file():
        raise FuseboardError(f"{version.spec}: no card came with it; say --card, the model that made these vectors")
    card = cards.read(beside)
    if why := loadable.refusal(card) or loadable.unavailable(card, download=False):
        raise FuseboardError(
            f"{version.spec}: the card that came with it is not loaded: {why}; read it, and say --card if you trust it"
        )
    return card, _remark(card, version)


def _remark(card: Card, version: Version) -> str:
    """What to say where a version was made, or is said to be made, with another card."""
    identity = version.manifest.identity
    said = identity.get("card") if identity.get("import") == "vectors" else identity
    if said == card.identity or ("import" in identity and said is identity):
        return ""
    return f"{version.spec} names another card than {card.id} as it is held against: another version is to be expected"
