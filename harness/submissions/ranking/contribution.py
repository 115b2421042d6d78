"""The contribution: which subsets are measured to see what a backbone adds to a pool, all of them or a few."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fuseboard.harness.classifiers.fusion import CONCAT, SOFT_VOTE, Subset, all_subsets
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.harness.search.strategies.strategy import Ask, Plan, SearchView, Strategy
from fuseboard.store.results import rows as results

MOST = 64
"""New subsets that are fitted at most to have all of them: those of one backbone with six that are present."""
VOTERS = 11
"""Backbones of which every vote is looked at, 2,047 of them; beyond, each alone and all together."""


@dataclass(frozen=True)
class Contribution:
    """What is measured by one fusion, without the new backbone and with it."""

    fusion: str
    without: tuple[Subset, ...]
    """Of the present pool."""
    others: tuple[str, ...]
    """The present pool less an earlier version of the new backbone, whose place it takes."""
    new: str
    is_whole: bool
    """Whether all subsets are measured on both sides, so that both choices are the protocol's own."""
    told: str
    """How much is measured, and why no more."""

    def with_it(self, chosen: Subset) -> tuple[Subset, ...]:
        """Of the pool that the new backbone has joined.

        Args:
            chosen: by the protocol among `without`.
        """
        if self.is_whole:
            return tuple(all_subsets([*self.others, self.new]))
        kept = [subset for subset in self.without if self.new not in subset]
        joined = [tuple(sorted({*subset, self.new})) for subset in ((), chosen, self.others)]
        return tuple(dict.fromkeys([*kept, *joined]))

    def strategy(self, subsets: Sequence[Subset]) -> Strategy:
        """That asks for these and nothing else."""

        def plan(view: SearchView) -> Plan:
            yield Ask(subsets, fusion=self.fusion)

        return plan


def joined(root: Path, protocol: Protocol, before: Pool, new: str) -> Contribution:
    """Of joined features. What is asked for depends on the store alone, and not on what was ranked earlier.

    Args:
        root: the store.
        protocol: of the rows.
        before: the backbones that are present.
        new: the backbone's name.
    """
    names = list(before.versions)
    others = tuple(name for name in names if name != new)
    known, possible, fresh = _known(root, protocol, before), 2 ** len(names) - 1, 2 ** len(others)
    asked = tuple(dict.fromkeys([*((name,) for name in names), tuple(names), *known]))
    if len(asked) == possible and fresh <= MOST:
        told = f"joined features: all {fresh} subsets with it beside all {possible} of the present pool"
        return Contribution(CONCAT, asked, others, new, True, told)
    reason = (
        f"all {fresh:,} with it would be more than {MOST}"
        if fresh > MOST
        else f"the store has {len(known):,} of the {possible:,} subsets of the present pool"
    )
    told = f"joined features: it alone, with the present choice, and with all, because {reason}"
    return Contribution(CONCAT, asked, others, new, False, told)


def voted(before: Pool, new: str) -> Contribution:
    """Of soft votes, which cost no fit beyond the single backbones'."""
    names = list(before.versions)
    others = tuple(name for name in names if name != new)
    if len(others) < VOTERS:
        return Contribution(SOFT_VOTE, tuple(all_subsets(names)), others, new, True, "soft votes: all")
    told = f"soft votes: each backbone alone and all, because of {len(others) + 1} there are too many"
    return Contribution(SOFT_VOTE, (*((name,) for name in names), tuple(names)), others, new, False, told)


def _known(root: Path, protocol: Protocol, pool: Pool) -> list[Subset]:
    """Subsets of a pool that the store has under a protocol, from its rows: a large pool has too many to ask for."""
    recipe = Recipe(protocol)
    rows = results.read(root, recipe.evaluation, pool.dataset)
    there, keys = {tuple(subset) for subset in rows["subset"].to_list()}, set(rows["key"])
    return sorted(s for s in there if set(s) <= set(pool.versions) and recipe.keys(pool, s) <= keys)
