"""What the commands that use a saved model share: loading it, and ending where images could not be read."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from fuseboard.store.errors import FuseboardError, UsageError

if TYPE_CHECKING:
    from fuseboard.harness.fusion.bundle.bundle import Bundle


def load(
    model: Path,
    card: Sequence[str] | None = None,
    device: str | None = None,
    batch_size: int | None = None,
    trust: bool = False,
    bits: int | None = None,
    page: int | None = None,
    max_pixels: int | None = None,
    metadata: Path | None = None,
) -> "Bundle":
    """Loads a bundle, and says where new images are read in another way than those that it was trained on."""
    from fuseboard.harness.backbones import registry
    from fuseboard.harness.datasets.dataset import LIMIT
    from fuseboard.harness.fusion.bundle import loading
    from fuseboard.harness.metadata.table import Beside

    own = registry.get_all(card or ())
    found = loading.load(model, own_cards=own, device=device, batch_size=batch_size, trust=trust)
    changes = {key: value for key, value in (("bits", bits), ("page", page)) if value is not None}
    settings = found.reading.model_copy(update=changes)
    if changes and settings != found.reading:
        typer.echo(f"it was trained on images read with {found.reading}; these are read with {settings}", err=True)
    if metadata is not None and not any(facts.metadata for facts in found.facts.backbones.values()):
        raise UsageError(f"{model} learned from images alone; leave --metadata out")
    table = None if metadata is None else Beside(metadata)
    return replace(found, settings=settings, max_pixels=max_pixels or LIMIT, table=table)


def find(images: Sequence[str]) -> list[Path]:
    """Finds the images that a command is given, and says what of folders was left out."""
    from fuseboard.harness.fusion import image_list

    paths, remarks = image_list.find(images)
    say(remarks)
    return paths


def say(lines: Sequence[str]) -> None:
    """Prints remarks beside the data."""
    for line in lines:
        typer.echo(line, err=True)


def end(failed: int, images: int) -> None:
    """Ends with 1 where images could not be read, once everything is written."""
    if failed:
        raise FuseboardError(f"{failed:,} of {images:,} images could not be read; the column error says why")
