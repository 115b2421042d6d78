"""One pass: several backbones over the same images, each image read once, each backbone in a process of its own.

The process per backbone keeps its peak memory its own; reading once matters where decoding is what takes the time.
"""

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones.card import Card
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.extraction.remote_dataset import Facts, RemoteDataset
from fuseboard.harness.runtime.children import starting
from fuseboard.harness.terminal.extras import what_is_missing
from fuseboard.store.embeddings import manifest
from fuseboard.store.embeddings.versions import Version, folder_of
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store

Range = tuple[int, int, int]
"""Rows of a split: its place in the dataset's order, start and stop."""


def extract_together(
    cards: Sequence[Card],
    dataset: Dataset,
    store: Store,
    device: str,
    batch_size: int | None = None,
    trust: bool = False,
    choices: Mapping[str, str] = MappingProxyType({}),
) -> list[Version]:
    """Embeds a dataset with several backbones at once; each keeps its own shards, resumes on its own, fails on its own.

    `choices` says, by fingerprint, why a precision was chosen, where it was; the rest is as in `extract`.

    Raises:
        FuseboardError: after all have ended, what the first of those that failed had to say.
    """
    how = {"device": device, "batch_size": batch_size, "trust": trust}
    shared = len(cards) > 1
    dataset.record(store.root)  # children that share images know no paths
    children = [
        _Child.start(card, dataset, shared, store.root, {**how, "precision_choice": choices.get(card.fingerprint)})
        for card in cards
    ]
    try:
        _serve(children, dataset)
    finally:
        for child in children:
            child.connection.close()
        for child in children:
            child.process.join()
        store.forget_versions()
    for child in children:
        if child.failure is not None:
            raise FuseboardError(child.failure)
    folders = [folder_of(store.root, card.id, card.fingerprint) for card in cards]
    return [Version(folder, manifest.read(folder)) for folder in folders]


@dataclass
class _Child:
    """A backbone's process, as its parent sees it."""

    card: Card
    process: Any
    connection: Connection
    asked: Range | None = None
    failure: str | None = None

    @classmethod
    def start(cls, card: Card, dataset: Dataset, shared: bool, root: Path, how: Mapping[str, Any]) -> "_Child":
        """Starts a process that is sent the images, or, where it shares them with no other, reads them itself.

        That one is no daemon, which may have no children: it may want processes that decode.
        """
        # Not forked: CUDA and threads do not survive that.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        source = Facts.of(dataset) if shared else dataset
        process = context.Process(target=_work, args=(theirs, card, source, root, how), daemon=shared)
        with starting():
            process.start()
        theirs.close()
        return cls(card, process, ours)

    def listen(self) -> bool:
        """Takes the child's next word; False when it has ended."""
        try:
            word, value = self.connection.recv()
        except (EOFError, ConnectionError):
            self.process.join()
            word, value = "failed", f"{self.card.id}: its process ended with exit code {self.process.exitcode}"
        if word == "images":
            self.asked = value
            return True
        self.failure = value if word == "failed" else None
        return False

    def send(self, image: NDArray[np.uint8] | None) -> None:
        try:
            self.connection.send(image)
        except (BrokenPipeError, ConnectionError):  # it has ended; listening tells how
            self.asked = None


def _serve(children: list[_Child], dataset: Dataset) -> None:
    """Reads what the slowest asks for, once, for all that ask for the same, until every child has ended.

    All cut the dataset into the same shards, so ranges are equal or apart; whoever has made a shard before is ahead.
    """
    living = _asking(children)
    if living:  # or nothing is missing, and no image needs to be readable
        dataset.check()
    while living:
        split, start, stop = first = min(child.asked for child in living if child.asked is not None)
        askers = [child for child in living if child.asked == first]
        for image in dataset.images(dataset.splits[split], start, stop):
            for child in askers:
                child.send(image)
        for child in askers:
            child.asked = None
        living = _asking(living)


def _asking(children: list[_Child]) -> list[_Child]:
    """Waits until each child has asked for rows or ended, and returns those that have asked."""
    living = list(children)
    while silent := [child for child in living if child.asked is None]:
        ready = wait([child.connection for child in silent])
        for child in silent:
            if child.connection in ready and not child.listen():
                living.remove(child)
    return living


def _work(connection: Connection, card: Card, source: "Facts | Dataset", root: Path, how: Mapping[str, Any]) -> None:
    """Is a child: an ordinary extraction, of images that come from the parent or that it reads itself."""
    if isinstance(source, Dataset):
        Thread(target=_end_with, args=(connection,), name="parent", daemon=True).start()
    try:
        extract(card, source if isinstance(source, Dataset) else RemoteDataset(source, connection), Store(root), **how)
        connection.send(("done", None))
    except FuseboardError as error:
        connection.send(("failed", str(error)))
    except ModuleNotFoundError as error:
        if (message := what_is_missing(error)) is None:
            raise
        connection.send(("failed", f"{card.id}: {message}"))
    except (KeyboardInterrupt, BrokenPipeError, EOFError):  # the parent has ended; what was finished is kept
        return


def _end_with(connection: Connection) -> None:
    """Ends this process as soon as its parent is gone, which it would not notice while it asks for nothing."""
    connection.poll(None)
    os._exit(1)
