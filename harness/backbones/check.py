"""The check of a backbone: can it be had, does it load, are its vectors what they should be, and at what speed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import canary, loaders, parity, speed, wrong_weights
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import Encoder
from fuseboard.harness.backbones.source import DESCRIPTORS
from fuseboard.harness.runtime import profiling
from fuseboard.harness.runtime.precision import against_nan
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store

REPEATABLE = 1e-6
"""Largest difference between two passes over the same pixels, as a share of the vectors' scale."""


def check(
    card: Card, device: str, store: Store, trust: bool = False, authors: NDArray[np.float32] | None = None
) -> Iterator[Finding]:
    """Looks at a backbone, one finding after another; what cannot go on after a failure is left out.

    Args:
        card: pinned.
        device: where it runs.
        store: whose other backbones it is compared with.
        trust: whether code of its repository may run.
        authors: vectors (3, D) of the canary's images by the authors' own code, to be compared with.
    """
    yield _access(card)
    meter = profiling.Meter(device)
    try:
        loaded = loaders.load(card, device, trust)
    except FuseboardError as error:
        yield Finding("wrong", "loads", str(error), "see the message")
        return
    yield Finding("ok", "loads", f"in {meter.wall_s:.1f} s on {profiling.hardware(device)}")
    yield from _vectors(card, loaded)
    if authors is not None:
        found = parity.compare(card, canary.vectors(card, loaded), authors)
        mend = "look at `preprocessing` and `pooling`: each is what the authors' own transform does"
        yield _judged(found.holds, "parity", f"{found} from the authors' own", mend)
    kind = device.partition(":")[0]
    fitted = 1
    for size in speed.BATCHES[kind]:
        pace = speed.possible(card, loaded, size)
        if pace is None:
            yield Finding("note", f"batch of {size}", "out of memory; extraction halves its batches until they fit")
            break
        yield Finding("ok", f"batch of {size}", str(pace))
        fitted = size
    yield from wrong_weights.findings(card, loaded, store, fitted)


def _access(card: Card) -> Finding:
    """Where the weights are, and whether one may have them."""
    if card.source.loader in DESCRIPTORS:
        return Finding("ok", "access", "computes and has no weights")
    if card.source.random is not None:
        return Finding("ok", "access", f"{card.source.place}: nothing is fetched")
    if card.source.file is not None and not (path := Path(card.source.file).expanduser()).is_file():
        return Finding(
            "missing", "access", f"there is no file {path}", "mend `file` in its card, or put the file there"
        )
    if not card.gated:
        return Finding("ok", "access", f"open, from {card.source.place}")
    from huggingface_hub import get_token

    message = f"gated, from {card.source.place}"
    if get_token():
        return Finding("ok", "access", f"{message}; a token is there")
    fix = "accept the terms on its page, then log in with `hf auth login` or set HF_TOKEN"
    return Finding("missing", "access", f"{message}; no token is there", fix)


def _vectors(card: Card, loaded: Encoder) -> Iterator[Finding]:
    """Mode, width, canary, repeatability, and images at the ends of the scale."""
    modes = getattr(loaded, "training", None)
    if modes is None:
        yield Finding("note", "eval mode", "its loader does not tell")
    else:
        yield _judged(not modes, "eval mode", f"{len(modes)} layers in training mode", "the loader must call eval()")
    pixels = np.stack([card.preprocessing.pixels(image) for image in canary.images()])
    first = loaded.encode(pixels)
    fits = first.shape == (len(pixels), card.dim)
    yield _judged(fits, "dim", f"{first.shape[1]} numbers, its card says {card.dim}", "mend `dim`")
    try:
        difference = canary.check(card, first)
        shipped = difference is not None
        message = f"differs by {difference:.1e} of its scale" if shipped else "none was shipped for this fingerprint"
        yield Finding("ok" if shipped else "note", "canary", message)
    except FuseboardError as error:
        yield Finding("wrong", "canary", str(error), "see the message")
    again, alone = loaded.encode(pixels), np.concatenate([loaded.encode(image[None]) for image in pixels])
    scale = float(np.abs(first).max()) or 1.0
    repeated, batched = (float(np.abs(first - other).max()) / scale for other in (again, alone))
    message = f"two passes differ by {repeated:.1e} of the scale, one by one against a batch by {batched:.1e}"
    yield _judged(repeated <= REPEATABLE, "determinism", message, "a layer draws random numbers: it must not")
    ends = np.stack([card.preprocessing.pixels(np.full((64, 64, 3), value, np.uint8)) for value in (0, 255)])
    finite = bool(np.isfinite(loaded.encode(ends)).all())
    yield _judged(
        finite, "black and white", "finite" if finite else "NaN or infinity", against_nan(card.precision, card.id)
    )


def _judged(is_right: bool, check: str, message: str, fix: str) -> Finding:
    return Finding("ok", check, message) if is_right else Finding("wrong", check, message, fix)
