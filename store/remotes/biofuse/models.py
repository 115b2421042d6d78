"""The models and the dataset that only the BioFuse cache knows."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from fuseboard.store.arrays import MULTI_CLASS, Labels
from fuseboard.store.embeddings.manifest import SPLITS, Backbone, SplitName
from fuseboard.store.errors import FuseboardError
from fuseboard.store.vectors.row_order import Order

MODELS = Path(__file__).parent / "models.toml"
IMAGENET_ORDER = Order(
    "unknown",
    "BioFuse's ImageNet splits are its own and its loader shuffled the training images, so there is no official order "
    "to compare with",
    compared=True,
)


@dataclass(frozen=True)
class Model:
    """A model of the cache as our toml describes it."""

    name: str
    """As the cache spells it."""
    backbone: str
    dim: int
    about: Backbone


class ImageNet:
    """ImageNet-1K as BioFuse split it. Its class names are their numbers: no list of names comes with the cache."""

    name = "biofuse-imagenet"
    """Its validation and test images are parts of the official validation set, so it is no dataset of anybody else."""
    task: str = MULTI_CLASS
    label_names = tuple(str(number) for number in range(1000))
    licence = "ImageNet terms of access: non-commercial research"
    source_md5 = "unknown"
    splits: tuple[SplitName, ...] = SPLITS
    at_hand = False

    def labels(self, split: str) -> Labels:
        """Nobody has them."""
        raise FuseboardError(f"imagenet {split}: there are no official labels of BioFuse's splits")


def models() -> dict[str, Model]:
    """The models of the cache by their names in lower case."""
    found = {}
    for name, facts in tomllib.loads(MODELS.read_text(encoding="utf-8")).items():
        backbone, dim = facts.pop("backbone"), facts.pop("dim")
        about = Backbone.model_validate({"parameters": None, "paper": None, **facts})
        found[name.lower()] = Model(name, backbone, dim, about)
    return found
