"""Where fits run: the cores of this machine, or a Dask cluster."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.runtime import profiling
from fuseboard.harness.runtime.cluster import connected
from fuseboard.store.errors import FuseboardError

Job = tuple[int, tuple[Any, ...]]


def run(
    function: Callable[..., Any], jobs: Iterable[tuple[Any, ...]], workers: int | None, address: str | None
) -> Iterator[tuple[int, Any]]:
    """Calls `function` on each job's arguments and yields (job number, answer) as they finish, in any order.

    Here, jobs share the memory of threads: XGBoost and NumPy release the interpreter's lock, so nothing is copied. With
    `address`, the same jobs go to the Dask cluster there.

    Raises:
        FuseboardError: no scheduler answers, it went away, or a job's workers died again and again.
    """
    if address:
        yield from _on_dask(function, enumerate(jobs), address)
        return
    import joblib  # a light installation lacks it, and asks for the digests of settings, which come with searches

    parallel = joblib.Parallel(
        n_jobs=workers or profiling.cores(),
        return_as="generator_unordered",
        prefer="threads",
        batch_size=1,
        pre_dispatch="2*n_jobs",
    )
    yield from parallel(joblib.delayed(_numbered)(function, number, job) for number, job in enumerate(jobs))


def _numbered(function: Callable[..., Any], number: int, job: tuple[Any, ...]) -> tuple[int, Any]:
    return number, function(*job)


def _itself(array: NDArray[Any]) -> NDArray[Any]:
    return array


def _on_dask(function: Callable[..., Any], jobs: Iterator[Job], address: str) -> Iterator[tuple[int, Any]]:
    """The answers of a cluster.

    Jobs are submitted to Dask itself rather than through joblib's backend, which waits for ever where a worker is
    killed, and runs the jobs here where the cluster has one thread.
    """
    from concurrent.futures import CancelledError

    import dask
    from distributed import KilledWorker, as_completed
    from distributed.comm.core import CommClosedError

    # Blocks are larger than the graphs that this warning is meant for.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}), connected(address) as client:
        sent: dict[int, tuple[Any, Any]] = {}
        numbers: dict[Any, int] = {}

        def place(argument: Any) -> Any:
            """Sends an array to the cluster once, however many jobs share it.

            As a task, not with `scatter`: the scheduler keeps a task's arguments, so an array that was lost with its
            worker is there again on the next one.
            """
            if not isinstance(argument, np.ndarray):
                return argument
            if id(argument) not in sent:
                sent[id(argument)] = argument, client.submit(_itself, argument, pure=False)
            return sent[id(argument)][1]

        def submit(count: int) -> list[Any]:
            futures = []
            for number, job in islice(jobs, count):
                futures.append(client.submit(function, *map(place, job), pure=False))
                numbers[futures[-1]] = number
            return futures

        try:
            answers: Any = as_completed(submit(2 * max(2, sum(client.ncores().values()))))  # type: ignore[no-untyped-call]
            for future in answers:
                yield numbers.pop(future), future.result()
                for other in submit(1):
                    answers.add(other)
        except KilledWorker as error:
            raise FuseboardError(
                f"workers of {address} died again and again at one job, mostly for want of memory: give them more "
                "(`dask worker --memory-limit`), and run this again; what is done is kept"
            ) from error
        except (CancelledError, CommClosedError) as error:
            raise FuseboardError(
                f"the Dask scheduler at {address} went away: start it again, and run this again; what is done is kept"
            ) from error
