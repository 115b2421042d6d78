"""Providers give the site what only the harness knows; they are handed in, because the leaderboard must not import
it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Definition:
    """It is a protocol as this project defines it."""

    name: str
    digest: str
    title: str
    description: str
    choices: Mapping[str, Any]
    """Everything it fixes, as its file says it."""


@dataclass(frozen=True)
class Providers:
    """They are called when a page needs them."""

    protocols: Callable[[], Mapping[str, Definition]]
    """Name -> definition."""
    examples: Callable[[str], Mapping[str, bytes]]
    """Dataset -> class -> a PNG of one training image; empty where the images are not on this machine, or their licence
    does not let them be passed on. Never downloads."""
    files: Callable[[], Iterable[Path]] = tuple
    """Every file that the answers may come from, there or not: when one changes, the site is built anew."""
    is_own: Callable[[str], bool] = lambda dataset: False
    """Whether a dataset is somebody's own images, and not one that everybody knows."""
    hides: Callable[[str], bool] = lambda dataset: False
    """Whether a dataset stays off the pages, also where an earlier site or a submission has it."""
    fault: Callable[[Path], str | None] = lambda submission: None
    """Folder of a submission -> what its check finds wrong, without a look at its shards; None where nothing is."""
    own_protocols: Callable[[Path], Mapping[str, Definition]] = lambda root: {}
    """Root of a store -> name -> definition of the protocols that were made by whoever measured there."""
    published: Callable[[], Mapping[str, str]] = dict
    """Backbone -> the month in which it was first public, as YYYY-MM, where its card says so."""

    def of_store(self, root: Path) -> "Providers":
        """Return providers for one build: they know the protocols of the store too, and read the images of a dataset
        once, though several pages show them."""
        return replace(
            self,
            protocols=lambda: {**self.protocols(), **self.own_protocols(root)},
            examples=cache(self.examples),
        )


def no_providers() -> Providers:
    """Return providers that know nothing, for a site of rows alone."""
    return Providers(protocols=dict, examples=lambda _: {})
