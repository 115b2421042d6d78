"""Examples are the pictures on the page of a dataset, where its licence lets them be passed on."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from fuseboard.leaderboard.pages import address

SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Example:
    """It is one training image."""

    label: str
    path: str
    """Relative to the site's root."""
    width: int
    """It is given in pixels."""
    height: int
    png: bytes


def examples(dataset: str, found: Mapping[str, bytes]) -> tuple[Example, ...]:
    """Return one per class, in the order given; what is no PNG is left out.

    Args:
        dataset: by name.
        found: class -> PNG, as `Providers.examples` gives them.
    """
    made = []
    for number, (label, png) in enumerate(found.items()):
        if png.startswith(SIGNATURE) and len(png) >= 24:
            width, height = struct.unpack(">II", png[16:24])
            path = f"data/examples/{address.slug(dataset)}/{number:02}.png"
            made.append(Example(label, path, width, height, png))
    return tuple(made)
