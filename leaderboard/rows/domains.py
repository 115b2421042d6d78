"""What the boards know of datasets: domain and modality, and whose images each shows at which size."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from fuseboard.store.embeddings.declaration import DEMO, DOMAINS, KNOWN, NOTHING, Declaration, known_source, whole
from fuseboard.store.embeddings.manifest import Manifest

UNDECLARED = "Undeclared"
"""What boards call the images of a dataset that declares no domain."""
CORRUPTED = "-c"
_SIZE = re.compile(r"-(\d+)$")
_FULL = 224
"""Pixels of a set whose name gives no size."""


@dataclass(frozen=True)
class Domains:
    """They are what the datasets of one store are declared to be."""

    declared: Mapping[str, Declaration] = field(default_factory=dict)
    """Dataset of one's own -> what its embeddings declare; what they contradict each other in is not declared."""
    contradicted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Dataset -> the domains that its embeddings declare, where they are several."""

    @classmethod
    def of(cls, manifests: Iterable[Manifest]) -> "Domains":
        """Return what the embeddings of a store declare: one version that says it speaks for those that do not."""
        said: dict[str, list[Declaration]] = {}
        for manifest in manifests:
            for name, entry in manifest.datasets.items():
                said.setdefault(name, []).append(entry.declares)
        domains = {name: {one.domain for one in own} - {None} for name, own in said.items()}
        sources = {name: {one.source for one in own} - {None} for name, own in said.items()}
        return cls(
            {name: Declaration(domain=_only(domains[name]), source=_only(sources[name])) for name in said},
            {name: tuple(sorted(map(str, own))) for name, own in domains.items() if len(own) > 1},
        )

    def domain(self, dataset: str) -> str | None:
        """Return the domain of a dataset, or of the one that it is a sample of; None where nobody declared any that is
        known here."""
        source = known_source(dataset)
        found = KNOWN[source].domain if source else self._own(dataset).domain
        return found if found in DOMAINS else None

    def modality(self, dataset: str) -> str:
        """Return what boards call the images of a dataset."""
        if source := known_source(dataset):
            return KNOWN[source].title
        domain = self.domain(dataset)
        return DOMAINS[domain] if domain else UNDECLARED

    def is_demo(self, dataset: str) -> bool:
        """Tell whether a dataset is declared not to be medical. Such sets have a board of their own."""
        return self.domain(dataset) == DEMO

    def is_undeclared(self, dataset: str) -> bool:
        """Tell whether nobody said what a dataset shows. It may be anything, so it counts on no medical board."""
        return self.domain(dataset) is None and not is_corrupted(dataset)

    def is_ranked(self, dataset: str) -> bool:
        """Tell whether a dataset is a column of the medical boards: corrupted test sets have pages of their own, and
        what is not declared to be medical says nothing of medical images."""
        return not is_corrupted(dataset) and self.domain(dataset) not in (None, DEMO)

    def why_not_ranked(self, dataset: str) -> str:
        """Return why a dataset is no column of the medical boards, to follow `because`."""
        if is_corrupted(dataset):
            return "it is a corrupted test set"
        if self.is_demo(dataset):
            return "it is not medical"
        if several := self.contradicted.get(dataset):
            return f"its embeddings declare several domains, {' and '.join(several)}"
        return "it declares no domain"

    def source(self, dataset: str, source_md5: str) -> str:
        """Return whose images a dataset shows: equal for two sizes of a known set, for those that declare one source,
        for a sample and its whole, and for two names of the same file.

        Args:
            dataset: its name.
            source_md5: that its rows carry.
        """
        return known_source(dataset) or self._own(dataset).source or source_md5

    def in_order(self, datasets: Iterable[str]) -> tuple[str, ...]:
        """Return the datasets as columns: by domain, known ones first, the smaller size first; others at the end."""
        return tuple(sorted(set(datasets), key=self._place))

    def groups(self, datasets: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
        """Return (modality, its datasets), in the order of the columns."""
        return by_modality(self.in_order(datasets), self.modality)

    def _own(self, dataset: str) -> Declaration:
        return self.declared.get(dataset) or self.declared.get(whole(dataset)) or NOTHING

    def _place(self, dataset: str) -> tuple[int, int, bool, str, int, str]:
        clean = dataset.removesuffix(CORRUPTED) if is_corrupted(dataset) else dataset
        domain, source = self.domain(clean), known_source(clean)
        first = [*DOMAINS].index(domain) if domain else len(DOMAINS)
        known = [*KNOWN].index(source) if source else len(KNOWN)
        return first, known, whole(clean) != clean, _SIZE.sub("", whole(clean)), size(clean)[1], dataset


def by_modality(datasets: Iterable[str], modality: Callable[[str], str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return (modality, its datasets), in the order of the datasets."""
    found: dict[str, list[str]] = {}
    for dataset in datasets:
        found.setdefault(modality(dataset), []).append(dataset)
    return [(title, tuple(own)) for title, own in found.items()]


def is_corrupted(dataset: str) -> bool:
    """Tell whether a name means corrupted test images of a MedMNIST set, or a sample of them."""
    clean = whole(dataset)
    source = known_source(clean.removesuffix(CORRUPTED))
    return clean.endswith(CORRUPTED) and source is not None and KNOWN[source].domain != DEMO


def size(dataset: str) -> tuple[bool, int, str]:
    """Return what sizes of the same images are ordered by: a whole set comes after its samples, more pixels after
    fewer."""
    clean = whole(dataset)
    found = _SIZE.search(clean)
    return clean == dataset, int(found[1]) if found else _FULL, dataset


def medmnist() -> tuple[str, ...]:
    """Return the sets of MedMNIST, in the order of columns."""
    return tuple(name for name, known in KNOWN.items() if known.domain != DEMO)


def _only(words: set[str | None]) -> str | None:
    return next(iter(words)) if len(words) == 1 else None
