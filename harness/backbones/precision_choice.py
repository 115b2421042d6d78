"""The choice of a precision: the fastest on this device whose vectors do the work of single precision's."""

from collections.abc import Iterator
from dataclasses import dataclass

from fuseboard.harness.backbones import adaptive_batches, allocator, canary, precision_check
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import Encoder
from fuseboard.harness.backbones.precision_check import Sample, Seen
from fuseboard.harness.backbones.source import DESCRIPTORS
from fuseboard.harness.backbones.speed import fitting
from fuseboard.harness.runtime import device as devices
from fuseboard.harness.runtime import profiling
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings import manifest, versions
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.store import Store

AUTO = "auto"
FASTER = 1.1
"""How many times the speed of fp32 a precision must have: a second version of the vectors for less is not worth it."""

FASTEST = ("bf16", "fp16", "tf32")
"""What may be faster than fp32; of equally fast ones the first, which has the exponents of single precision."""


@dataclass(frozen=True)
class Choice:
    """A precision, and why it was taken."""

    precision: str
    why: str


def findings(
    card: Card, precision: str, device: str, trust: bool = False, dataset: str | None = None
) -> Iterator[Finding]:
    """Says whether a precision may be used for a backbone here, one finding after another, the verdict last.

    Raises:
        UsageError: fp32 itself, or a backbone that computes without torch.
        FuseboardError: no weights, or others than the pinned ones.
    """
    other = card.at_precision(precision)
    if precision == "fp32":
        raise UsageError("fp32 is what the other precisions are held against; name one of bf16, fp16 and tf32")
    if card.source.loader in DESCRIPTORS:
        raise UsageError(f"{card.id} computes in NumPy, where a precision changes nothing")
    images, size = precision_check.sample(dataset), adaptive_batches.batch_size(device)
    meter = profiling.Meter(device)
    encoder, plain = _plain(card, device, trust, images, size)
    yield Finding("ok", "loads", f"in {meter.wall_s:.1f} s on {profiling.hardware(device)}")
    found = list(precision_check.findings(plain, _seen(card, encoder, precision, images, size), precision, images))
    yield from found
    speeds = {name: fitting(card, encoder.at_precision(name), size) for name in ("fp32", precision)}
    rates = {name: speed.images_per_s for name, speed in speeds.items()}
    times = rates[precision] / rates["fp32"]
    slow = devices.is_slow(device, precision)
    message = f"{rates[precision]:,.1f} images/s, {times:.1f} times the {rates['fp32']:,.1f} of fp32"
    reason = f"; {devices.EMULATED.format(precision)}" if slow else ""
    yield Finding("ok" if times >= FASTER else "note", "speed", f"{message}, in batches of {size}{reason}")
    bad = [one.check for one in found if one.is_bad]
    if bad:
        yield Finding(
            "wrong", "verdict", f"{precision} does not do the work of fp32: {', '.join(bad)}", precision_check.FIX
        )
    elif times < FASTER:
        yield Finding("note", "verdict", f"{precision} does the work of fp32 and is no faster here, so fp32 is as good")
    else:
        used = f"`--precision {precision}` makes version {other.fingerprint[:8]}"
        yield Finding("ok", "verdict", f"{precision} may be used: it does the work of fp32 and is faster; {used}")


def choose(card: Card, device: str, store: Store, trust: bool = False, batch_size: int | None = None) -> Choice:
    """Takes the fastest precision that passes the check of `precision_check` on this device.

    What was chosen for a version that is in the store already is chosen again, so that a second run goes on with it
    instead of measuring, and perhaps deciding otherwise.

    Args:
        card: pinned.
        device: `cpu`, or the name of a CUDA device.
        store: with the versions of before.
        trust: whether code of the backbone's repository may run.
        batch_size: images per forward pass at most.

    Raises:
        FuseboardError: no weights, or others than the pinned ones.
    """
    if card.source.loader in DESCRIPTORS:
        return Choice(card.precision, f"{card.id} computes in NumPy, where a precision changes nothing")
    where = profiling.hardware(device)
    native = [name for name in FASTEST if devices.computes(device, name)]
    if not native:
        return Choice("fp32", f"{where} computes no other precision faster")
    if known := _known(card, ("fp32", *native), where, store):
        return known
    try:
        return _measured(card, device, native, trust, batch_size)
    finally:
        allocator.release(device)


def _measured(card: Card, device: str, native: list[str], trust: bool, batch_size: int | None) -> Choice:
    where = profiling.hardware(device)
    images, size = precision_check.sample(), batch_size or adaptive_batches.batch_size(device)
    encoder, plain = _plain(card, device, trust, images, size)
    speeds = {name: fitting(card, encoder.at_precision(name), size).images_per_s for name in ("fp32", *native)}
    told = ", ".join(f"{name} {speed:,.1f}" for name, speed in speeds.items())
    measured = f"images/s on {where} in batches of {size}: {told}"
    failed = []
    for name in sorted(native, key=lambda name: -speeds[name]):
        if speeds[name] < FASTER * speeds["fp32"]:
            break
        found = list(precision_check.findings(plain, _seen(card, encoder, name, images, size), name, images))
        if bad := [f"{one.check}: {one.message}" for one in found if one.is_bad]:
            failed.append(f"{name} failed ({'; '.join(bad)})")
            continue
        passed = "; ".join(f"{one.check}: {one.message}" for one in found)
        return Choice(name, "; ".join([f"fastest that does the work of fp32; {measured}", *failed, passed]))
    reason = "none that passed" if failed else "nothing else"
    return Choice("fp32", "; ".join([f"{reason} is {FASTER} times as fast; {measured}", *failed]))


def _plain(card: Card, device: str, trust: bool, images: Sample, size: int) -> tuple[Encoder, Seen]:
    """The backbone in single precision, and what it makes of the images."""
    encoder, _ = canary.load(card.at_precision("fp32"), device, trust)
    seen = precision_check.look(card, encoder, images, size)
    if not seen.finite:
        raise FuseboardError(f"{card.id}: NaN or infinity in fp32 itself; see `fuseboard backbones check {card.id}`")
    return encoder, seen


def _seen(card: Card, encoder: Encoder, precision: str, images: Sample, size: int) -> Seen:
    return precision_check.look(card, encoder.at_precision(precision), images, size)


def _known(card: Card, precisions: tuple[str, ...], where: str, store: Store) -> Choice | None:
    """What was chosen on the same device for a version of this backbone."""
    for precision in precisions:
        folder = versions.folder_of(store.root, card.id, card.at_precision(precision).fingerprint)
        if not (folder / manifest.FILE).is_file():
            continue
        for entry in manifest.read(folder).datasets.values():
            for split in entry.splits.values():
                profile = split.profile
                if profile is not None and profile.device == where and profile.precision_choice is not None:
                    return Choice(precision, profile.precision_choice)
    return None
