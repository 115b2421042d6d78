"""The inference cost is what embedding images with a subset takes, from the records of its backbones' extraction."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from fuseboard.leaderboard.boards.board import Board, Subset
from fuseboard.leaderboard.costs.costs import Extraction
from fuseboard.leaderboard.costs.speed import speed
from fuseboard.store.files.optional_max import largest

NO_GPU = "no GPU was used"


@dataclass(frozen=True)
class InferenceCost:
    """It is the cost of one subset, whose backbones run one after another on one machine."""

    s_per_image: float | None
    """Sum over its backbones, of each the median over splits."""
    peak_vram_mb: float | None
    """It is the peak of the backbone that needs most."""
    peak_rss_mb: float | None
    """It is the peak of the process while the backbone that needs most ran."""
    no_time: str | None
    """Why there are no seconds."""
    no_vram: str | None
    no_rss: str | None


class InferenceCosts:
    """They are the costs of the subsets of some boards, which share their versions of the backbones.

    Args:
        boards: of one dataset, or of several to average over.
        found: what every extraction took.
    """

    def __init__(self, boards: Iterable[Board], found: Iterable[Extraction]) -> None:
        meant = {(board.dataset, v.backbone, v.fingerprint) for board in boards for v in board.versions}
        own: dict[str, list[Extraction]] = {}
        for one in found:
            if (one.dataset, one.backbone, one.fingerprint) in meant:
                own.setdefault(one.backbone, []).append(one)
        self._profiles = {name: [one.profile for one in some] for name, some in own.items()}
        speeds = {name: speed(some) for name, some in own.items()}
        self._seconds = {name: 1 / pace.images_per_s for name, pace in speeds.items() if pace.images_per_s}
        self.unsteady = {name: pace.unsteady for name, pace in speeds.items() if pace.unsteady}
        self._rss = {name: largest(one.peak_rss_mb for one in some) for name, some in self._profiles.items()}
        self._vram = {name: largest(one.peak_vram_mb for one in some) for name, some in self._profiles.items()}
        self._without_gpu = {n for n, own in self._profiles.items() if any(p.peak_vram_mb is None for p in own)}

    @property
    def devices(self) -> tuple[str, ...]:
        """Return the devices on which the backbones were run; seconds of different ones do not add up well."""
        return tuple(sorted({profile.device for own in self._profiles.values() for profile in own}))

    @property
    def any_gpu(self) -> bool:
        """Tell whether any backbone ran on a GPU."""
        return len(self._without_gpu) < len(self._profiles)

    def of(self, subset: Subset) -> InferenceCost:
        """Return what embedding with all of a subset's backbones takes; a part that is not known makes the whole
        unknown."""
        untimed = [name for name in subset if name not in self._seconds]
        unknown = [name for name in subset if name not in self._profiles]
        on_cpu = [name for name in subset if name in self._without_gpu]
        no_rss = f"no record of the extraction with {', '.join(unknown)}" if unknown else None
        no_vram = no_rss or (self._no_gpu(on_cpu) if on_cpu else None)
        return InferenceCost(
            s_per_image=None if untimed else math.fsum(self._seconds[name] for name in subset),
            peak_vram_mb=None if no_vram else largest(map(self._vram.get, subset)),
            peak_rss_mb=None if no_rss else largest(map(self._rss.get, subset)),
            no_time=f"no time is on record for {', '.join(untimed)}" if untimed else None,
            no_vram=no_vram,
            no_rss=no_rss,
        )

    def _no_gpu(self, on_cpu: list[str]) -> str:
        return f"{', '.join(on_cpu)} ran without a GPU" if self.any_gpu else NO_GPU
