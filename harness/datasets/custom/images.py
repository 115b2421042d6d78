"""One's own images as a dataset."""

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.datasets import image_io
from fuseboard.harness.datasets.custom import classes, folder, missing, splits, table
from fuseboard.harness.datasets.custom import spec as specs
from fuseboard.harness.datasets.dataset import WORKERS, Dataset, Images, Reader, read_ahead
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.progress import counting

T = TypeVar("T")

NAMED = 3
"""Files that an error or a remark names, when there are more."""


class OwnImages(Dataset):
    """What a TOML describes; images lie in the order of their paths' characters, so ids never depend on the disk.

    Its MD5 is that of every path, file, label and split, of the class names and of `bits`: a changed image, label or
    split is another source. Files are read for it once in the life of this object.
    """

    def __init__(self, toml: Path) -> None:
        """Reads the TOML and lists the images; opens none of them.

        Raises:
            UsageError: anything that the TOML, the folder or the table has wrong.
        """
        spec = specs.read(toml)
        self._root = specs.place(toml, spec.images or "")
        if spec.table is None:
            rows, left_out = folder.read(self._root)
            rows, settled = missing.settle(rows, spec)
            where = str(self._root)
        else:
            listed, left_out = specs.place(toml, spec.table), []
            where = str(listed)
            rows, settled = table.read(listed, self._root, spec)
        rows = rows.sort("path")
        shown = classes.of(rows, spec, where)
        names, remarks = splits.divide(rows, shown, spec, where)
        self.name, self.licence, self._bits = spec.name, spec.licence, spec.bits
        self.task, self.label_names = shown.task, shown.names
        self.splits = tuple(split for split in SPLITS if (names == split).any())
        of = {split: np.flatnonzero(names == split) for split in self.splits}
        self._paths: dict[str, list[str]] = {split: rows["path"].gather(of[split]).to_list() for split in self.splits}
        self._labels: dict[str, Labels] = {split: shown.labels[of[split]] for split in self.splits}
        sizes = ", ".join(f"{split} {len(self._paths[split]):,}" for split in self.splits)
        self._remarks = (f"{len(names):,} images of {len(shown.names)} classes: {sizes}", *remarks, *settled)
        if left_out:
            self._remarks += (_named("files left out, being no images by their endings", left_out),)
        self._checked = False

    def labels(self, split: str) -> Labels:
        """Returns (N,) uint16, or (N, L) uint8."""
        return self._labels[split]

    def images(self, split: str, start: int, stop: int) -> Images:
        """As `picture.read` has them."""
        return read_ahead(self.readers(split, start, stop))

    def readers(self, split: str, start: int, stop: int) -> Iterator[Reader]:
        """Returns one reader per image, each of which opens one file."""
        return (partial(image_io.read, self._root / path, self._bits) for path in self._paths[split][start:stop])

    def pick(self, split: str, rows: NDArray[np.intp]) -> Iterator[Reader]:
        """Opens no other files."""
        return (partial(image_io.read, self._root / self._paths[split][row], self._bits) for row in rows)

    def check(self) -> None:
        """Looks at every file once, and names those that cannot be read."""
        if self._checked:
            return
        faults = [fault for fault in self._each("checking", self._fault) if fault]
        if faults:
            more = f" ({len(faults):,} of these images cannot be used)" if len(faults) > 1 else ""
            raise FuseboardError(f"{faults[0]}{more}")
        self._checked = True

    @cached_property
    def source_md5(self) -> str:  # type: ignore[override]
        """Reads every file."""
        facts = [self.task, self.label_names, self._bits]
        found = hashlib.md5(json.dumps(facts).encode(), usedforsecurity=False)
        for split in self.splits:
            of_split = zip(self._paths[split], self._digests[split], self._labels[split].tolist(), strict=True)
            for path, digest, label in of_split:
                found.update(json.dumps([path, digest, label, split]).encode())
        return found.hexdigest()

    @property
    def remarks(self) -> tuple[str, ...]:
        """How the images are divided, what was left out, and images of a split that are in train too."""
        known = set(self._digests.get("train", ()))
        twice = []
        for split in self.splits[1:]:
            seen = [p for p, digest in zip(self._paths[split], self._digests[split], strict=True) if digest in known]
            twice += [_named(f"in {split}, with the very bytes of an image in train", seen)] if seen else []
        return (*self._remarks, *twice)

    @cached_property
    def _digests(self) -> dict[str, list[str]]:
        """MD5 of every file."""
        flat = iter(self._each("hashing", _md5))
        return {split: [next(flat) for _ in paths] for split, paths in self._paths.items()}

    def _fault(self, path: Path) -> str | None:
        try:
            image_io.check(path, self._bits)
        except FuseboardError as error:
            return str(error)
        return None

    def _each(self, what: str, do: Callable[[Path], T]) -> list[T]:
        """Does something with every file, in threads, and shows how far it is."""
        paths = [self._root / path for split in self.splits for path in self._paths[split]]
        done = []
        with ThreadPoolExecutor(WORKERS) as pool, counting(f"{self.name} · {what}", len(paths)) as advance:
            try:
                for result in pool.map(do, paths):
                    done.append(result)
                    advance(1)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return done


def _md5(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise FuseboardError(f"{path}: not readable ({error.strerror}); mend or remove it") from error


def _named(what: str, paths: list[str]) -> str:
    more = " …" if len(paths) > NAMED else ""
    return f"{len(paths):,} {what}: {', '.join(sorted(paths)[:NAMED])}{more}"
