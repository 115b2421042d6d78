"""A Dask cluster in processes of its own, as users have one: nothing in the tests' process can touch its workers."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
START = """
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


@contextmanager
def dask_cluster(folder: Path, **settings: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A scheduler with two workers of one thread: its address, and its process.

    Args:
        folder: for its script and its scratch files.
        settings: of Dask, as environment variables.
    """
    script = folder / "cluster.py"
    script.write_text(START)
    own = {"PYTHONPATH": str(REPOSITORY), "DASK_TEMPORARY_DIRECTORY": str(folder)}
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **own, **settings},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), process
    finally:
        process.stdin.close()  # which ends it
        process.wait(60)
        process.stdout.close()
