"""The engine: fits the subsets that nobody has fitted yet, and keeps each one as it comes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from harness import cluster, profile
from harness.backbones import registry
from harness.classifiers import XGBoost
from harness.fusion import Subset
from harness.metrics import measure
from harness.progress import progress
from harness.protocol import Protocol
from harness.search.fit import Outcome, fit
from harness.search.strategies import Strategy
from store import manifest, results
from store.catalog import Blocks, Catalog
from store.choice import Choice, choose
from store.errors import FuseboardError, UsageError
from store.results import Inputs, Result
from store.versions import Version, all_versions, find

EVALUATION = "fusion"
SPLITS = ("val", "test")


@dataclass
class Search:
    """A search over the subsets of a pool of backbones on one dataset.

    Args:
        root: the store.
        dataset: its embeddings must be there; its images are not needed.
        backbones: names or `name@fingerprint`; all that hold the dataset when empty.
        protocol: classifier, parameters, selection.
        device: `cpu`, `cuda` or `cuda:N`.
        jobs: fits side by side; one per core by default. On a GPU they share it.
        address: of a Dask scheduler, to fit there instead.
    """

    root: Path
    dataset: str
    protocol: Protocol
    backbones: Sequence[str] = ()
    device: str = "cpu"
    jobs: int | None = None
    address: str | None = None
    fits: int = field(default=0, init=False)
    """Fits done by `run`; 0 when everything was known."""

    def run(self, strategy: Strategy) -> Choice:
        """Fits what the strategy asks for and is not known, and says what the protocol chooses."""
        rounds = strategy(list(self.versions))
        everything: list[Subset] = []
        asked = next(rounds, [])
        while asked:
            known = results.known_keys(self.root, EVALUATION, self.dataset)
            self._fit([subset for subset in asked if not self._keys(subset) <= known])
            everything += asked
            try:
                asked = rounds.send(self._validation(asked))
            except StopIteration:
                break
        choice = choose(self.rows(everything))
        if self.fits:
            losers = [subset for subset in everything if subset not in choice.finalists]
            results.compact(self.root, EVALUATION, self.dataset, {key for s in losers for key in self._keys(s)})
        return choice

    def rows(self, subsets: Sequence[Subset], scores: bool = False) -> pl.DataFrame:
        """The result rows of some subsets of this search, with their kept predictions when asked for."""
        keys = {key for subset in subsets for key in self._keys(subset)}
        return results.read(self.root, EVALUATION, self.dataset, scores).filter(pl.col("key").is_in(list(keys)))

    def labels(self, split: str) -> NDArray[np.integer[Any]]:
        """The labels of a split, in the order of the rows' predictions."""
        return self._catalog.labels(self.dataset, split, next(iter(self.versions.values())).spec)

    def blocks(self, split: str, subset: Sequence[str]) -> Blocks:
        """The blocks of some of the searched backbones."""
        return self._catalog.blocks(self.dataset, split, [self.versions[name].spec for name in subset])

    @property
    def classifier(self) -> XGBoost:
        """The protocol's classifier for this dataset's task."""
        return XGBoost(
            params=self.protocol.params.model_dump(exclude_none=True),
            task=self.task,
            n_classes=self._entry.n_classes,
            seed=self.protocol.seed,
            device=self.device,
        )

    @property
    def task(self) -> str:
        """MedMNIST's name of the task."""
        return self._entry.task

    @property
    def label_names(self) -> tuple[str, ...]:
        """Of the classes or findings, in the order of the scores' columns."""
        return self._entry.label_names

    @cached_property
    def libraries(self) -> dict[str, str]:
        """Versions of what can change a number here."""
        return profile.libraries()

    @cached_property
    def versions(self) -> dict[str, Version]:
        """Backbone -> the version searched; the one its present card makes, where the store holds several."""
        specs = list(self.backbones) or sorted(
            {v.manifest.backbone for v in all_versions(self.root) if self.dataset in v.manifest.datasets}
        )
        if not specs:
            raise FuseboardError(
                f"{self.root} holds no embeddings of {self.dataset}; "
                f"run `fuseboard extract BACKBONE --dataset {self.dataset}`"
            )
        found = [find(self.root, spec, self.dataset, registry.fingerprints()) for spec in specs]
        named = {version.manifest.backbone: version for version in found}
        if len(named) < len(found):
            raise UsageError("a backbone is named twice; a subset holds it once")
        for version in found:
            for split in manifest.SPLITS:
                version.manifest.entry(self.dataset, split)
        sources = {v.manifest.datasets[self.dataset].source_md5: name for name, v in named.items()}
        if len(sources) > 1:
            raise FuseboardError(
                f"{' and '.join(sources.values())} embedded different source files of {self.dataset}; "
                "extract both again"
            )
        return dict(sorted(named.items()))

    def _fit(self, subsets: Sequence[Subset]) -> None:
        """Fits subsets side by side, the widest first so that no core waits for a late giant."""
        if not subsets:
            return
        ordered = sorted(subsets, key=self._features, reverse=True)
        train, val, test = (self.blocks(split, list(self.versions)) for split in manifest.SPLITS)
        classifier = self.classifier
        jobs = (
            (classifier, train.labels, *(blocks.features[name] for blocks in (train, val, test) for name in subset))
            for subset in ordered
        )
        truth = {"val": val, "test": test}
        with progress(
            f"{self.dataset} · {self.protocol.name} · {len(self.versions)} backbones", len(ordered)
        ) as advance:
            for number, outcome in cluster.run(fit, jobs, self.jobs, self.address):
                results.keep(
                    self.root, [self._result(ordered[number], split, outcome, truth[split]) for split in SPLITS]
                )
                self.fits += 1
                advance(1)

    def _result(self, subset: Subset, split: str, outcome: Outcome, truth: Blocks) -> Result:
        scores = outcome.scores[split]
        metrics = measure(self.task, truth.labels, scores)
        return Result(
            inputs=self._inputs(subset, split),
            selection=(self.protocol.selection.metric, *self.protocol.selection.tie_break),
            auc=metrics.auc,
            acc=metrics.acc,
            reason=metrics.reason,
            rows=len(scores),
            features=self._features(subset),
            fit_s=outcome.fit_s,
            predict_s=outcome.predict_s[split],
            peak_rss_mb=outcome.peak_rss_mb,
            peak_vram_mb=None,
            jobs=self.jobs or cluster.cores(),
            device=self.device,
            hardware=profile.hardware(self.device),
            libraries=self.libraries,
            created=manifest.now(),
            scores=scores.tolist(),
        )

    def _inputs(self, subset: Subset, split: str) -> Inputs:
        return Inputs(
            evaluation=EVALUATION,
            protocol=self.protocol.name,
            protocol_digest=self.protocol.digest,
            dataset=self.dataset,
            source_md5=self._entry.source_md5,
            split=split,
            subset=subset,
            fingerprints=tuple(self.versions[name].manifest.fingerprint for name in subset),
            fusion=self.protocol.fusion,
            classifier=self.protocol.classifier,
            seed=self.protocol.seed,
        )

    def _keys(self, subset: Subset) -> set[str]:
        return {self._inputs(subset, split).key for split in SPLITS}

    def _validation(self, subsets: Sequence[Subset]) -> dict[Subset, float | None]:
        rows = self.rows(subsets).filter(pl.col("split") == "val")
        return {tuple(row["subset"]): row[self.protocol.selection.metric] for row in rows.iter_rows(named=True)}

    def _features(self, subset: Subset) -> int:
        return sum(self.versions[name].manifest.dim for name in subset)

    @property
    def _entry(self) -> manifest.DatasetEntry:
        return next(iter(self.versions.values())).manifest.datasets[self.dataset]

    @cached_property
    def _catalog(self) -> Catalog:
        return Catalog(self.root)
