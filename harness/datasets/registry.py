"""The datasets that fuseboard knows by name, and those that people describe in a TOML of their own."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from fuseboard.harness.datasets import limited, medmnist
from fuseboard.harness.datasets.corrupted import Corrupted
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.datasets.digits import Digits
from fuseboard.harness.datasets.imagenet import official
from fuseboard.harness.datasets.imagenet import registry as imagenet
from fuseboard.store.embeddings.dataset_protocol import Origin
from fuseboard.store.errors import FuseboardError, UsageError, unknown
from fuseboard.store.registry import Registry

OWN = ".toml"


DATASETS: Registry[Callable[[], Dataset]] = Registry(
    "dataset",
    [
        (Digits.name, Digits),
        (official.NAME, imagenet.get),
        *((name, partial(medmnist.get, name)) for name in medmnist.names()),
    ],
)
"""Name -> what makes the dataset, which finds its files only then."""


def names() -> list[str]:
    """Every dataset that has a name of its own."""
    return list(DATASETS)


def get(name: str) -> Dataset:
    """Returns a dataset by name, or by the path of the TOML that describes one's own.

    `NAME-sample100` is a stratified sample of 100 images of every split, `NAME-first100` the first 100, `NAME-c` the
    corrupted test split.
    """
    if part := limited.NAME.fullmatch(name):
        kind = limited.Sample if part[2] == limited.Sample.kind else limited.First
        return kind(get(part[1]), int(part[3]))
    if name.endswith(OWN):
        return _own(Path(name))
    clean = name.removesuffix("-c")
    if clean not in DATASETS or (clean != name and clean not in medmnist.names()):
        raise unknown("dataset", name, [*names(), f"a path that ends in {OWN}"])
    if clean != name:
        return Corrupted(medmnist.get(clean))
    return DATASETS[name]()


def origin(name: str) -> Origin:
    """Whose images a name in a store means; a name that nobody registered is somebody's own."""
    plain = base_name(name).removesuffix("-c")
    if plain not in DATASETS:
        return "own"
    return "known" if base_name(name) == name else "sample"


def base_name(name: str) -> str:
    """A name without the limit of images that `-sampleN` or `-firstN` sets; no dataset needs to have it."""
    part = limited.NAME.fullmatch(name)
    return part[1] if part else name


def find(name: str) -> tuple[Dataset | None, str]:
    """A dataset by a name that a stranger wrote, so that it is never taken for a path; None with the reason."""
    if base_name(name).removesuffix("-c") not in names():
        return None, "no dataset of that name is known here"
    try:
        return get(name), ""
    except (FuseboardError, ModuleNotFoundError) as error:
        return None, str(error)


def name_of(spec: str) -> str:
    """The name under which the store knows what `get` would find; of a TOML nothing but its name is read."""
    plain = base_name(spec)
    suffix = spec[len(plain) :]
    if plain.endswith(OWN):
        from fuseboard.harness.datasets.custom import spec as specs

        plain = specs.read(Path(plain)).name
    return plain + suffix


def _own(path: Path) -> Dataset:
    from fuseboard.harness.datasets.custom.images import OwnImages

    own = OwnImages(path)
    if own.name.removesuffix("-c") in names() or limited.NAME.fullmatch(own.name):
        raise UsageError(f"{path}: name: {own.name} means another dataset; choose a name of your own")
    return own
