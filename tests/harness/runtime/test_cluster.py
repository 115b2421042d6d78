"""The cluster, as this machine asks it before the work begins. Its workers are threads of this process here."""

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from fuseboard.harness.runtime import cluster
from fuseboard.store.errors import FuseboardError, UsageError

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")


@pytest.fixture
def small() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=3, processes=False, dashboard_address=None, protocol="tcp"
    ) as started:
        yield started


def test_the_device_is_the_workers_and_not_this_machines(small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    address = small.scheduler_address
    assert cluster.device_of(address, "cpu") == "cpu"
    assert cluster.threads_of(address) == 3
    monkeypatch.setattr(cluster, "resolve", lambda device: device or "cuda")
    assert cluster.device_of(address, None) == "cuda"
    assert cluster.device_of(address, "cuda:1") == "cuda:1"
    found = iter(["cpu", "cuda"])
    monkeypatch.setattr(cluster, "resolve", lambda device: next(found))
    with pytest.raises(UsageError, match=r"different devices \(cpu, cuda\); say --device"):
        cluster.device_of(address, None)


def test_a_worker_without_the_device_is_named(small: Any) -> None:
    with pytest.raises(UsageError, match=r"tcp://.*: device cuda:99: this machine has \d+ CUDA"):
        cluster.device_of(small.scheduler_address, "cuda:99")


def test_workers_that_have_not_come_yet_cannot_be_asked() -> None:
    with distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None, protocol="tcp") as empty:
        assert cluster.device_of(empty.scheduler_address, "cuda") == "cuda"
        with pytest.raises(UsageError, match="have not come yet, so theirs is not known; say --device"):
            cluster.device_of(empty.scheduler_address, None)


def test_a_cluster_of_all_gpus_has_a_worker_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without dask-cuda, and with a stand-in for it that takes a machine of two GPUs for granted."""
    asked: list[int] = []

    def local(threads_per_worker: int, dashboard_address: None) -> Any:
        asked.append(threads_per_worker)
        return distributed.LocalCluster(
            n_workers=2, threads_per_worker=threads_per_worker, processes=False, dashboard_address=None, protocol="tcp"
        )

    monkeypatch.setattr(cluster, "resolve", lambda device: device)
    monkeypatch.setitem(sys.modules, "dask_cuda", None)
    with pytest.raises(ModuleNotFoundError), cluster.opened("gpus"):
        pass
    monkeypatch.setitem(sys.modules, "dask_cuda", SimpleNamespace(LocalCUDACluster=local))
    with cluster.opened("gpus") as address:
        assert address is not None
        assert cluster.threads_of(address) == 4
    assert asked == [4]
    with pytest.raises(FuseboardError, match="no Dask scheduler answers"), cluster.connected(address):
        pass


def test_any_other_cluster_is_somebody_elses() -> None:
    with cluster.opened("tcp://10.0.0.1:8786") as address:
        assert address == "tcp://10.0.0.1:8786"
    with cluster.opened(None) as address:
        assert address is None
