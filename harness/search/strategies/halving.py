"""Halving: every subset gets a cheap fit, the better ones a dearer one, and few the full one.

Successive halving (Jamieson & Talwalkar, AISTATS 2016) over what a fit may spend: trees, bins and, where there are many
rows, a share of them. Rungs rank by the protocol's own criterion; a cheap score decides who goes on, never who wins.
"""

from fuseboard.harness.classifiers.fusion import all_subsets
from fuseboard.harness.search.strategies.strategy import FULL, Ask, Fidelity, Plan, SearchView

FINALISTS = 6
"""Full fits. Three missed the best of all by 2.31 percentage points of validation accuracy on average over five redrawn
datasets that nothing was tuned on, six by .26: where few images choose, the cheap scores of many subsets are one image
apart."""
RUNGS = ((0.25, 2_048), (1.0, 8_192))
"""Share of the trees, and most training rows."""
BINS = 16
"""Few bins spare more than few trees and say more: on BreastMNIST-64 60 trees at 16 bins took less time than 25 at 64,
and the best of their first three was an accuracy of 2.6 percentage points nearer to the best of all."""
LEAST_TREES = 10
KEPT, LEAST_KEPT = 8, 16
"""After the first rung one in eight goes on, and sixteen at least."""


def halving(view: SearchView) -> Plan:
    """Asks rung by rung; a rung that would cost as much as the next is left out."""
    subsets = all_subsets(view.backbones)
    rows = len(view.train().labels)
    rungs = list(dict.fromkeys(_fidelity(view, share, most / rows) for share, most in RUNGS))
    sizes = [max(LEAST_KEPT, len(subsets) // KEPT), FINALISTS][-len(rungs) :]
    for fidelity, size in zip(rungs, sizes, strict=True):
        if fidelity != FULL and len(subsets) > size:
            subsets = view.ranked((yield Ask(subsets, fidelity)))[:size]
    yield Ask(subsets)


def _fidelity(view: SearchView, trees: float, rows: float) -> Fidelity:
    grown = min(view.trees, max(LEAST_TREES, round(view.trees * trees)))
    return Fidelity(
        trees=grown if grown < view.trees else None,
        bins=BINS if view.bins > BINS else None,
        rows=round(rows, 4) if rows < 1 else None,
    )
