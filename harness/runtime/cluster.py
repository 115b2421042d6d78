"""The cluster: a Dask scheduler with its workers, which compute for this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fuseboard.harness.runtime.device import GPU_FITS, resolve
from fuseboard.store.errors import FuseboardError, UsageError

GPUS = "gpus"
"""The name, in the place of an address, of a cluster that is started on all GPUs of this machine."""
ANSWER_S = 10
"""How long a scheduler may take to answer, in seconds."""


def threads_of(address: str) -> int:
    """Returns how many threads the largest worker of a cluster has, whose jobs share its memory."""
    with connected(address) as client:
        return max(client.nthreads().values(), default=1)


def device_of(address: str, device: str | None) -> str:
    """Returns what the workers of a cluster compute on; this machine need not have it.

    Raises:
        UsageError: a worker lacks it, they differ where none was asked for, or none has come that could be asked.
        FuseboardError: no scheduler answers.
    """
    with connected(address) as client:
        found: dict[str, Any] = client.run(_resolved, device)
    for worker, (_, refusal) in found.items():
        if refusal is not None:
            raise UsageError(f"{worker}: {refusal}")
    names = sorted({name for name, _ in found.values()})
    if not names and device is not None:
        return device
    if len(names) != 1:
        how = f"have different devices ({', '.join(names)})" if names else "have not come yet, so theirs is not known"
        raise UsageError(f"the workers of {address} {how}; say --device")
    only: str = names[0]
    return only


def _resolved(device: str | None) -> tuple[str, str | None]:
    """Returns the device of the worker that runs this, or why it has none such."""
    try:
        return resolve(device), None
    except UsageError as error:
        return "", str(error)


@contextmanager
def opened(address: str | None, threads: int = GPU_FITS) -> Iterator[str | None]:
    """Hands on the address of a scheduler, or starts one for `gpus`, with a worker for every GPU of this machine.

    One process per GPU, because a process computes on one, and in it as many threads as it sustains jobs.

    Raises:
        UsageError: this machine has no GPU.
    """
    if address != GPUS:
        yield address
        return
    resolve("cuda")
    from dask_cuda import LocalCUDACluster

    with LocalCUDACluster(threads_per_worker=threads, dashboard_address=None) as started:
        yield started.scheduler_address


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Yields Dask's client of a scheduler.

    Raises:
        FuseboardError: none answers there.
    """
    from distributed import Client

    try:
        client: Any = Client(address, timeout=ANSWER_S)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise FuseboardError(f"no Dask scheduler answers at {address}: start one with `dask scheduler`") from error
    with client:
        yield client
