"""One fit: the blocks of all backbones through attention, XGBoost on what comes out, predictions and their cost."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from fuseboard.harness.classifiers.classifier import Classifier
from fuseboard.harness.evaluations.attention.module import draw
from fuseboard.harness.evaluations.attention.plan import Plan
from fuseboard.harness.evaluations.attention.training import train
from fuseboard.harness.runtime import profiling
from fuseboard.harness.runtime.precision import computing
from fuseboard.harness.runtime.vram import Span
from fuseboard.harness.search.fit import Outcome
from fuseboard.store.arrays import Labels


@dataclass(frozen=True)
class Fit:
    """What all widths and heads of an ablation share.

    Args:
        trained: whether the module is; else it stays as it was drawn.
        blocks: split -> one (N, D_k) per backbone.
        train: labels of training, (N,) or (N, L).
        val: those of validation, which say when training stops.
        classifier: of the protocol; its seed is that of the module, and its device the module's.
    """

    trained: bool
    blocks: Mapping[str, Sequence[NDArray[np.float32]]]
    train: Labels
    val: Labels
    classifier: Classifier

    def __call__(self, width: int, heads: int) -> Outcome:
        """Predicts validation and test by one width and number of heads, in IEEE single precision on any device."""
        with Span(self.classifier.device) as span, computing("fp32", self.classifier.device):
            outcome = self._outcome(width, heads)
        return replace(outcome, peak_vram_mb=span.peak_mb)

    def _outcome(self, width: int, heads: int) -> Outcome:
        rules, blocks = self.classifier, self.blocks
        began = time.perf_counter()
        module = draw([block.shape[1] for block in blocks["train"]], width, heads, rules.seed).to(rules.device)
        if self.trained:
            learn, val = (blocks["train"], self.train), (blocks["val"], self.val)
            train(module, learn, val, rules.task, rules.n_classes, rules.seed, Plan())
        fitted = rules.fit([module.encode(blocks["train"])], self.train)
        fit_s, scores, predict_s = time.perf_counter() - began, {}, {}
        for split in ("val", "test"):
            began = time.perf_counter()
            scores[split] = [fitted.predict([module.encode(blocks[split])])]
            predict_s[split] = time.perf_counter() - began
        return Outcome(scores, fit_s, predict_s, profiling.peak_rss_mb(), profiling.hardware(rules.device))


@contextmanager
def one_thread_each() -> Iterator[None]:
    """For fits in threads of their own: torch's calls here are many and small, so its own threads mostly wait."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
