"""The join of vectors with the images of a dataset: by what an image is called, never silently by position."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.embeddings.dataset_protocol import Catalogued
from fuseboard.store.embeddings.manifest import SPLITS, SplitName
from fuseboard.store.errors import FuseboardError
from fuseboard.store.vectors import label_join
from fuseboard.store.vectors.found import Found
from fuseboard.store.vectors.image_ids import Catalogue, Image, numbers

NAMED = 3
"""Images that a fault names, where there are more."""
CHUNK = 8_192


@dataclass
class Gathered:
    """The vectors of a split in the order of its ids, read where they lie."""

    parts: Sequence[Found]
    part_of: NDArray[np.intp]
    """(N,) which part a row lies in."""
    row_of: NDArray[np.intp]
    """(N,) which row of it."""
    _held: dict[int, NDArray[np.floating[Any]]] = field(default_factory=dict)

    def __getitem__(self, rows: slice) -> NDArray[np.floating[Any]]:
        """Some rows (n, D). Parts that lie in order are read as a stream; others are read once and held."""
        of, own = self.part_of[rows], self.row_of[rows]
        if len(of) and (of == of[0]).all() and (np.diff(own) == 1).all():
            part: NDArray[np.floating[Any]] = self.parts[of[0]].vectors[slice(int(own[0]), int(own[-1]) + 1)]
            return part
        found: NDArray[np.floating[Any]] | None = None
        for number in np.unique(of):
            if number not in self._held:
                self._held[number] = self.parts[number].vectors[slice(0, self.parts[number].count)]
            picked = self._held[number][own[of == number]]
            if found is None:
                found = np.empty((len(of), picked.shape[1]), picked.dtype)
            found[of == number] = picked
        assert found is not None
        return found


@dataclass(frozen=True)
class Joined:
    """The vectors of a whole split."""

    split: SplitName
    labels: NDArray[np.integer[Any]]
    """The dataset's own."""
    vectors: Gathered
    how: str
    """What the join rests on."""


class Faults:
    """Collects what is wrong, so that one look tells everything."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def add(self, what: str, named: Iterable[str]) -> None:
        """Notes a fault of some rows or images, the first of which are named; nothing where there are none."""
        listed = list(named)
        if listed:
            more = f" and {len(listed) - NAMED:,} more" if len(listed) > NAMED else ""
            self.said.append(f"{what} ({', '.join(one[:100] for one in listed[:NAMED])}{more})")

    def refuse(self, where: str, then: str) -> None:
        """Raises where there are any."""
        if self.said:
            raise FuseboardError(f"{where}: {' | '.join(self.said)}; {then}")


def join(
    parts: Sequence[Found],
    dataset: Catalogued,
    split: SplitName | None,
    by_position: bool,
    faults: Faults,
    noun: str = "vector",
) -> list[Joined]:
    """Returns the vectors of every split that the parts hold, each whole and in the order of the dataset's ids.

    Args:
        parts: what files hold.
        dataset: whose images they are.
        split: of all rows, where neither files nor paths say it.
        by_position: rows are those of the split in its order, because a person says so.
        faults: takes what is wrong with ids and labels; what is returned is then not to be used.
        noun: what a row of the parts is, in messages.

    Raises:
        FuseboardError: rows that nothing ties to images.
    """
    catalogue = Catalogue(dataset)
    placed = [_place(part, catalogue, dataset, split, by_position, faults) for part in parts]
    hows = [how for _, how in placed]
    of: dict[SplitName, dict[int, tuple[int, int]]] = {}
    twice = []
    for number, (images, _) in enumerate(placed):
        for row, image in enumerate(images):
            if image is None:
                continue
            own = of.setdefault(image[0], {})
            if image[1] in own:
                twice.append(f"{catalogue.call(image)} at {parts[number].place(row)}")
            own[image[1]] = number, row
        label_join.compare(parts[number], images, dataset, catalogue.call, faults.add)
    faults.add(f"an image has several {noun}s", twice)
    found = []
    for name in (one for one in SPLITS if one in of):
        lacking = sorted(set(range(catalogue.rows[name])) - set(of[name]))
        faults.add(f"{len(lacking):,} of {catalogue.rows[name]:,} images of {name} have no {noun}",
                   [catalogue.call((name, row)) for row in lacking])  # fmt: skip
        pairs = np.array([of[name][row] for row in sorted(of[name])], np.intp).reshape(-1, 2)
        vectors = Gathered(parts, pairs[:, 0], pairs[:, 1])
        found.append(Joined(name, dataset.labels(name), vectors, "; ".join(dict.fromkeys(hows))))
    return found


def _place(
    part: Found, catalogue: Catalogue, dataset: Catalogued, split: SplitName | None, by_position: bool, faults: Faults
) -> tuple[list[Image | None], str]:
    """Returns the image of every row, and what says so."""
    splits = _splits(part, dataset, split, faults)
    if by_position:
        return _by_position(part, catalogue, splits)
    if part.ids is None:
        raise FuseboardError(
            f"{part.where}: no ids in it, so nothing tells which image a row is of; add paths or row numbers, or say "
            "--by-position if the rows are in the order of the split"
        )
    ids = part.ids.reshape(-1)
    rows = None if catalogue.has_paths and ids.dtype.kind == "U" else numbers(ids)
    if rows is not None:
        return _by_number(part, rows, splits, catalogue, faults), "rows joined by official row numbers"
    if not catalogue.has_paths:
        raise FuseboardError(
            f"{part.where}: ids such as {str(ids[0])[:80]!r}, and the images of {dataset.name} have no names: their "
            "ids are row numbers of a split, from 0 on"
        )
    matched = catalogue.by_path([str(one) for one in ids.tolist()])
    unknown = [row for row, image in enumerate(matched.images) if image is None]
    faults.add(f"{len(unknown):,} ids are of no image of {dataset.name}, or of several",
               [f"{ids[row]} at {part.place(row)}" for row in unknown])  # fmt: skip
    known = [(row, image) for row, image in enumerate(matched.images) if image is not None]
    other = [(row, image) for row, image in known if splits[row] not in (None, image[0])]
    faults.add("images are of another split than is said",
               [f"{ids[row]} is in {image[0]}, not {splits[row]}" for row, image in other])  # fmt: skip
    return matched.images, f"rows joined by {matched.how}"


def _splits(part: Found, dataset: Catalogued, said: SplitName | None, faults: Faults) -> list[SplitName | None]:
    """Returns the split of every row, as far as file or person say it."""
    if part.splits is None or isinstance(part.splits, str):
        own = part.splits or said
        if own is not None and own not in dataset.splits:
            raise FuseboardError(f"{part.where}: {dataset.name} has no split {own}, only {', '.join(dataset.splits)}")
        return [own] * part.count
    names = [str(one) for one in part.splits.tolist()]
    known = {str(one): one for one in dataset.splits}
    strange = [f"{name!r} at {part.place(row)}" for row, name in enumerate(names) if name not in known]
    faults.add(f"splits are {', '.join(dataset.splits)}, and some rows say another", strange)
    return [known.get(name) for name in names]


def _by_position(part: Found, catalogue: Catalogue, splits: list[SplitName | None]) -> tuple[list[Image | None], str]:
    kinds = set(splits)
    if len(kinds) != 1 or None in kinds:
        raise FuseboardError(
            f"{part.where}: rows are to be taken by position, and of which split is not said; add --split"
        )
    (split,) = (one for one in kinds if one is not None)
    if part.count != catalogue.rows[split]:
        raise FuseboardError(
            f"{part.where}: {part.count:,} rows, {split} has {catalogue.rows[split]:,} images, so positions say nothing"
        )
    return [(split, row) for row in range(part.count)], "rows taken by position, as whoever imported them said"


def _by_number(
    part: Found, rows: NDArray[np.int64], splits: list[SplitName | None], catalogue: Catalogue, faults: Faults
) -> list[Image | None]:
    if None in splits and not faults.said:
        raise FuseboardError(
            f"{part.where}: its ids are row numbers, and of which split is not said; add --split, a column `split`, or "
            "call the file train, val or test"
        )
    pairs: list[tuple[SplitName | None, int]] = list(zip(splits, rows.tolist(), strict=True))
    images = [(s, row) if s is not None and 0 <= row < catalogue.rows[s] else None for s, row in pairs]
    beyond = [f"{splits[row]} {rows[row]} at {part.place(row)}" for row, image in enumerate(images)
              if image is None and splits[row] is not None]  # fmt: skip
    faults.add(f"{len(beyond):,} ids are no row number of their split", beyond)
    return images


def find_broken(joined: Joined, dtype: np.dtype[Any], call: Callable[[Image], str], faults: Faults) -> None:
    """Finds vectors that are not finite in the type that is stored."""
    bad: list[str] = []
    for start in range(0, len(joined.labels), CHUNK):
        with np.errstate(over="ignore"):
            part = joined.vectors[slice(start, min(start + CHUNK, len(joined.labels)))].astype(dtype)
        rows = np.flatnonzero(~np.isfinite(part).all(axis=1)) + start
        bad += [call((joined.split, int(row))) for row in rows]
    faults.add(f"{len(bad):,} vectors of {joined.split} hold NaN or infinity", bad)
