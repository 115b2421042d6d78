"""Ridge in its primal form on 90,000 x 8,576 rows: what it holds beside the blocks, measured in a process of its own.

It takes five minutes of a core, so it is run on demand alone: `FUSEBOARD_LONG=1`.
"""

import os
import subprocess
import sys

import pytest

CHILD = """
import resource, sys, time
import numpy as np
from fuseboard.harness.classifiers.ridge import Ridge

ROWS, WIDTHS = int(sys.argv[1]), [int(width) for width in sys.argv[2].split("+")]


class Generated:
    # A block (N, D) whose numbers are made anew whenever they are asked for, so that it takes no memory.

    dtype = np.dtype(np.float32)

    def __init__(self, number, width):
        random = np.random.default_rng(number)
        self.shape = ROWS, width
        self.factors = random.normal(size=(8, width)).astype(np.float32)
        self.salt = random.integers(2**32, size=width, dtype=np.uint32)

    def __len__(self):
        return ROWS

    def __getitem__(self, key):
        key, columns = key if isinstance(key, tuple) else (key, slice(None))
        rows = np.arange(ROWS, dtype=np.uint32)[key]
        mixed = (rows[:, None] * np.uint32(2654435761)) ^ self.salt[columns]
        mixed ^= mixed >> np.uint32(15)
        mixed *= np.uint32(2246822519)
        mixed ^= mixed >> np.uint32(13)
        return mixed.astype(np.float32) * np.float32(2**-31) + LATENT[rows] @ self.factors[:, columns]


LATENT = np.random.default_rng(0).normal(size=(ROWS, 8)).astype(np.float32)
blocks = [Generated(number, width) for number, width in enumerate(WIDTHS, 1)]
labels = (LATENT[:, 0] + np.random.default_rng(1).normal(size=ROWS) > 0).astype(int)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
fitted = Ridge({"weakest": -2, "strongest": 7}, "binary-class", 2).fit(blocks, labels)
spent = resource.getrusage(resource.RUSAGE_SELF)
right = ((fitted.predict([block[:2_000] for block in blocks])[:, 0] > 0.5) == labels[:2_000]).mean()
print(before * 1024 / 1e9, spent.ru_maxrss * 1024 / 1e9, spent.ru_utime + spent.ru_stime, fitted.alpha, right)
"""


@pytest.mark.skipif("FUSEBOARD_LONG" not in os.environ, reason="it takes five minutes of a core: set FUSEBOARD_LONG")
def test_ninety_thousand_rows_in_three_gigabytes() -> None:
    widths = "768+1024+512+512+1024+1024+768+1280+1664"
    ran = subprocess.run([sys.executable, "-c", CHILD, "90000", widths], capture_output=True, text=True, check=True)
    before, peak, processor_s, alpha, right = map(float, ran.stdout.split())
    print(f"\n{before:.2f} GB before, {peak:.2f} at most, {processor_s:.0f} s, penalty {alpha:g}, {right:.3f} right")
    assert peak < 3
