"""Divided images: rows of paths, labels and perhaps splits and groups, become the splits of a dataset."""

import copy
import hashlib
import json
from abc import abstractmethod
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.harness.datasets import image_files
from fuseboard.harness.datasets.custom import classes, kept, spelling, splits
from fuseboard.harness.datasets.custom.spec import Shares, Spec
from fuseboard.harness.datasets.custom.spelling import composed
from fuseboard.harness.datasets.dataset import Dataset, Images, Reader, read_ahead
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings import image_table
from fuseboard.store.embeddings.by_image import key_of
from fuseboard.store.embeddings.manifest import SPLITS

FURTHER = "further."
"""Begins the names of columns that a table has beside those with a meaning."""


class DividedImages(Dataset):
    """Images in the order of their paths' characters, so that ids never depend on the disk.

    The MD5 is that of every path, file, label and split, of the class names and of the reading: a changed image, label
    or split is another source. Files are read for it once in the life of this object.

    Args:
        rows: columns path, label or `labels.NAME`, and split, group and `further.NAME` where there are such.
        spec: says the rest.
        where: the images or their table, as errors name them.
        complete: whether splits that are not given are cut off train, as `[splits]` of a TOML would ask for.
    """

    decodes = True

    def __init__(self, rows: pl.DataFrame, spec: Spec, where: str, complete: bool = False) -> None:
        rows = rows.sort("path")
        if complete and "split" in rows.columns:
            lacking = {"val", "test"} - set(rows["split"])
            shares = {key: field.default for key, field in Shares.model_fields.items() if key in lacking}
            spec = spec.model_copy(update={"splits": Shares.model_validate(shares)})
        self.given = tuple(split for split in SPLITS if "split" in rows.columns and split in set(rows["split"]))
        """Splits that a person made."""
        self._rows, self._spec, self._where = rows, spec, where
        self._shown = classes.of(rows, spec, where)
        self.name, self.licence, self.group_column = spec.name, spec.licence, composed(spec.group)
        self.reading, self._limit, self.declares = spec.reading, spec.max_pixels, spec.declares
        self.task, self.label_names = self._shown.task, self._shown.names
        self._further_remarks: tuple[str, ...] = ()
        self._divide()

    def _divide(self, before: NDArray[np.str_] | None = None) -> None:
        """Gives every image its split; those that have one `before` (N,) stay in it where splits are made."""
        rows, shown = self._rows, self._shown
        names, remarks = splits.divide(rows, shown, self._spec, self._where, before)
        self.splits = tuple(split for split in SPLITS if (names == split).any())
        of = {split: np.flatnonzero(names == split) for split in self.splits}
        self._paths: dict[str, list[str]] = {split: rows["path"].gather(of[split]).to_list() for split in self.splits}
        self._labels: dict[str, Labels] = {split: shown.labels[of[split]] for split in self.splits}
        self.groups = {split: rows["group"].gather(of[split]).to_list() for split in of if "group" in rows.columns}
        further = [name for name in rows.columns if name.startswith(FURTHER)]
        self._further: dict[str, dict[str, list[str | None]]] = {
            split: {name.removeprefix(FURTHER): rows[name].gather(of[split]).to_list() for name in further}
            for split in self.splits
        }
        sizes = ", ".join(f"{split} {len(self._paths[split]):,}" for split in self.splits)
        self._remarks: tuple[str, ...] = (
            f"{len(names):,} images of {len(shown.names)} classes: {sizes}",
            *remarks,
            *spelling.alike(shown.names),
        )

    def as_divided(self, root: Path) -> Self:
        """Returns these images with the splits in which a store has them; the new ones are dealt by the same rule.

        Where the rule itself is another by now, all splits are made anew, and a remark says so.

        Raises:
            UsageError: the store has other images of this name.
        """
        before = image_table.read(root, self.name)
        if before is None:
            return self
        rule, contents, table = self._rule, self._contents, image_table.path_of(root, self.name)
        kept.refuse_others(self._where, self.name, [md5 for md5, _ in contents.values()], before, table)
        same = copy.copy(self)  # which has the digests of the files, too
        said = before[image_table.RULE][0] if image_table.RULE in before.columns else rule
        for made in ("source_md5", "_digests"):
            same.__dict__.pop(made, None)
        if rule and said == rule:
            same._divide(kept.sides(list(contents), [md5 for md5, _ in contents.values()], before))
        now = same.split_table()
        if changed := kept.changes(now, before):
            same._remarks += (f"since {table} was written: {changed}",)
        if said != rule:
            same._remarks += (
                f"splits were made anew, as {rule or 'they are given'}; before they were {said or 'given'}, so images "
                "that were in train may be in test now",
            )
        return same

    @abstractmethod
    def _reader(self, path: str) -> Reader:
        """Returns what reads one image."""

    @abstractmethod
    def _hashes(self, paths: list[str]) -> list[tuple[str, str]]:
        """Returns the MD5 and the SHA-256 of the file of every image."""

    def paths(self, split: str) -> list[str]:
        """Returns the path of every image of a split, by its id."""
        return self._paths[split]

    def further_columns(self, split: str) -> dict[str, list[str | None]]:
        """Returns the columns of the table that have no meaning of their own, as text."""
        return self._further[split]

    def labels(self, split: str) -> Labels:
        """Returns (N,) uint16, or (N, L) uint8."""
        return self._labels[split]

    def images(self, split: str, start: int, stop: int) -> Images:
        """As `image_io.read` has them."""
        return read_ahead(self.readers(split, start, stop))

    def readers(self, split: str, start: int, stop: int) -> Iterator[Reader]:
        """Returns one reader per image, each of which opens one file."""
        return (self._reader(path) for path in self._paths[split][start:stop])

    def pick(self, split: str, rows: NDArray[np.intp]) -> Iterator[Reader]:
        """Opens no other files."""
        return (self._reader(self._paths[split][row]) for row in rows)

    @cached_property
    def source_md5(self) -> str:  # type: ignore[override]
        """Reads every file."""
        # A key that nobody used before is not hashed where it says nothing, so that older sources stay.
        later = [] if self.reading.page is None else [self.reading.page]
        facts = [self.task, self.label_names, self.reading.bits, *later]
        found = hashlib.md5(json.dumps(facts).encode(), usedforsecurity=False)
        for split in self.splits:
            of_split = zip(self._paths[split], self._digests[split], self._labels[split].tolist(), strict=True)
            for path, digest, label in of_split:
                found.update(json.dumps([path, digest, label, split]).encode())
        return found.hexdigest()

    @property
    def remarks(self) -> tuple[str, ...]:
        """How the images are divided, and images of a split that are in train too."""
        known = set(self._digests.get("train", ()))
        twice = []
        for split in self.splits[1:]:
            seen = [p for p, digest in zip(self._paths[split], self._digests[split], strict=True) if digest in known]
            twice += [image_files.named(f"in {split}, with the very bytes of an image in train", seen)] if seen else []
        return (*self._remarks, *self._further_remarks, *twice)

    def keys(self, split: str) -> list[str]:
        """Returns what every image of a split is known by, whatever it is called: its content and how it is read."""
        return [key_of(self._contents[path][1], self.reading.settings) for path in self._paths[split]]

    def image_table(self) -> pl.DataFrame:
        """Returns the table that `image_table.write` keeps, which is private."""
        facts = self.split_table()
        if groups := [group for split in self.splits for group in self.groups.get(split, ())]:
            facts = facts.insert_column(-1, pl.Series("group", groups))
        return facts.with_columns(
            pl.Series(image_table.KEY, [key for split in self.splits for key in self.keys(split)]),
            pl.lit(self.source_md5).alias(image_table.SOURCE),
            pl.lit(self._rule).alias(image_table.RULE),
        )

    def split_table(self) -> pl.DataFrame:
        """Returns split, id, path, label and MD5 of the file of every image; no groups, which may name people."""
        return pl.concat(
            pl.DataFrame(
                {
                    "split": [split] * len(paths),
                    "id": pl.Series(range(len(paths)), dtype=pl.UInt32),
                    "path": paths,
                    "label": self._named(self._labels[split]),
                    "md5": self._digests[split],
                }
            )
            for split, paths in self._paths.items()
        )

    @property
    def _rule(self) -> str:
        return splits.rule(self._rows, self._spec, self._where)

    def _named(self, labels: Labels) -> list[str]:
        """Returns labels as a person reads them; several of one image are joined by a semicolon."""
        if labels.ndim > 1:
            return [";".join(n for n, shown in zip(self.label_names, row, strict=True) if shown) for row in labels]
        return [self.label_names[label] for label in labels]

    @cached_property
    def _digests(self) -> dict[str, list[str]]:
        """MD5 of every file."""
        return {split: [self._contents[path][0] for path in paths] for split, paths in self._paths.items()}

    @cached_property
    def _contents(self) -> dict[str, tuple[str, str]]:
        """Path -> MD5 and SHA-256 of its file, in the order of the rows."""
        paths = self._rows["path"].to_list()
        return dict(zip(paths, self._hashes(paths), strict=True))
