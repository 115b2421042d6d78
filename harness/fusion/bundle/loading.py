"""Loading: from a folder or a zip to a bundle, of which nothing is believed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fuseboard.harness.backbones.card import Card
from fuseboard.harness.derived.card import network_of
from fuseboard.harness.fusion.block_card import of_networks
from fuseboard.harness.fusion.bundle import arrays, cards, parts, reading
from fuseboard.harness.fusion.bundle import manifest as manifests
from fuseboard.harness.fusion.bundle.bundle import Bundle
from fuseboard.harness.fusion.embed import root_of
from fuseboard.store.store import Store


def load(
    path: str | Path,
    *,
    own_cards: Sequence[Card] = (),
    device: str | None = None,
    batch_size: int | None = None,
    trust: bool = False,
    store: Store | str | Path | None = None,
) -> Bundle:
    """Loads a bundle: a fused classifier or regressor that was saved as a folder or a zip.

    Nothing of it is executed, and no path or address in it is followed: the backbones are those that fuseboard ships
    or `own_cards` names, and they must be the very versions that it was trained on. A backbone's weights are loaded,
    and held against its canary, when the first image needs it.

    Args:
        path: of the folder or zip.
        own_cards: of backbones that fuseboard does not ship.
        device: `cpu`, `cuda` or `cuda:N`; the GPU where there is one when None.
        batch_size: images per forward pass at most.
        trust: whether code of a backbone's repository may run.
        store: keeps the vectors of images by their content; by default nothing is kept.

    Raises:
        UsageError: there is no such folder or zip.
        FuseboardError: it is no bundle, is damaged or made to do harm, or was trained on another version of a backbone.
    """
    where = str(path)
    facts, files = reading.read(Path(path))
    stored = cards.parse(facts, files, where)
    wanted = {name: (np.float32, (-1, network_of(card).dim)) for name, card in of_networks(stored).items()}
    canaries = arrays.load(files[manifests.CANARIES], f"{where}: {manifests.CANARIES}", wanted)
    model = parts.model(facts, files, where)
    running = cards.running(stored, own_cards, where)
    root = None if store is None else root_of(store)
    return Bundle(
        model,
        running,
        canaries,
        facts,
        parts.predictions(facts, files, where),
        files.get(manifests.SPLITS),
        device,
        batch_size,
        trust,
        root=root,
    )
