"""Leakage: signs that vectors know labels they should not, or belong to other images than they say."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.submissions.shards import neighbours, sample
from fuseboard.harness.submissions.shards.neighbours import LabelledSample
from fuseboard.harness.submissions.shards.split_statistics import SplitStatistics
from fuseboard.harness.submissions.shards.stored_backbones import StoredBackbones
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings.versions import Version

LABEL_CORRELATION = 0.999
"""Correlation with the label above which a column is the label. Of logits fitted to train it is below .99 on test."""
MIN_IMAGES = 10
"""Images that a class must have; a column may single out fewer by chance."""
MIN_SAMPLE = 100
"""Images below which shares of a sample say little."""
KNOWN = 0.999
"""Share of neighbours with the right label that no backbone reaches on images which are not easy for others too."""
GAP = 0.2
EASY = 0.95
OTHER_IMAGES, SAME_IMAGES = 0.05, 0.2
"""CKA with every other backbone that a split of other images stays below, and that one of the same images reaches."""
MAX_ASKED = 3
"""Other backbones whose neighbours are looked at when the submission's are suspicious."""
ROWS = "extract it again with `fuseboard extract`, which keeps vectors and labels together"
SPLITS = "look for labels or test images in what the backbone was fitted to, and declare it on the card"


def findings(
    version: Version, dataset: str, statistics: Mapping[str, SplitStatistics], stored: StoredBackbones
) -> Iterator[Finding]:
    """What is suspicious about one dataset.

    Args:
        version: in its quarantine.
        dataset: of the version; its rows have been found sound.
        statistics: split -> what one pass over its shards found.
        stored: the store's backbones on the same images.
    """
    found = [*_columns(dataset, statistics), *_shifts(dataset, statistics), *_unrecognised(dataset, stored)]
    if not any(finding.is_bad for finding in found):  # neighbours of the wrong rows tell nothing
        found += _neighbours(version, dataset, statistics, stored)
    yield from found


def _columns(dataset: str, statistics: Mapping[str, SplitStatistics]) -> Iterator[Finding]:
    for split, own in statistics.items():
        explained = _explained(own)
        if (best := float(explained.max(initial=0.0))) > LABEL_CORRELATION**2:
            column = int(explained.argmax())
            message = f"{dataset} {split}: column {column} is the label ({best:.4f} of its variance is the label's)"
            yield Finding("wrong", "leakage", message, "submit what the backbone says of images, without labels")


def _explained(own: SplitStatistics) -> NDArray[np.float64]:
    """(D,) share of each column's variance that the class explains; of several labels, the best one's."""
    n, usual = float(len(own.ids)), own.counts >= MIN_IMAGES
    with np.errstate(all="ignore"):
        if own.labels.ndim > 1:
            usual &= n - own.counts >= MIN_IMAGES
            counts = own.counts[usual, None]
            varies = own.total2 - own.total**2 / n
            shared = (own.sums[usual] - counts * own.total / n) ** 2 / (counts * (1 - counts / n))
            between, scale = shared.max(axis=0, initial=0.0), own.total2
        else:
            counts, sums, scale = own.counts[usual, None], own.sums[usual], own.sums2[usual].sum(axis=0)
            n = float(counts.sum())
            varies = scale - sums.sum(axis=0) ** 2 / max(n, 1)
            between = (sums**2 / counts).sum(axis=0) - sums.sum(axis=0) ** 2 / max(n, 1)
        share: NDArray[np.float64] = np.where(varies > 1e-6 * scale, between / varies, 0.0)
    enough = usual.any() and n >= 30 and (own.labels.ndim > 1 or usual.sum() > 1)
    return share if enough else np.zeros(len(share))


def _shifts(dataset: str, statistics: Mapping[str, SplitStatistics]) -> Iterator[Finding]:
    for split, own in statistics.items():
        if len(own.sample.ids) < MIN_SAMPLE:
            continue
        agreeing = neighbours.inside(_labelled(own))
        lag = max(neighbours.LAGS, key=lambda each: agreeing[each])
        noise = 6 * np.sqrt(0.25 / len(own.sample.ids))
        if agreeing[lag] - agreeing[0] > max(0.1, noise):
            message = (
                f"{dataset} {split}: labels {abs(lag)} {'row' if abs(lag) == 1 else 'rows'} "
                f"{'further on' if lag > 0 else 'before'} fit the vectors better "
                f"({agreeing[lag]:.2f} of neighbours agree, {agreeing[0]:.2f} as it is): the rows are shifted"
            )
            yield Finding("wrong", "shifted", message, ROWS)


def _unrecognised(dataset: str, stored: StoredBackbones) -> Iterator[Finding]:
    """Splits that no other backbone recognises although other splits are recognised."""
    ckas = {
        split: max((value for name in stored.versions if (value := stored.cka(name, split)) is not None), default=None)
        for split in stored.splits
    }
    known = {split: value for split, value in ckas.items() if value is not None}
    if max(known.values(), default=0.0) < SAME_IMAGES:
        return
    for split, value in known.items():
        if value >= OTHER_IMAGES:
            continue
        message = (
            f"{dataset} {split}: unlike every other backbone (CKA {value:.2f} at most), and {max(known.values()):.2f}"
        )
        message += " on another split: the vectors may be of other images or in another order"
        name, lag, at = _best_lag(stored, split)
        if at >= SAME_IMAGES:
            message = f"{dataset} {split}: like {name} {lag:+d} rows away (CKA {at:.2f}, {value:.2f} as it is): shifted"
        yield Finding("wrong" if at >= SAME_IMAGES else "note", "shifted", message, ROWS)


def _best_lag(stored: StoredBackbones, split: str) -> tuple[str, int, float]:
    tried = [(name, lag, stored.cka(name, split, lag)) for name in stored.versions for lag in neighbours.LAGS]
    return max(((n, lag, v) for n, lag, v in tried if v is not None), key=lambda each: each[2], default=("", 0, 0.0))


def _neighbours(
    version: Version, dataset: str, statistics: Mapping[str, SplitStatistics], stored: StoredBackbones
) -> Iterator[Finding]:
    if (
        not {"train", "test"} <= set(statistics)
        or min(len(statistics[s].sample.ids) for s in ("train", "test")) < MIN_SAMPLE
    ):
        yield Finding(
            "note", "neighbours", f"{dataset}: not looked at, it wants {MIN_SAMPLE} images of train and of test"
        )
        return
    train, test = _labelled(statistics["train"]), _labelled(statistics["test"])
    seen, unseen = neighbours.inside(train)[0], neighbours.between(train, test)
    message = f"{dataset}: nearest neighbours share the label of {seen:.3f} of train and {unseen:.3f} of test"
    fitted, known = seen >= KNOWN and unseen < seen - GAP, unseen >= KNOWN
    if not fitted and not known:
        yield Finding("ok", "neighbours", message)
        return
    asked = [
        pair
        for name in list(stored.versions)[:MAX_ASKED]
        if (pair := _asked(stored.versions[name], dataset, train, test))
    ]
    if not asked:
        yield Finding("note", "neighbours", f"{message}; no other backbone of the store can be asked")
    elif fitted and all(own < KNOWN for own, _ in asked):
        message += f"; of others {max(own for own, _ in asked):.3f} of train: the backbone knows the training labels"
        yield Finding("wrong", "neighbours", message, SPLITS)
    elif known and all(its < EASY for _, its in asked):
        message += f"; of others {max(its for _, its in asked):.3f} of test: the vectors know the labels"
        yield Finding("wrong", "neighbours", message, SPLITS)
    else:
        yield Finding("ok", "neighbours", f"{message}, as those of other backbones do")


def _asked(other: Version, dataset: str, train: LabelledSample, test: LabelledSample) -> tuple[float, float] | None:
    """The same two shares of another backbone."""
    one, two = (sample.read(other, dataset, name, own.ids) for name, own in (("train", train), ("test", test)))
    if one is None or two is None:
        return None
    own = LabelledSample(train.ids, one, train.labels)
    return neighbours.inside(own)[0], neighbours.between(own, LabelledSample(test.ids, two, test.labels))


def _labelled(own: SplitStatistics) -> LabelledSample:
    return LabelledSample(own.sample.ids, own.sample.matrix, own.labels)
