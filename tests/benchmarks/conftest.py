"""Benchmarks measure a peer in the same run, and state ratios; nothing here asserts seconds."""

from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

Timed = Callable[[], object]


@pytest.fixture
def ratio(benchmark: BenchmarkFixture) -> Callable[..., float]:
    """Times ours and a peer in turns and returns peer / ours by the best round of each: above 1, ours is faster."""
    import time

    def measure(ours: Timed, peer: Timed, rounds: int = 5) -> float:
        best = [float("inf"), float("inf")]
        for _ in range(rounds):
            for index, run in enumerate((ours, peer)):
                began = time.perf_counter()
                run()
                best[index] = min(best[index], time.perf_counter() - began)
        found = best[1] / best[0]
        benchmark.extra_info["peer_over_ours"] = round(found, 3)
        benchmark.extra_info["peer_s"] = round(best[1], 4)
        benchmark.pedantic(ours, rounds=1)
        print(f"\npeer / ours = {found:.2f} (ours {best[0]:.3f} s, peer {best[1]:.3f} s)")
        return found

    return measure
