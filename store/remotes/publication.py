"""Publication: which datasets of a version leave the store, and what of it everyone may see."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath, PureWindowsPath

import tomli_w

from fuseboard.store.embeddings import licence, private
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.dataset_protocol import Origin
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import UsageError, unknown

Origins = Callable[[str], Origin]
"""Says of a dataset's name whose images it means."""

_UNASKED = {"own": "one's own images", "sample": "a sample, made by --limit"}


@dataclass(frozen=True)
class Choice:
    """What is to leave the store."""

    version: Version
    """With the chosen datasets alone."""
    own: tuple[str, ...]
    """Chosen datasets whose images are one's own."""
    left_out: dict[str, str]
    """Dataset of the version that stays -> why."""

    @property
    def rows(self) -> int:
        """Vectors that leave the store."""
        return sum(shard.rows for _, _, shard in self.version.manifest.shards())

    @property
    def is_for_everyone(self) -> bool:
        """Whether it may be public without a further word: nobody's own images, and every licence is open."""
        return not self.own and not licence.closed(self.version.manifest)


def choose(version: Version, named: Sequence[str], origin: Origins) -> Choice:
    """Returns what is to leave: the named datasets; unasked those that fuseboard knows, under an open licence, whole.

    One's own images, samples of trials and metadata leave only when they are named.

    Raises:
        UsageError: a name that the version does not hold, or nothing that leaves unasked.
    """
    there = version.manifest.datasets
    for name in named:
        if name not in there:
            raise unknown("dataset", name, there, version.spec)
    closed, whose = licence.closed(version.manifest), {name: origin(name) for name in there}
    is_metadata = private.is_metadata(version.manifest)
    left_out = {}
    for name in there:
        if named and name not in named:
            left_out[name] = "not named"
        elif not named and is_metadata:
            left_out[name] = "metadata of patients"
        elif not named and (kind := whose[name]) in _UNASKED:
            left_out[name] = _UNASKED[kind]
        elif not named and name in closed:
            left_out[name] = f"licence of its images: {closed[name]}"
    chosen = {name: entry for name, entry in there.items() if name not in left_out}
    if not chosen:
        held = "; ".join(f"{name}: {why}" for name, why in left_out.items()) or "no dataset"
        raise UsageError(f"{version.spec} holds nothing that leaves unasked ({held}); name what is to go by --dataset")
    narrowed = Version(version.folder, version.manifest.model_copy(update={"datasets": chosen}))
    return Choice(narrowed, tuple(name for name in chosen if is_metadata or whose[name] == "own"), left_out)


def card_of(version: Version) -> bytes | None:
    """The card beside the manifest as others may see it: of a weights' file on this machine its name alone."""
    path = version.folder / manifests.CARD
    if not path.is_file():
        return None
    text = path.read_bytes()
    try:
        facts = tomllib.loads(text.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return text
    source = facts.get("source")
    place = source.get("file") if isinstance(source, dict) else None
    if not isinstance(place, str) or place == (name := PureWindowsPath(PurePath(place).name).name):
        return text
    return tomli_w.dumps({**facts, "source": {**facts["source"], "file": name}}).encode()
