"""What a backbone needs and allows: memory, parameters, and its licence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.leaderboard.costs.costs import Extraction
from fuseboard.store.embeddings.licences import allows_commercial_use
from fuseboard.store.files.optional_max import largest
from fuseboard.store.results.needed_memory import needed_gb

ANY, COMMERCIAL, UNGATED = "any", "commercial", "ungated"
LICENCES = {ANY: "any licence", COMMERCIAL: "commercial use allowed", UNGATED: "weights without terms to agree to"}
"""What a reader may ask of a licence."""
MEMORIES = (2, 4, 8, 16, 24)
"""GiB that a reader's GPU may have."""


@dataclass(frozen=True)
class Limits:
    """What a reader may use; nothing is left out by default."""

    memory_gb: float | None = None
    licence: str = ANY


@dataclass(frozen=True)
class Needs:
    """They are those of the current version of one backbone."""

    parameters: int | None
    """None where its card does not state them."""
    memory_gb: float | None
    """For small batches on a GPU, or, where it never ran on one, the peak of the whole process on a CPU; None where
    neither was measured."""
    commercial: bool
    """Whether its licence is known to allow commercial use."""
    gated: bool | None
    """Whether its weights are handed out only to those who ask; None where nobody says."""

    def within(self, limits: Limits) -> bool:
        """Tell whether a reader with these limits may use it; what nobody knows is not within a limit."""
        if limits.memory_gb is not None and (self.memory_gb is None or self.memory_gb > limits.memory_gb):
            return False
        if limits.licence == COMMERCIAL:
            return self.commercial
        return limits.licence != UNGATED or self.gated is False


def needs(snapshot: Snapshot, extractions: Sequence[Extraction]) -> Mapping[str, Needs]:
    """Map every backbone with embeddings to what it needs."""
    found = {}
    for name, manifest in snapshot.current.items():
        beside = snapshot.version_files.get((name, manifest.fingerprint))
        own = [one.profile for one in extractions if one.backbone == name]
        precision = own[-1].precision if own else "fp32"
        memory_gb = needed_gb((one for one in snapshot.profiles if one.backbone == name), precision)
        peaks = (one.peak_rss_mb for one in own if one.peak_vram_mb is None)
        if memory_gb is None and (peak := largest(peaks)) is not None:
            memory_gb = peak / 1024
        found[name] = Needs(
            parameters=manifest.about.parameters,
            memory_gb=memory_gb,
            commercial=allows_commercial_use(manifest.about.licence)
            and not (beside is not None and "licence" in beside.unverified),
            gated=beside.gated if beside else None,
        )
    return found
