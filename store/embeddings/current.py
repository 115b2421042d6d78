"""Current: which version of a backbone, definition of a protocol and source images are meant where there are several.

The list of a store, its clean-up, a search, the regression check and the boards all ask here, so that what one of them
believes in is not what another removes. What was done last says little: to try a backbone at another precision, or a
protocol with another parameter, must not change what was measured before.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import TypeVar

from fuseboard.store.embeddings import derived, private
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.embeddings.versions import Version

T = TypeVar("T")

Cards = Callable[[], Mapping[str, str]]
"""Gives, per backbone, the fingerprint that its present card makes."""
Digests = Callable[[str], Collection[str]]
"""Name of a protocol, as rows have it -> the digests that its present definition gives them; none where there is no
such protocol."""


def _no_digests(protocol: str) -> Collection[str]:
    return ()


class Current:
    """What present cards, present protocol definitions and the versions of a store say, and else the newest.

    Args:
        versions: of the store.
        cards: backbone -> fingerprint that its present card makes.
        digests: of the present definitions of protocols.
    """

    def __init__(
        self, versions: Iterable[Version] = (), cards: Mapping[str, str] | None = None, digests: Digests = _no_digests
    ) -> None:
        by_age = sorted(versions, key=lambda v: (v.manifest.created, v.manifest.fingerprint))
        self._cards = cards or {}
        self._said = set(self._cards.items())
        self._digests = cache(digests)
        self._held = {(v.manifest.backbone, v.manifest.fingerprint): age for age, v in enumerate(by_age)}
        origins = {(v.manifest.backbone, v.manifest.fingerprint): derived.source_of(v.manifest) for v in by_age}
        self._said |= {version for version, source in origins.items() if source in self._said}
        by_backbone: dict[str, list[Version]] = {}
        for version in by_age:
            by_backbone.setdefault(version.manifest.backbone, []).append(version)
        self._of = by_backbone
        self._meant = {name: self.version(own) for name, own in by_backbone.items()}
        self._sources: dict[str, set[str]] = {}
        for dataset in {name for version in by_age for name in version.manifest.datasets}:
            holding = [[v for v in own if dataset in v.manifest.datasets] for own in by_backbone.values()]
            meant = [self.version(own).manifest.datasets[dataset].source_md5 for own in holding if own]
            self._sources[dataset] = set(meant)

    def card(self, backbone: str) -> str | None:
        """The fingerprint that the present card of a backbone makes; None where no card says."""
        return self._cards.get(backbone)

    @property
    def carded(self) -> Collection[str]:
        """Backbones that have a card."""
        return self._cards.keys()

    def is_said(self, version: Version) -> bool:
        """Whether the present card of its backbone makes this version, or the one that it was derived from."""
        return (version.manifest.backbone, version.manifest.fingerprint) in self._said

    def is_current(self, manifest: Manifest) -> bool:
        """Whether it is of the version that the name of its backbone means in this store.

        A version that is of one dataset, such as a derived one, is held against those of the same alone.
        """
        if derived.source_of(manifest) is None and not private.is_metadata(manifest):
            return self._meant[manifest.backbone].manifest.fingerprint == manifest.fingerprint
        mine = self.precedence(manifest.backbone, manifest.fingerprint)
        return not any(
            other.manifest.datasets.keys() & manifest.datasets.keys()
            and self.precedence(manifest.backbone, other.manifest.fingerprint) > mine
            for other in self._of[manifest.backbone]
        )

    def precedence(self, backbone: str, fingerprint: str) -> tuple[bool, int]:
        """Sorts versions of one backbone so that the last is meant.

        That of the present card comes last of all, before it those that the store holds by age, and first those that
        it only has rows of.
        """
        return (backbone, fingerprint) in self._said, self._held.get((backbone, fingerprint), -1)

    def version(self, versions: Sequence[Version]) -> Version:
        """The current one of versions of one backbone: all of them, or those that `backbone@fingerprint` pins."""
        return max(versions, key=lambda v: self.precedence(v.manifest.backbone, v.manifest.fingerprint))

    def fingerprint(self, backbone: str, oldest_first: Sequence[str]) -> str:
        """The current one of the versions of a backbone that rows were measured with; of equals the last."""
        return max(reversed(oldest_first), key=lambda fingerprint: self.precedence(backbone, fingerprint))

    def protocol_digest(self, protocol: str, oldest_first: Sequence[str]) -> str:
        """The current one of the digests that rows of a protocol have, which is that of its present definition."""
        return _said_or_newest(self._digests(protocol), oldest_first)

    def setting_digests(self, protocol: str, found: Collection[str]) -> Collection[str]:
        """Those of the digests of an evaluation's settings the present definition makes; all where it made none."""
        said = self._digests(protocol)
        return [one for one in found if one in said] or found

    def source_md5(self, dataset: str, oldest_first: Sequence[str]) -> str:
        """The current one of the source images that rows of a dataset have: what the current versions embedded."""
        return _said_or_newest(self._sources.get(dataset, ()), oldest_first)


def _said_or_newest(said: Collection[T], oldest_first: Sequence[T]) -> T:
    return ([one for one in oldest_first if one in said] or oldest_first)[-1]
