"""A dataset of labelled images on the Hugging Face Hub, read by the library `datasets`."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self

import polars as pl

from fuseboard.harness.datasets import image_io
from fuseboard.harness.datasets.custom import split_names
from fuseboard.harness.datasets.custom.divided import FURTHER, DividedImages
from fuseboard.harness.datasets.custom.implied import LICENCE
from fuseboard.harness.datasets.custom.spec import Spec
from fuseboard.harness.datasets.dataset import Image as Pixels
from fuseboard.harness.datasets.dataset import Reader
from fuseboard.store.embeddings.stored_name import is_name
from fuseboard.store.errors import FuseboardError, UsageError

PREFIX = "hub:"
ADDRESS = re.compile(r"hub:(\w[\w.-]*)/(\w[\w.-]*?)(?:/([\w.-]+))?(?:@([\w./-]+))?", re.ASCII)
"""Owner, repository, and perhaps a configuration and a revision."""


class HubImages(DividedImages):
    """The images and classes of a repository; no code of it runs, which `datasets` no longer knows to do."""

    def __init__(self, rows: pl.DataFrame, spec: Spec, parts: dict[str, Any], column: str) -> None:
        """Takes what was read.

        Args:
            rows: path, which names a part and a row of it, label, split and `further.NAME`.
            spec: says the rest.
            parts: name of a part of the repository -> its table, whose images are not decoded.
            column: of the images.
        """
        self._parts, self._column = parts, column
        super().__init__(rows, spec, spec.images or "", complete=True)

    @classmethod
    def of(cls, name: str, said: Spec | None = None) -> Self:
        """Downloads the repository that `hub:ORG/NAME`, `hub:ORG/NAME/CONFIG` or either with `@REVISION` names.

        Args:
            name: of the repository.
            said: what a TOML says of it.

        Raises:
            UsageError: not such a name; no column of images or of classes, or several.
            FuseboardError: there is no such repository, or it cannot be read.
        """
        found = _parsed(name)
        from datasets import Image, load_dataset

        repository, config, revision = f"{found[1]}/{found[2]}", found[3], found[4]
        if Path(repository).exists():  # which the library would read in its place
            raise UsageError(
                f"{name}: a folder {repository} lies here; run this elsewhere, or give it as ./{repository}"
            )
        with _reading(name):
            parts = load_dataset(repository, config, revision=revision)
        features = next(iter(parts.values())).features
        image = _only(name, "images", [key for key, kind in features.items() if isinstance(kind, Image)])
        label, classes = _label(name, features)
        frames = []
        for part, table in parts.items():
            numbers = table[label][:] if classes is None else [classes[number] for number in table[label][:]]
            paths = [f"{part}/{row:09}" for row in range(len(table))]
            columns = {"path": paths, "label": list(map(str, numbers)), **_further(table, label)}
            table_rows = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
            frames.append(table_rows.with_columns(split=pl.lit(_split(name, part))))
        facts = {"name": name_of(name), "licence": _licence(parts), "images": f"{PREFIX}{repository}"}
        own = said.model_dump(exclude_unset=True, exclude={"images"}) if said is not None else {}
        spec = Spec.model_validate({**facts, **({"classes": tuple(classes)} if classes else {}), **own})
        undecoded = {part: table.cast_column(image, Image(decode=False)) for part, table in parts.items()}
        return cls(pl.concat(frames), spec, undecoded, image)

    def _content(self, path: str) -> bytes:
        """Returns the bytes of one image file; those of a folder lie in the cache of `datasets`."""
        part, _, row = path.rpartition("/")
        held = self._parts[part][int(row)][self._column]
        if held is None or (held["bytes"] is None and held["path"] is None):
            raise FuseboardError(f"{self._where}: {path} has no image; ask its publisher to mend it")
        if held["bytes"] is not None:
            return bytes(held["bytes"])
        return _cached(held["path"], f"{self._where}: {path}").read_bytes()

    def _reader(self, path: str) -> Reader:
        return partial(self._read, path)

    def _read(self, path: str) -> Pixels:
        return image_io.decode(self._content(path), f"{self._where}: {path}", self.reading)

    def _hashes(self, paths: list[str]) -> list[tuple[str, str]]:
        return [_digests(self._content(path)) for path in paths]


def _digests(content: bytes) -> tuple[str, str]:
    return hashlib.md5(content, usedforsecurity=False).hexdigest(), hashlib.sha256(content).hexdigest()


def name_of(name: str) -> str:
    """Returns the name under which the store knows `hub:ORG/NAME`: `org-name`."""
    found = _parsed(name)
    own = "-".join(part for part in found.groups()[:3] if part).lower().replace("_", "-")
    if not is_name(own):
        raise UsageError(f"{name}: of {own!r} no name of a dataset can be made")
    return own


def _parsed(name: str) -> re.Match[str]:
    found = ADDRESS.fullmatch(name)
    if found is None:
        raise UsageError(f"{name!r} is no dataset of the Hub; write hub:ORG/NAME, perhaps with /CONFIG or @REVISION")
    return found


def _label(name: str, features: Any) -> tuple[str, list[str] | None]:
    """Returns the column of classes and their names in order; None where the column holds the names themselves."""
    from datasets import ClassLabel

    known = [key for key, kind in features.items() if isinstance(kind, ClassLabel)]
    if known:
        label = "label" if "label" in known else _only(name, "classes", known)
        return label, list(features[label].names)
    if "label" in features:
        return "label", None
    raise UsageError(f"{name}: no column of classes; it has {', '.join(features)}, and one called label is needed")


def _further(table: Any, label: str) -> dict[str, list[str | None]]:
    """Returns the columns of plain values and of classes beside the label, such as the site, as text."""
    from datasets import ClassLabel, Value

    found: dict[str, list[str | None]] = {}
    for key, kind in table.features.items():
        if key == label or not isinstance(kind, ClassLabel | Value):
            continue
        said = table[key][:]
        names = kind.int2str if isinstance(kind, ClassLabel) else str
        found[f"{FURTHER}{key}"] = [None if value is None else names(value) for value in said]
    return found


def _only(name: str, what: str, columns: list[str]) -> str:
    if len(columns) != 1:
        raise UsageError(f"{name}: {len(columns)} columns of {what} ({', '.join(columns) or 'none'}); one is needed")
    return columns[0]


def _split(name: str, part: str) -> str:
    if (meant := split_names.meant(part)) is None:
        raise UsageError(
            f"{name}: its part {part!r} is none of train, validation and test; save it as a folder instead"
        )
    return meant


def _licence(parts: Any) -> str:
    """Returns what the repository says of its licence."""
    return next((table.info.license for table in parts.values() if table.info.license), None) or LICENCE


def _cached(path: str, where: str) -> Path:
    """Returns a file that the library has downloaded; a path that leads elsewhere on this machine is not followed."""
    from datasets import config
    from huggingface_hub import constants

    found = Path(path).resolve()
    if not any(found.is_relative_to(Path(root).resolve()) for root in (config.HF_CACHE_HOME, constants.HF_HUB_CACHE)):
        raise FuseboardError(f"{where} leads to a file outside the cache of the Hub, which is not read")
    return found


@contextmanager
def _reading(name: str) -> Iterator[None]:
    from datasets.exceptions import DatasetNotFoundError

    try:
        yield
    except DatasetNotFoundError as error:
        raise FuseboardError(
            f"{name}: no such dataset on the Hub, or a private or gated one; check the name, or log in with "
            "`hf auth login` and ask for access on its page"
        ) from error
    except (OSError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise FuseboardError(f"{name} cannot be read ({reason}); mend that, or run the same command again") from error
