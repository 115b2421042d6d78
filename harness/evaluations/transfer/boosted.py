"""XGBoost over a stream: batches are quantised as they come, so that training is held in a byte per number."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

from fuseboard.harness.classifiers.fusion import concat
from fuseboard.harness.classifiers.xgboost import Fitted
from fuseboard.harness.evaluations.transfer.stream import Stream
from fuseboard.harness.evaluations.transfer.tally import Tally
from fuseboard.harness.evaluations.transfer.task import Advance, Answer, Task
from fuseboard.harness.runtime import profiling

SETTING = {"features": "raw, quantised batch by batch"}


def measure(task: Task, params: Mapping[str, Any], seed: int, advance: Advance) -> list[Answer]:
    """Grows the trees of one setting and counts their answers.

    Args:
        task: what to learn and what to answer.
        params: of XGBoost, by scikit-learn's names, as protocols have them.
        seed: of its generator.
        advance: told when the trees are grown.
    """
    import xgboost as xgb

    began, threads = time.perf_counter(), profiling.cores()
    own = {name: value for name, value in params.items() if name != "n_estimators"}
    own |= {"objective": "multi:softprob", "num_class": task.n_classes, "tree_method": "hist", "verbosity": 0}
    own |= {"device": task.device, "nthread": threads, "seed": seed}
    data = xgb.QuantileDMatrix(_reader(task.train), nthread=threads, max_bin=params.get("max_bin", 256))
    fitted = Fitted(xgb.train(own, data, params["n_estimators"]), threads)
    fit_s, tallies, predict_s = time.perf_counter() - began, {}, {}
    advance(1)
    for split, unseen in task.unseen.items():
        began = time.perf_counter()
        tallies[split] = Tally(task.n_classes)
        for batch in unseen.batches():
            scores = torch.from_numpy(fitted.predict(concat(batch.parts)))
            tallies[split].add(scores, torch.from_numpy(batch.labels.astype("int64")))
        predict_s[split] = time.perf_counter() - began
    return [Answer(tallies, fit_s, predict_s)]


def _reader(train: Stream) -> Any:
    """What hands XGBoost the stream, as often as it asks."""
    import xgboost as xgb

    class Reader(xgb.DataIter):
        def __init__(self) -> None:
            self.reset()
            super().__init__()

        def next(self, input_data: Callable[..., None]) -> bool:
            batch = next(self._batches, None)
            if batch is None:
                return False
            input_data(data=concat(batch.parts), label=batch.labels)
            return True

        def reset(self) -> None:
            self._batches = train.batches()

    return Reader()
