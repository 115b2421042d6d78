"""Where fits run: the cores of this machine, or a Dask cluster."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any

import joblib

from harness import profile
from store.errors import FuseboardError


def run(
    function: Callable[..., Any], jobs: Iterable[tuple[Any, ...]], workers: int | None, address: str | None
) -> Iterator[tuple[int, Any]]:
    """Calls `function` on each job's arguments and yields (job number, answer) as they finish, in any order.

    Here, jobs share the memory of threads: XGBoost and NumPy release the interpreter's lock, so nothing is copied. With
    `address`, the same jobs go to the Dask cluster there.
    """
    with ExitStack() as stack:
        stack.enter_context(_dask(address, stack) if address else nullcontext())
        parallel = joblib.Parallel(
            n_jobs=-1 if address else workers or profile.cores(),
            return_as="generator_unordered",
            prefer=None if address else "threads",
            batch_size=1,
            pre_dispatch="2*n_jobs",
        )
        numbered = ((number, *job) for number, job in enumerate(jobs))
        yield from parallel(joblib.delayed(_numbered)(function, *job) for job in numbered)


def _numbered(function: Callable[..., Any], number: int, *arguments: Any) -> tuple[int, Any]:
    return number, function(*arguments)


def _dask(address: str, stack: ExitStack) -> AbstractContextManager[Any]:
    from distributed import Client

    try:
        stack.enter_context(Client(address, timeout=10))  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise FuseboardError(f"no Dask scheduler answers at {address}: start one with `dask scheduler`") from error
    context: AbstractContextManager[Any] = joblib.parallel_config(backend="dask")
    return context
