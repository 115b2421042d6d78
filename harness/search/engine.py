"""The engine: fits the subsets that nobody has fitted yet, and keeps each one as it comes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from harness import cluster, profile
from harness.classifiers import XGBoost
from harness.fusion import Subset
from harness.metrics import measure
from harness.progress import progress
from harness.protocol import Protocol
from harness.search.fit import Outcome, fit
from harness.search.pool import Pool, gather
from harness.search.strategies import Strategy
from store import manifest, results
from store.catalog import Blocks
from store.choice import Choice, choose
from store.results import Inputs, Result

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
        rounds = strategy(list(self.pool.versions))
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
        losers = [subset for subset in everything if subset not in choice.finalists]
        results.compact(self.root, EVALUATION, self.dataset, {key for s in losers for key in self._keys(s)})
        return choice

    def rows(self, subsets: Sequence[Subset], scores: bool = False) -> pl.DataFrame:
        """The result rows of some subsets of this search, with their kept predictions when asked for."""
        keys = {key for subset in subsets for key in self._keys(subset)}
        return results.read(self.root, EVALUATION, self.dataset, scores).filter(pl.col("key").is_in(list(keys)))

    @property
    def classifier(self) -> XGBoost:
        """The protocol's classifier for this dataset's task."""
        return XGBoost(
            params=self.protocol.params.model_dump(exclude_none=True),
            task=self.pool.entry.task,
            n_classes=self.pool.entry.n_classes,
            seed=self.protocol.seed,
            device=self.device,
        )

    @cached_property
    def libraries(self) -> dict[str, str]:
        """Versions of what can change a number here."""
        return profile.libraries()

    @cached_property
    def pool(self) -> Pool:
        """The versions searched."""
        return gather(self.root, self.dataset, self.backbones)

    def _fit(self, subsets: Sequence[Subset]) -> None:
        """Fits subsets side by side, the widest first so that no core waits for a late giant."""
        if not subsets:
            return
        ordered = sorted(subsets, key=self.pool.features, reverse=True)
        train, val, test = (self.pool.blocks(split, list(self.pool.versions)) for split in manifest.SPLITS)
        classifier = self.classifier
        jobs = (
            (classifier, train.labels, *(blocks.features[name] for blocks in (train, val, test) for name in subset))
            for subset in ordered
        )
        truth = {"val": val, "test": test}
        with progress(
            f"{self.dataset} · {self.protocol.name} · {len(self.pool.versions)} backbones", len(ordered)
        ) as advance:
            for number, outcome in cluster.run(fit, jobs, self.jobs, self.address):
                results.keep(
                    self.root, [self._result(ordered[number], split, outcome, truth[split]) for split in SPLITS]
                )
                self.fits += 1
                advance(1)

    def _result(self, subset: Subset, split: str, outcome: Outcome, truth: Blocks) -> Result:
        scores = outcome.scores[split]
        metrics = measure(self.pool.entry.task, truth.labels, scores)
        return Result(
            inputs=self._inputs(subset, split),
            selection=(self.protocol.selection.metric, *self.protocol.selection.tie_break),
            auc=metrics.auc,
            acc=metrics.acc,
            reason=metrics.reason,
            rows=len(scores),
            features=self.pool.features(subset),
            fit_s=outcome.fit_s,
            predict_s=outcome.predict_s[split],
            peak_rss_mb=outcome.peak_rss_mb,
            peak_vram_mb=None,
            jobs=1 if self.address else self.jobs or profile.cores(),
            device=self.device,
            hardware=outcome.hardware,
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
            source_md5=self.pool.entry.source_md5,
            split=split,
            subset=subset,
            fingerprints=self.pool.fingerprints(subset),
            fusion=self.protocol.fusion,
            classifier=self.protocol.classifier,
            seed=self.protocol.seed,
        )

    def _keys(self, subset: Subset) -> set[str]:
        return {self._inputs(subset, split).key for split in SPLITS}

    def _validation(self, subsets: Sequence[Subset]) -> dict[Subset, float | None]:
        rows = self.rows(subsets).filter(pl.col("split") == "val")
        return {tuple(row["subset"]): row[self.protocol.selection.metric] for row in rows.iter_rows(named=True)}
