"""The embedder: any images in, the vectors of one or several backbones out, each image embedded once."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import adaptive_batches, canary
from fuseboard.harness.backbones.adaptive_batches import Feeder
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.pipeline import WORKERS, embed
from fuseboard.harness.datasets import image_check
from fuseboard.harness.derived.card import DerivedCard, network_of
from fuseboard.harness.fusion.block_card import BlockCard, of_networks
from fuseboard.harness.fusion.pictures import Picture, names_of
from fuseboard.harness.metadata.card import MetadataCard
from fuseboard.harness.metadata.table import Beside
from fuseboard.harness.runtime.device import resolve
from fuseboard.harness.runtime.precision import against_nan
from fuseboard.store.embeddings.by_image import ByImage
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.progress import counting

Vectors = NDArray[np.float32]

MANY = 1_000
"""Images that are embedded before their vectors are kept, so that a run that ends early loses no more than these."""

FEW = 8
"""Images up to which nothing is worth a thread or a bar, and each is read once for all backbones."""

BLACK = np.zeros((8, 8), np.uint8)
"""Stands in a batch for an image that cannot be read; its vector is thrown away."""


@dataclass(frozen=True)
class Embedded:
    """Vectors of images, and which images could not be read."""

    blocks: Mapping[str, Vectors]
    """Backbone -> (N, D); the rows of images that could not be read are NaN."""
    names: tuple[str, ...]
    faults: Mapping[int, str]
    """Number of an image -> why it could not be read."""


class Embedder:
    """Backbones that are loaded when the first image needs them, and stay loaded.

    Args:
        cards: of the backbones.
        root: the folder of the store, which keeps every vector by the content of its image; None keeps nothing.
        device: `cpu`, `cuda` or `cuda:N`; the GPU where there is one when None.
        batch_size: images per forward pass at most.
        trust: whether code of a backbone's repository may run.
        recorded: backbone -> the canary that its vectors must have, where one was recorded.
        table: of the metadata of the images, where a block is made of such.
    """

    def __init__(
        self,
        cards: Sequence[BlockCard],
        root: Path | None,
        device: str | None = None,
        batch_size: int | None = None,
        trust: bool = False,
        recorded: Mapping[str, canary.Recorded] | None = None,
        table: Beside | None = None,
    ) -> None:
        for card in of_networks({card.id: card for card in cards}).values():
            network_of(card).require_pins()
            if isinstance(card, DerivedCard):
                card.fitted  # noqa: B018  raises where it is not
        self.cards = {card.id: card for card in cards}
        self.root, self.device, self.trust = root, device, trust
        self.table = table
        self._batch_size, self._recorded = batch_size, dict(recorded or {})
        self._loaded: dict[str, tuple[Feeder, Vectors]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_loaded": {}}  # a loaded network goes to no other process

    def load(self, name: str) -> tuple[Feeder, Vectors]:
        """Returns a backbone, of a derived one its source, loaded, and the vectors of its canary.

        Raises:
            FuseboardError: its weights are not the pinned ones, or its canary is another.
        """
        card = network_of(of_networks(self.cards)[name])
        if card.id not in self._loaded:
            device = resolve(self.device)
            encoder, vectors = canary.load(card, device, self.trust, self._recorded.get(name, ()))
            self._loaded[card.id] = Feeder(encoder, self._batch_size or adaptive_batches.batch_size(device)), vectors
        return self._loaded[card.id]

    def embed(self, pictures: Sequence[Picture]) -> Embedded:
        """Embeds images with every backbone; one that cannot be read costs the others nothing."""
        if len(pictures) <= FEW:
            pictures = [replace(picture, read=cache(picture.read)) for picture in pictures]
        keys, faults = self._keys(pictures)
        tables = [card for card in self.cards.values() if isinstance(card, MetadataCard)]
        blocks = {card.id: self._metadata(card, pictures, faults) for card in tables}
        made: dict[str, Vectors] = {}
        for name, card in of_networks(self.cards).items():
            network = network_of(card)
            if network.id not in made:
                made[network.id] = self._block(network, name, pictures, keys, faults)
            own = made[network.id]
            blocks[name] = card.apply(own) if isinstance(card, DerivedCard) else own
        for block in blocks.values():
            block[list(faults)] = np.nan
        return Embedded(blocks, tuple(names_of(pictures)), faults)

    def _keys(self, pictures: Sequence[Picture]) -> tuple[list[str | None], dict[int, str]]:
        """Returns the key of every image; None and the reason where it cannot be read."""
        faults: dict[int, str] = {}
        if self.root is None:
            return [None] * len(pictures), faults

        def key(number: int) -> str | None:
            try:
                return pictures[number].key()
            except FuseboardError as error:
                faults[number] = str(error)
                return None

        with ThreadPoolExecutor(WORKERS, thread_name_prefix="hash") as pool:
            return list(pool.map(key, range(len(pictures)))), faults

    def _metadata(self, card: MetadataCard, pictures: Sequence[Picture], faults: dict[int, str]) -> Vectors:
        """Returns what the table says of images (N, D); one that it lacks goes to `faults`."""
        wanted = card.encoding.names
        if self.table is None:
            raise UsageError(
                f"{card.id} is made of {', '.join(wanted)} of each image; give a table of a column path and "
                f"{'these' if len(wanted) > 1 else 'this'} with --metadata"
            )
        cells, lacking = self.table.cells(wanted, [picture.name for picture in pictures])
        faults |= {number: reason for number, reason in lacking.items() if number not in faults}
        return card.encoding.encode(cells, self.table.name)

    def _block(
        self,
        card: Card,
        name: str,
        pictures: Sequence[Picture],
        keys: Sequence[str | None],
        faults: dict[int, str],
    ) -> Vectors:
        block = np.full((len(pictures), card.dim), np.nan, np.float32)
        kept = ByImage(self.root, card.id, card.fingerprint, card.dim) if self.root is not None else None
        known = kept.find([key for key in keys if key is not None]) if kept is not None else {}
        first: dict[str, int] = {}
        lacking = []
        for number, key in enumerate(keys):
            if key in known:
                block[number] = known[key]
            elif number not in faults and (key is None or first.setdefault(key, number) == number):
                lacking.append(number)
        if lacking:
            feeder, _ = self.load(name)
            title = f"{name} · {len(lacking):,} images"
            shown = nullcontext(_silent) if len(lacking) <= FEW else counting(title, len(lacking))
            with shown as advance:
                for start in range(0, len(lacking), MANY):
                    part = lacking[start : start + MANY]
                    block[part] = self._compute(card, feeder, pictures, part, faults, advance)
                    if kept is not None:
                        sound = [number for number in part if number not in faults]
                        kept.add([str(keys[number]) for number in sound], block[sound])
        for number, key in enumerate(keys):  # the same image again
            if key is not None and key not in known and number not in faults:
                block[number] = block[first[key]]
        return block

    def _compute(
        self,
        card: Card,
        feeder: Feeder,
        pictures: Sequence[Picture],
        part: Sequence[int],
        faults: dict[int, str],
        advance: Callable[[int], None],
    ) -> Vectors:
        """Returns the vectors (n, D) of some images; the reason of one that cannot be read goes to `faults`."""

        def pixels(number: int) -> NDArray[np.uint8]:
            try:
                return card.preprocessing.pixels(pictures[number].read())
            except FuseboardError as error:
                name = pictures[number].name
                faults[number] = str(error) if str(error).startswith(name) else f"{name}: {error}"
                return card.preprocessing.pixels(BLACK)

        if len(part) <= FEW:
            vectors = feeder.submit(np.stack([pixels(number) for number in part]))()
        else:
            vectors = embed(iter(part), len(part), pixels, feeder, advance)
        sound = [row for row, number in enumerate(part) if number not in faults]
        if not np.isfinite(vectors[sound]).all():
            raise FuseboardError(f"{card.id}: NaN or infinity in the vectors; {against_nan(card.precision, card.id)}")
        return vectors


def _silent(_: int) -> None:
    """Shows nothing."""


def refuse_faults(embedded: Embedded) -> None:
    """Raises where images could not be read, naming them."""
    if embedded.faults:
        raise image_check.error_of([fault for _, fault in sorted(embedded.faults.items())])
