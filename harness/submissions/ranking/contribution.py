"""The contribution of a backbone to a pool: which subsets are measured to see it, all of them or a few."""

from collections.abc import Sequence
from dataclasses import dataclass

from fuseboard.harness.classifiers.fusion import CONCAT, SOFT_VOTE, Subset, all_subsets
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.harness.search.strategies.strategy import Ask, Plan, SearchView, Strategy
from fuseboard.store.store import Store

MAX_NEW = 64
"""New subsets that are fitted at most to have all of them: those of one backbone beside six others."""
MAX_VOTERS = 11
"""Backbones of which every vote is taken, 2,047 of them; of more, each alone and all together."""


@dataclass(frozen=True)
class Contribution:
    """What is measured by one fusion, without the new backbone and with it."""

    fusion: str
    without: tuple[Subset, ...]
    """Subsets of the baseline pool."""
    others: tuple[str, ...]
    """The baseline pool less an earlier version of the new backbone, whose place it takes."""
    new: str
    is_whole: bool
    """Whether all subsets are measured in both pools, so that both selections are the protocol's own."""
    remark: str
    """How much is measured, and why no more."""

    def with_it(self, selected: Subset) -> tuple[Subset, ...]:
        """Subsets of the pool with the new backbone in it.

        Args:
            selected: by the protocol among `without`.
        """
        if self.is_whole:
            return tuple(all_subsets([*self.others, self.new]))
        kept = [subset for subset in self.without if self.new not in subset]
        added = [tuple(sorted({*subset, self.new})) for subset in ((), selected, self.others)]
        return tuple(dict.fromkeys([*kept, *added]))

    def strategy(self, subsets: Sequence[Subset]) -> Strategy:
        """A strategy that asks for these and nothing else."""

        def plan(view: SearchView) -> Plan:
            yield Ask(subsets, fusion=self.fusion)

        return plan


def concatenated(store: Store, protocol: Protocol, baseline: Pool, new: str) -> Contribution:
    """What is measured of concatenated features. It depends on the store alone, not on what was ranked earlier.

    Args:
        store: the store.
        protocol: of the rows.
        baseline: the backbones of the store.
        new: the new backbone's name.
    """
    names = list(baseline.versions)
    others = tuple(name for name in names if name != new)
    known, possible, fresh = _known(store, protocol, baseline), 2 ** len(names) - 1, 2 ** len(others)
    asked = tuple(dict.fromkeys([*((name,) for name in names), tuple(names), *known]))
    if len(asked) == possible and fresh <= MAX_NEW:
        remark = f"joined features: all {fresh} subsets with it beside all {possible} of the present pool"
        return Contribution(CONCAT, asked, others, new, True, remark)
    reason = (
        f"all {fresh:,} with it would be more than {MAX_NEW}"
        if fresh > MAX_NEW
        else f"the store has {len(known):,} of the {possible:,} subsets of the present pool"
    )
    remark = f"joined features: it alone, with the present choice, and with all, because {reason}"
    return Contribution(CONCAT, asked, others, new, False, remark)


def soft_votes(baseline: Pool, new: str) -> Contribution:
    """What is measured of soft votes, which cost no fit beyond the single backbones'."""
    names = list(baseline.versions)
    others = tuple(name for name in names if name != new)
    if len(others) < MAX_VOTERS:
        return Contribution(SOFT_VOTE, tuple(all_subsets(names)), others, new, True, "soft votes: all")
    remark = f"soft votes: each backbone alone and all, because of {len(others) + 1} there are too many"
    return Contribution(SOFT_VOTE, (*((name,) for name in names), tuple(names)), others, new, False, remark)


def _known(store: Store, protocol: Protocol, pool: Pool) -> list[Subset]:
    """Subsets of a pool that the store has under a protocol, from its rows: a large pool has too many to ask for."""
    recipe = Recipe(protocol)
    rows = store.rows(recipe.evaluation, pool.dataset)
    measured, keys = {tuple(subset) for subset in rows["subset"].to_list()}, set(rows["key"])
    return sorted(s for s in measured if set(s) <= set(pool.versions) and recipe.keys(pool, s) <= keys)
