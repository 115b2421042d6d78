"""The datasets that fuseboard knows by name, and people's own: a folder, a table, or a TOML that describes one."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from fuseboard.harness.datasets import known_names, limited, medmnist
from fuseboard.harness.datasets.corrupted import Corrupted
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.datasets.digits import Digits
from fuseboard.harness.datasets.imagenet import official
from fuseboard.harness.datasets.imagenet import registry as imagenet
from fuseboard.store.errors import FuseboardError, UsageError, unknown
from fuseboard.store.registry import Registry

OWN = ".toml"
HUB = "hub:"
PATHS = "hub:ORG/NAME", "a folder with a slash in its path", "a path that ends in .toml, .csv, .tsv or .parquet"

DATASETS: Registry[Callable[[], Dataset]] = Registry(
    "dataset",
    [
        (Digits.name, Digits),
        (official.NAME, imagenet.get),
        *((name, partial(medmnist.get, name)) for name in known_names.MEDMNIST),
    ],
)
"""Name -> what makes the dataset, which finds its files only then."""


def names() -> list[str]:
    """Every dataset that has a name of its own."""
    return list(DATASETS)


def get(name: str) -> Dataset:
    """Returns a dataset by name, or one's own by the path of its folder, of its table or of the TOML that describes it.

    A folder is meant by a path with a slash alone, such as `./digits`; `hub:ORG/NAME` is one of the Hub.
    `NAME-sample100` is a stratified sample of 100 images of every split, `NAME-first100` the first 100, `NAME-c` the
    corrupted test split.
    """
    if part := known_names.LIMITED.fullmatch(name):
        kind = limited.Sample if part[2] == limited.Sample.kind else limited.First
        return kind(get(part[1]), int(part[3]))
    if name.startswith(HUB):
        from fuseboard.harness.datasets.custom.hub_images import HubImages

        return _refuse_known(HubImages.of(name), name)
    if _is_own(name):
        return _own(Path(name))
    clean = name.removesuffix("-c")
    if clean not in DATASETS or (clean != name and clean not in known_names.MEDMNIST):
        if Path(name).is_dir():
            raise UsageError(f"{name!r} is no dataset's name; if the folder is meant, write it with a slash: {name}/")
        if Path(name).is_file():
            raise UsageError(f"{name}: a table ends in .csv, .tsv or .parquet, a description in .toml; save it so")
        raise unknown("dataset", name, [*names(), *PATHS])
    if clean != name:
        return Corrupted(medmnist.get(clean))
    return DATASETS[name]()


def find(name: str) -> tuple[Dataset | None, str]:
    """A dataset by a name that a stranger wrote, so that it is never taken for a path; None with the reason."""
    if known_names.base_name(name).removesuffix("-c") not in names():
        return None, "no dataset of that name is known here"
    try:
        return get(name), ""
    except (FuseboardError, ModuleNotFoundError) as error:
        return None, str(error)


def name_of(spec: str) -> str:
    """The name under which the store knows what `get` would find; of one's own nothing but the name is read."""
    plain = known_names.base_name(spec)
    suffix = spec[len(plain) :]
    if plain.startswith(HUB):
        from fuseboard.harness.datasets.custom.hub_images import name_of as name_on_hub

        plain = name_on_hub(plain)
    elif _is_own(plain):
        from fuseboard.harness.datasets.custom import implied
        from fuseboard.harness.datasets.custom import spec as specs

        plain = specs.read(Path(plain)).name if plain.endswith(OWN) else implied.name_of(Path(plain))
    return plain + suffix


def of_path(path: Path, group: str | None = None) -> Dataset:
    """Returns the dataset that a folder or a table is by itself; `group` is a column of the table."""
    from fuseboard.harness.datasets.custom.images import OwnImages

    return _refuse_known(OwnImages.of_path(path, group), path)


def _is_own(name: str) -> bool:
    if name.removesuffix("-c") in DATASETS:
        return False
    from fuseboard.harness.datasets.custom import implied

    return name.endswith(OWN) or implied.is_path(name)


def _own(path: Path) -> Dataset:
    if path.suffix != OWN:
        return of_path(path)
    from fuseboard.harness.datasets.custom import spec as specs

    said = specs.read(path)
    if said.images is not None and said.images.startswith(HUB):
        from fuseboard.harness.datasets.custom.hub_images import HubImages

        return _refuse_known(HubImages.of(said.images, said), path)
    from fuseboard.harness.datasets.custom.images import OwnImages

    return _refuse_known(OwnImages(said, path), path)


def _refuse_known(own: Dataset, path: Path | str) -> Dataset:
    if own.name.removesuffix("-c") in names() or known_names.LIMITED.fullmatch(own.name):
        raise UsageError(
            f"{path}: name: {own.name} means another dataset; choose a name of your own, of a folder or table by "
            "renaming it or in a TOML"
        )
    return own
