"""ImageNet-1K as the Hub has it: Parquet files in an order of their own, streamed through `datasets`."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.datasets import image_io
from fuseboard.harness.datasets.dataset import Images, Reader, read_ahead
from fuseboard.harness.datasets.imagenet import label_cache, official
from fuseboard.harness.datasets.imagenet.label_cache import OfFiles
from fuseboard.harness.datasets.imagenet.official import ImageNet
from fuseboard.store.arrays import Labels
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.progress import counting

REPOSITORY = "ILSVRC/imagenet-1k"
REVISION = "49e2ee26f3810fb5a7536bbf732a7b07389a47b5"

LABEL_ROWS = 10_000
"""Labels that are read at a time."""

SPARING_BYTES = 2**16
"""Read ahead at a time where only labels are wanted; by default it would be 5 MiB of images behind each few of them."""

FAR = 5_000
"""Rows, about a file, that are sooner passed over by opening another file than by reading them."""


class Parquet(ImageNet):
    """The gated repository, or a download of it; no more of it is in memory than one row group.

    Rows are in the repository's order, which is shuffled: these ids are not those of a folder, and the two are
    different sources. `val` is made of the first ten rows of each class, which lie near the beginning; any other choice
    would read all 150 GB for it. The dataset's MD5 is that of all labels in order, so a download of the repository is
    the same source as the repository itself.
    """

    decodes = True

    def __init__(self, source: str, revision: str | None) -> None:
        """Takes a repository's id and commit, or a folder; asks for nothing yet."""
        self._source, self._revision = source, revision
        self._stream: Iterator[dict[str, Any]] = iter(())
        self._position: tuple[str, int] | None = None

    @property
    def at_hand(self) -> bool:
        """Whether it is a folder."""
        return self._revision is None

    def labels(self, split: str) -> Labels:
        """Returns (N,) uint16."""
        part, rows = self._split(split)
        return np.concatenate(self._of_files[part])[rows]

    def images(self, split: str, start: int, stop: int) -> Images:
        """As `picture.decode` has them."""
        return read_ahead(self.readers(split, start, stop))

    def readers(self, split: str, start: int, stop: int) -> Iterator[Reader]:
        """Rows as they come; those that follow the ones read last go on in the same stream."""
        return self.pick(split, np.arange(len(self._split(split)[1]))[start:stop])

    def pick(self, split: str, rows: NDArray[np.intp]) -> Iterator[Reader]:
        """Rows as they come; between those that lie far apart nothing is read."""
        part, of_split = self._split(split)
        for row in of_split[rows].tolist():
            yield partial(image_io.decode, self._content(part, row), f"{self._source}: {part} image {row}")

    @cached_property
    def source_md5(self) -> str:  # type: ignore[override]
        """Reads every label."""
        found = hashlib.md5(REPOSITORY.encode(), usedforsecurity=False)
        for part in official.LABELLED:
            for labels in self._of_files[part]:
                found.update(labels.astype("<u2").tobytes())
        return found.hexdigest()

    def __getstate__(self) -> dict[str, Any]:
        """Without the stream: a copy on another machine opens its own."""
        return {**self.__dict__, "_stream": iter(()), "_position": None}

    def _split(self, split: str) -> tuple[str, NDArray[np.intp]]:
        """The part of the repository that a split is in, and its rows there."""
        part = "validation" if split == "test" else "train"
        labels = np.concatenate(self._of_files[part])
        if split == "test":
            return part, np.arange(len(labels))
        return part, np.flatnonzero(official.first_of_each(labels, np.arange(len(labels))) == (split == "val"))

    @cached_property
    def _of_files(self) -> OfFiles:
        """Labels of every file of every part; no image is read for them."""
        place = self._place_of_labels()
        found = label_cache.read(place) if place else None
        if found is None:
            found = {part: self._ask_labels(part) for part in official.LABELLED}
        for part, rows in official.LABELLED.items():
            if (there := sum(map(len, found.get(part, ())))) != rows:
                raise FuseboardError(
                    f"{self._source}: {there:,} {part} images, {rows:,} are official; download it again"
                )
        if place and not place.is_file():
            label_cache.write(place, found)
        return found

    def _place_of_labels(self) -> Path | None:
        """Beside what `datasets` itself keeps; a folder's own are read quickly enough."""
        if self._revision is None:
            return None
        import datasets

        return Path(datasets.config.HF_DATASETS_CACHE) / f"fuseboard-imagenet-1k-{self._revision}.npz"

    def _ask_labels(self, part: str) -> list[Labels]:
        with self._reading():
            stream = self._load(
                part, columns=["label"], storage_options={"hf": {"block_size": SPARING_BYTES}}
            ).with_format("arrow")
            files: list[Labels] = []
            with counting(f"{self.name} · labels of {part}", stream.num_shards) as advance:
                for index in range(stream.num_shards):
                    of_file = stream.shard(num_shards=stream.num_shards, index=index).iter(batch_size=LABEL_ROWS)
                    files.append(np.concatenate([table["label"].to_numpy() for table in of_file]).astype(np.uint16))
                    advance(1)
        return files

    def _content(self, part: str, row: int) -> bytes:
        """Returns the file of one image; going back, far ahead or to the other part opens another stream."""
        if self._position is None or self._position[0] != part or not 0 <= row - self._position[1] < FAR:
            self._stream, self._position = self._open(part, row), (part, row)
        ahead = row - self._position[1]
        self._position = None  # unless it goes well
        with self._reading():
            content: bytes = next(islice(self._stream, ahead, None))["image"]["bytes"]
        self._position = part, row + 1
        return content

    def _open(self, part: str, row: int) -> Iterator[dict[str, Any]]:
        """Returns the rows from one on; files before it are not opened."""
        stream = self._load(part).decode(False)
        stops = np.cumsum([len(labels) for labels in self._of_files[part]])
        if stream.num_shards != len(stops):
            raise FuseboardError(
                f"{self._source}: {stream.num_shards} files of {part}, there were {len(stops)}; download it again"
            )
        first = int(np.searchsorted(stops, row, side="right"))
        before = int(stops[first - 1]) if first else 0
        for index in range(first, len(stops)):
            yield from stream.shard(num_shards=len(stops), index=index).skip(row - before if index == first else 0)

    def _load(self, part: str, **options: Any) -> Any:
        from datasets import load_dataset

        return load_dataset(self._source, split=part, streaming=True, revision=self._revision, **options)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        from datasets.exceptions import DatasetNotFoundError

        folder = "or set IMAGENET_ROOT to a folder with train/ and val/"
        try:
            yield
        except DatasetNotFoundError as error:
            raise FuseboardError(
                f"imagenet: the Hub does not show {self._source}, which is gated; accept its terms at "
                f"https://huggingface.co/datasets/{REPOSITORY} and log in with `hf auth login` or "
                f"set HF_TOKEN, {folder}"
            ) from error
        except (OSError, ValueError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise FuseboardError(
                f"imagenet: {self._source} cannot be read ({reason}); run the same command again, {folder}"
            ) from error
