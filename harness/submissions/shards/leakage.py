"""Leakage: signs that vectors know labels they should not, or belong to other images than they say."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.submissions.shards import neighbours, sample
from fuseboard.harness.submissions.shards.split_statistics import Tally
from fuseboard.harness.submissions.shards.stored_backbones import Others
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings.versions import Version

LABEL = 0.999
"""Correlation with the label above which a column is the label. Of logits fitted to train it is below .99 on test."""
FEWEST = 10
"""Images of a class; a column may single out fewer by chance."""
SAMPLE = 100
"""Images below which shares of a sample say little."""
KNOWN = 0.999
"""Share of neighbours with the right label that no backbone reaches on images which are not easy for others too."""
GAP = 0.2
EASY = 0.95
UNLIKE, USUAL = 0.05, 0.2
"""CKA with every other backbone on a split of other images, and at least that on one of the same."""
ASKED = 3
"""Other backbones whose neighbours are looked at when the submission's are suspicious."""
ROWS = "extract it again with `fuseboard extract`, which keeps vectors and labels together"
SPLITS = "look for labels or test images in what the backbone was fitted to, and declare it on the card"


def findings(version: Version, dataset: str, tallies: Mapping[str, Tally], others: Others) -> Iterator[Finding]:
    """What is suspicious about one dataset.

    Args:
        version: in its quarantine.
        dataset: of the version; its rows have been found sound.
        tallies: split -> what its shards add up to.
        others: the store's backbones on the same images.
    """
    found = [*_columns(dataset, tallies), *_shifts(dataset, tallies), *_strangers(dataset, others)]
    if not any(finding.is_bad for finding in found):  # neighbours of the wrong rows tell nothing
        found += _neighbours(version, dataset, tallies, others)
    yield from found


def _columns(dataset: str, tallies: Mapping[str, Tally]) -> Iterator[Finding]:
    for split, tally in tallies.items():
        explained = _explained(tally)
        if (best := float(explained.max(initial=0.0))) > LABEL**2:
            column = int(explained.argmax())
            told = f"{dataset} {split}: column {column} is the label ({best:.4f} of its variance is the label's)"
            yield Finding("wrong", "leakage", told, "submit what the backbone says of images, without labels")


def _explained(tally: Tally) -> NDArray[np.float64]:
    """(D,) share of each column's variance that the class explains; of several labels, the best one's."""
    n, usual = float(len(tally.ids)), tally.counts >= FEWEST
    with np.errstate(all="ignore"):
        if tally.labels.ndim > 1:
            usual &= n - tally.counts >= FEWEST
            counts = tally.counts[usual, None]
            varies = tally.total2 - tally.total**2 / n
            shared = (tally.sums[usual] - counts * tally.total / n) ** 2 / (counts * (1 - counts / n))
            between, scale = shared.max(axis=0, initial=0.0), tally.total2
        else:
            counts, sums, scale = tally.counts[usual, None], tally.sums[usual], tally.sums2[usual].sum(axis=0)
            n = float(counts.sum())
            varies = scale - sums.sum(axis=0) ** 2 / max(n, 1)
            between = (sums**2 / counts).sum(axis=0) - sums.sum(axis=0) ** 2 / max(n, 1)
        share: NDArray[np.float64] = np.where(varies > 1e-6 * scale, between / varies, 0.0)
    enough = usual.any() and n >= 30 and (tally.labels.ndim > 1 or usual.sum() > 1)
    return share if enough else np.zeros(len(share))


def _shifts(dataset: str, tallies: Mapping[str, Tally]) -> Iterator[Finding]:
    for split, tally in tallies.items():
        if len(tally.sample.ids) < SAMPLE:
            continue
        right = neighbours.inside(_of(tally))
        lag = max(neighbours.LAGS, key=lambda each: right[each])
        noise = 6 * np.sqrt(0.25 / len(tally.sample.ids))
        if right[lag] - right[0] > max(0.1, noise):
            told = (
                f"{dataset} {split}: labels {abs(lag)} {'row' if abs(lag) == 1 else 'rows'} "
                f"{'further on' if lag > 0 else 'before'} fit the vectors better "
                f"({right[lag]:.2f} of neighbours agree, {right[0]:.2f} as it is): the rows are shifted"
            )
            yield Finding("wrong", "shifted", told, ROWS)


def _strangers(dataset: str, others: Others) -> Iterator[Finding]:
    """Splits that no other backbone recognises although other splits are recognised."""
    alike = {
        split: max(
            (value for name in others.versions if (value := others.alike(name, split)) is not None), default=None
        )
        for split in others.splits
    }
    known = {split: value for split, value in alike.items() if value is not None}
    if max(known.values(), default=0.0) < USUAL:
        return
    for split, value in known.items():
        if value >= UNLIKE:
            continue
        told = (
            f"{dataset} {split}: unlike every other backbone (CKA {value:.2f} at most), and {max(known.values()):.2f}"
        )
        told += " on another split: the vectors may be of other images or in another order"
        name, lag, at = _lag(others, split)
        if at >= USUAL:
            told = f"{dataset} {split}: like {name} {lag:+d} rows away (CKA {at:.2f}, {value:.2f} as it is): shifted"
        yield Finding("wrong" if at >= USUAL else "note", "shifted", told, ROWS)


def _lag(others: Others, split: str) -> tuple[str, int, float]:
    tried = [(name, lag, others.alike(name, split, lag)) for name in others.versions for lag in neighbours.LAGS]
    return max(((n, lag, v) for n, lag, v in tried if v is not None), key=lambda each: each[2], default=("", 0, 0.0))


def _neighbours(version: Version, dataset: str, tallies: Mapping[str, Tally], others: Others) -> Iterator[Finding]:
    if not {"train", "test"} <= set(tallies) or min(len(tallies[s].sample.ids) for s in ("train", "test")) < SAMPLE:
        yield Finding("note", "neighbours", f"{dataset}: not looked at, it wants {SAMPLE} images of train and of test")
        return
    train, test = _of(tallies["train"]), _of(tallies["test"])
    seen, unseen = neighbours.inside(train)[0], neighbours.between(train, test)
    told = f"{dataset}: nearest neighbours share the label of {seen:.3f} of train and {unseen:.3f} of test"
    fitted, known = seen >= KNOWN and unseen < seen - GAP, unseen >= KNOWN
    if not fitted and not known:
        yield Finding("ok", "neighbours", told)
        return
    asked = [
        pair for name in list(others.versions)[:ASKED] if (pair := _asked(others.versions[name], dataset, train, test))
    ]
    if not asked:
        yield Finding("note", "neighbours", f"{told}; no other backbone of the store can be asked")
    elif fitted and all(own < KNOWN for own, _ in asked):
        told += f"; of others {max(own for own, _ in asked):.3f} of train: the backbone knows the training labels"
        yield Finding("wrong", "neighbours", told, SPLITS)
    elif known and all(its < EASY for _, its in asked):
        told += f"; of others {max(its for _, its in asked):.3f} of test: the vectors know the labels"
        yield Finding("wrong", "neighbours", told, SPLITS)
    else:
        yield Finding("ok", "neighbours", f"{told}, as those of other backbones do")


def _asked(other: Version, dataset: str, train: neighbours.Split, test: neighbours.Split) -> tuple[float, float] | None:
    """The same two shares of another backbone."""
    one, two = (sample.read(other, dataset, name, own.ids) for name, own in (("train", train), ("test", test)))
    if one is None or two is None:
        return None
    own = neighbours.Split(train.ids, one, train.labels)
    return neighbours.inside(own)[0], neighbours.between(own, neighbours.Split(test.ids, two, test.labels))


def _of(tally: Tally) -> neighbours.Split:
    return neighbours.Split(tally.sample.ids, tally.sample.matrix, tally.labels)
