"""The remote dataset: what a child of one pass knows of the images, which its parent reads and sends."""

from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from numpy.typing import NDArray

from fuseboard.harness.datasets.dataset import Dataset, Images
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings.declaration import Declaration
from fuseboard.store.embeddings.manifest import ColumnName
from fuseboard.store.embeddings.reading import Reading


@dataclass(frozen=True)
class Facts:
    """What a child knows of the dataset: everything but the images."""

    name: str
    task: str
    label_names: tuple[str, ...]
    licence: str
    source_md5: str
    reading: Reading
    declares: Declaration
    splits: tuple[Any, ...]
    labels: dict[str, Labels]
    columns: dict[str, dict[ColumnName, NDArray[Any]]]
    keys: dict[str, Sequence[str] | None]

    @classmethod
    def of(cls, dataset: Dataset) -> "Facts":
        """Return what a parent tells its children of a dataset."""
        return cls(
            name=dataset.name,
            task=dataset.task,
            label_names=dataset.label_names,
            licence=dataset.licence,
            source_md5=dataset.source_md5,
            reading=dataset.reading,
            declares=dataset.declares,
            splits=dataset.splits,
            labels={split: dataset.labels(split) for split in dataset.splits},
            columns={split: dataset.columns(split) for split in dataset.splits},
            keys={split: dataset.keys(split) for split in dataset.splits},
        )


class RemoteDataset(Dataset):
    """The dataset in a child."""

    def __init__(self, facts: Facts, connection: Connection) -> None:
        self.name, self.task, self.label_names, self.licence = facts.name, facts.task, facts.label_names, facts.licence
        self.source_md5, self.reading, self.splits = facts.source_md5, facts.reading, facts.splits
        self.declares = facts.declares
        self._facts, self._connection = facts, connection

    def labels(self, split: str) -> Labels:
        """As the parent read them."""
        return self._facts.labels[split]

    def columns(self, split: str) -> dict[ColumnName, NDArray[Any]]:
        """As the parent made them."""
        return self._facts.columns[split]

    def keys(self, split: str) -> Sequence[str] | None:
        """As the parent made them."""
        return self._facts.keys[split]

    def images(self, split: str, start: int, stop: int) -> Images:
        """Asks the parent for the rows and hands them on as they come."""
        index = [str(name) for name in self.splits].index(split)
        stop = min(stop, len(self._facts.labels[split]))
        self._connection.send(("images", (index, start, stop)))
        for _ in range(start, stop):
            yield self._connection.recv()
