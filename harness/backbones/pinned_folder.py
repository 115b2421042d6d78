"""A folder of pinned cards: filled for many backbones at once, each on its own, and taken up again where it stopped."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from fuseboard.harness.backbones import card as cards
from fuseboard.harness.backbones import pin
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.weight_sources import NoAccess
from fuseboard.store.errors import FuseboardError, UsageError

FOLDER = Path("pinned")
"""Where the cards go by default, in the current folder."""


@dataclass(frozen=True)
class Pinning:
    """What became of one card."""

    backbone: str
    status: Literal["pinned", "was pinned", "no access", "failed"]
    message: str
    """The file of the pinned card, or why there is none, with the mend."""

    @property
    def is_bad(self) -> bool:
        """Whether the card is still unpinned."""
        return self.status in ("no access", "failed")

    def row(self) -> dict[str, object]:
        """Returns it as a row of a table or an object of JSON."""
        return asdict(self)


def fill(unpinned: Iterable[Card], folder: Path) -> Iterator[Pinning]:
    """Pins cards one after the other and writes each as `NAME.toml` once it is whole; a failure stops no other card.

    A pinned card that lies there already is believed, and neither the network nor the weights are asked again: its
    weights are held against its hash whenever they are loaded.

    Raises:
        UsageError: the folder is something else than a folder.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is no folder; name another one with --into")
    for card in unpinned:
        path = folder / pin.file_name(card)
        try:
            if path.is_file() and pin.same_but_for_pins(cards.read(path), card):
                yield Pinning(card.id, "was pinned", str(path))
                continue
            pin.require_room(path)
            pin.write(pin.pin(card), path)
            yield Pinning(card.id, "pinned", str(path))
        except NoAccess as error:
            yield Pinning(card.id, "no access", str(error))
        except FuseboardError as error:
            yield Pinning(card.id, "failed", str(error))
