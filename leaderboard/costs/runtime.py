"""The runtime of a board is shown phase by phase, so that the paper's figure can be drawn from measured rows."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fuseboard.leaderboard.costs.costs import Extraction, Search
from fuseboard.leaderboard.published import tables
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.files.optional_max import largest
from fuseboard.store.results.evaluations import in_phase

SEARCH, TUNING = in_phase("search"), in_phase("tuning")
"""Evaluations whose fits are the search, and those whose fits are the trials and final fits of tuning."""
SWEEPS = "biofuse_2026_sweep_times.csv"


@dataclass(frozen=True)
class Phase:
    """A phase is one part of the work."""

    count: int
    """Splits extracted, or fits."""
    seconds: float | None
    """Seconds of fits are summed over those that ran side by side, so they are more than the time on the clock."""
    peak_rss_mb: float | None
    peak_vram_mb: float | None
    """null without a GPU."""
    where: tuple[str, ...]
    """Devices, and for fits the hardware."""
    reason: str | None
    """Why there are no seconds, or what they leave out; null when they are whole."""


@dataclass(frozen=True)
class Sweep:
    """It holds the seconds that tuning took elsewhere, as published."""

    concat_s: float
    best_single_s: float
    source: str
    note: str


@dataclass(frozen=True)
class Runtime:
    """It is the runtime of one dataset under one protocol, superseded work included because it was paid for."""

    dataset: str
    protocol: str | None
    """null where nothing was fitted."""
    extraction: Phase
    """It covers every backbone that was extracted, whatever the protocol."""
    search: Phase
    tuning: Phase
    reported: Sweep | None
    """Published for the same dataset, on other hardware."""

    @property
    def seconds(self) -> float:
        """Return the seconds of all phases that were timed."""
        return math.fsum(phase.seconds or 0.0 for phase in self.phases.values())

    @property
    def places(self) -> tuple[str, ...]:
        """Return the devices and hardware of all phases."""
        return tuple(dict.fromkeys(place for phase in self.phases.values() for place in phase.where))

    @property
    def phases(self) -> dict[str, Phase]:
        """Return the phases by name, in the order of the work."""
        return {"extraction": self.extraction, "search": self.search, "tuning": self.tuning}


def runtimes(
    manifests: Sequence[Manifest], extracted: Sequence[Extraction], fitted: Sequence[Search]
) -> tuple[Runtime, ...]:
    """Return one per dataset and protocol, by name; a dataset without a fit has one without a protocol.

    Args:
        manifests: of a store.
        extracted: as `costs.extractions` says it.
        fitted: as `costs.searches` says it.
    """
    sweeps = {row["dataset"]: row for row in tables.load(SWEEPS)}
    fits: dict[str, dict[str, list[Search]]] = {name: {} for m in manifests for name in m.datasets}
    for search in fitted:
        if search.evaluation in (*SEARCH, *TUNING):
            protocol = re.sub(r"-trials\d+$", "", search.protocol)  # other trials, the same search
            fits.setdefault(search.dataset, {}).setdefault(protocol, []).append(search)
    made = []
    for dataset, protocols in sorted(fits.items()):
        extraction = _extraction(dataset, manifests, extracted)
        row = sweeps.get(dataset)
        sweep = Sweep(row["concat_s"], row["best_single_s"], row["source"], row["note"]) if row else None
        names: list[str | None] = [*sorted(protocols)]
        for name in names or [None]:
            own = protocols[name] if name else []
            searched, tuned = _fits(own, SEARCH, "no search was run"), _fits(own, TUNING, "nothing was tuned")
            made.append(Runtime(dataset, name, extraction, searched, tuned, sweep))
    return tuple(made)


def _extraction(dataset: str, manifests: Sequence[Manifest], extracted: Sequence[Extraction]) -> Phase:
    own = [each.profile for each in extracted if each.dataset == dataset]
    parts = [part for m in manifests if dataset in m.datasets for part in m.datasets[dataset].splits.values()]
    untimed = sum(part.profile is None for part in parts)
    resumed = sum(part.profile is not None and part.profile.images < part.rows for part in parts)
    reason = None
    if not own:
        reason = "no embeddings in this store" if not parts else "computed elsewhere, without a record of the time"
    elif untimed or resumed:
        reason = f"{untimed + resumed} of {len(parts)} splits were timed in part or not at all"
    return Phase(
        count=len(parts),
        seconds=math.fsum(profile.wall_s for profile in own) if own else None,
        peak_rss_mb=largest(profile.peak_rss_mb for profile in own),
        peak_vram_mb=largest(profile.peak_vram_mb for profile in own),
        where=tuple(sorted({profile.device for profile in own})),
        reason=reason,
    )


def _fits(searches: Iterable[Search], evaluations: Sequence[str], absent: str) -> Phase:
    own = [search for search in searches if search.evaluation in evaluations]
    seconds = [search.fit_s for search in own if search.fit_s is not None]
    untimed = sum(search.untimed for search in own)
    fits = sum(search.fits for search in own)
    reason = None
    if not own:
        reason = absent
    elif untimed:
        reason = f"{untimed} of {fits} fits were not timed"
    return Phase(
        count=fits,
        seconds=math.fsum(seconds) if seconds else None,
        peak_rss_mb=largest(search.peak_rss_mb for search in own),
        peak_vram_mb=largest(search.peak_vram_mb for search in own),
        where=tuple(sorted({place for search in own for place in (*search.devices, *search.hardware)})),
        reason=reason,
    )
