"""Limits: whose weights may be used, by their licence and by whether one must agree to terms."""

from collections.abc import Sequence
from dataclasses import dataclass

from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.store.embeddings import derived, private, random_weights
from fuseboard.store.embeddings.licences import allows_commercial_use
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.results.needed_memory import needed_gb
from fuseboard.store.results.profiles import Profile


@dataclass(frozen=True)
class Limits:
    """What somebody may use."""

    commercial: bool = False
    """Only licences that are known to allow commercial use."""
    open_weights: bool = False
    """Only weights that ask nobody to agree to terms."""
    max_vram: float | None = None
    """GiB of the GPU that new images are to be embedded on; any when None."""

    def refusal(self, card: Card) -> str | None:
        """Returns why a backbone may not be used; None where it may."""
        if self.commercial and "licence" in card.unverified:
            return f"licence: {card.licence}"
        return self._refusal(card.licence, card.gated)

    def refusal_of(self, version: Version, profiles: Sequence[Profile]) -> str | None:
        """The same of embeddings: by the shipped card of the name, else by what their manifest says; their memory by
        the profiles of the store. Of derived versions their source's count; metadata are nobody's weights."""
        if private.is_metadata(version.manifest):
            return None
        name = (derived.source_of(version.manifest) or (version.manifest.backbone,))[0]
        if (random_weights.trained(name) or name) in registry.CARDS:
            found = self.refusal(registry.get(name))
        else:
            found = self._refusal(version.manifest.about.licence, None)
        return found or self._too_large(name, version, profiles)

    def _too_large(self, name: str, version: Version, profiles: Sequence[Profile]) -> str | None:
        if self.max_vram is None or version.manifest.about.parameters == 0:
            return None  # what is no network takes no memory of a GPU
        own = derived.Identity.of(version.manifest.identity)
        precision = str((version.manifest.identity if own is None else own.source).get("precision", "fp32"))
        needed = needed_gb([one for one in profiles if one.backbone == name], precision)
        if needed is None:
            return f"its memory on a GPU was never measured; `fuseboard backbones profile {name}` measures it"
        return f"needs {needed:.1f} GB" if needed > self.max_vram else None

    def _refusal(self, licence: str, gated: bool | None) -> str | None:
        if self.commercial and not allows_commercial_use(licence):
            return f"licence: {licence}"
        if self.open_weights and gated is not False:
            return "gated" if gated else "nobody says whether it is gated"
        return None
