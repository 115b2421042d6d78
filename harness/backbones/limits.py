"""Limits: whose weights may be used, by their licence and by whether one must agree to terms."""

from dataclasses import dataclass

from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.store.embeddings import random_weights
from fuseboard.store.embeddings.licences import allows_commercial_use
from fuseboard.store.embeddings.versions import Version


@dataclass(frozen=True)
class Limits:
    """What somebody may use."""

    commercial: bool = False
    """Only licences that are known to allow commercial use."""
    open_weights: bool = False
    """Only weights that ask nobody to agree to terms."""

    def refusal(self, card: Card) -> str | None:
        """Returns why a backbone may not be used; None where it may."""
        if self.commercial and "licence" in card.unverified:
            return f"licence: {card.licence}"
        return self._refusal(card.licence, card.gated)

    def refusal_of(self, version: Version) -> str | None:
        """The same of embeddings: by the shipped card of the name, else by what their manifest says."""
        name = version.manifest.backbone
        if (random_weights.trained(name) or name) in registry.CARDS:
            return self.refusal(registry.get(name))
        return self._refusal(version.manifest.about.licence, None)

    def _refusal(self, licence: str, gated: bool | None) -> str | None:
        if self.commercial and not allows_commercial_use(licence):
            return f"licence: {licence}"
        if self.open_weights and gated is not False:
            return "gated" if gated else "nobody says whether it is gated"
        return None
