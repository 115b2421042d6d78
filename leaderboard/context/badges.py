"""Badges say beside a backbone's name what a reader must know before its score is believed or used."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from fuseboard.leaderboard.answers.needs import Needs
from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.leaderboard.published.verdicts.figures import published_figures
from fuseboard.store.embeddings import random_weights
from fuseboard.store.embeddings.licences import forbids_commercial_use

MAX_NAMED = 2
"""Datasets that one badge names."""
SMALL_GB = 8
"""Memory in GiB that a preset of the tables calls small."""


@dataclass(frozen=True)
class Badge:
    """It is one badge."""

    term: str
    """Name in the glossary, and class of the style."""
    text: str


@dataclass(frozen=True)
class Badges:
    """They are the badges of all backbones of a store."""

    snapshot: Snapshot
    needs: Mapping[str, Needs]

    def of(self, name: str, dataset: str | None = None) -> tuple[Badge, ...]:
        """Return the badges of a backbone.

        Args:
            name: of the backbone.
            dataset: where its score stands alone; None where scores of several datasets do.
        """
        return tuple(
            badge
            for badge in (
                self._untrained(name),
                self._saw(name, dataset),
                self._gated(name),
                self._non_commercial(name),
                self._reported_only(name),
            )
            if badge is not None
        )

    def presets(self, name: str) -> tuple[str, ...]:
        """Return the presets of the tables that keep a backbone; what nobody knows is within none."""
        manifest, need = self.snapshot.current.get(name), self.needs.get(name)
        found = {
            "open-licence": need is not None and need.commercial and need.gated is False,
            "small": need is not None and need.memory_gb is not None and need.memory_gb <= SMALL_GB,
            "no-overlap": manifest is not None and not manifest.about.overlap,
        }
        return tuple(preset for preset, keeps in found.items() if keeps)

    def _untrained(self, name: str) -> Badge | None:
        return Badge("random-weights", "random weights") if random_weights.trained(name) else None

    def _saw(self, name: str, dataset: str | None) -> Badge | None:
        manifest = self.snapshot.current.get(name)
        overlap = manifest.about.overlap if manifest else ()
        if not overlap or random_weights.trained(name):
            return None
        if dataset is None:
            more = f" and {len(overlap) - MAX_NAMED} more" if len(overlap) > MAX_NAMED else ""
            return Badge("trained-on", f"trained on {', '.join(overlap[:MAX_NAMED])}{more}")
        source = self.snapshot.domains.source
        same = any(source(seen, seen) == source(dataset, dataset) for seen in overlap)
        return Badge("trained-on", "trained on this data") if same else None

    def _gated(self, name: str) -> Badge | None:
        need = self.needs.get(name)
        return Badge("gated", "gated") if need and need.gated else None

    def _non_commercial(self, name: str) -> Badge | None:
        manifest = self.snapshot.current.get(name)
        forbidden = manifest is not None and forbids_commercial_use(manifest.about.licence)
        return Badge("non-commercial", "non-commercial") if forbidden else None

    def _reported_only(self, name: str) -> Badge | None:
        if name in self._measured or name not in self._reported:
            return None
        return Badge("reported-only", "reported only")

    @cached_property
    def _measured(self) -> set[str]:
        return set(self.snapshot.rows["subset"].explode())

    @cached_property
    def _reported(self) -> set[str]:
        return {one.subset[0] for one in published_figures() if len(one.subset) == 1}
