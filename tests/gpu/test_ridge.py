"""Ridge on a GPU and on the CPU: the same float64 numbers, and the products stay there between fits."""

import numpy as np
import pytest

from fuseboard.harness.classifiers.ridge import Ridge

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("rows", [60, 3_000])
def test_decisions_equal_those_of_the_cpu(rows: int, device: str) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, rows)
    blocks = [(labels[:, None] + rng.normal(size=(rows, width))).astype(np.float32) for width in (200, 300)]
    here, there = (
        Ridge({"weakest": -2, "strongest": 7}, "multi-class", 4, device=each).fit(blocks, labels)
        for each in ("cpu", device)
    )
    assert there.alpha == here.alpha
    assert np.abs(there.decision(blocks) - here.decision(blocks)).max() < 1e-9
