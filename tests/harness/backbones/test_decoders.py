"""Decoding in processes: the very pixels of threads, in order; errors, Ctrl-C and what is killed as with them."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fuseboard.harness.backbones import pipeline, registry
from fuseboard.harness.backbones.adaptive_batches import Feeder
from fuseboard.harness.backbones.decoders import Decoders
from fuseboard.harness.datasets import image_io
from fuseboard.store.errors import FuseboardError

REPOSITORY = Path(__file__).parents[3]
READY = registry.get("efficientnet-lite0").preprocessing.model_copy(update={"size": 32})
SHAPE = (32, 32, 3)


class Whole:
    """A GPU whose vectors are all the pixels."""

    device = "cuda"

    def encode(self, batch: np.ndarray) -> np.ndarray:
        return batch.reshape(len(batch), -1).astype(np.float32)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("pictures")
    found = [folder / f"{number:03d}.jpg" for number in range(90)]
    for number, path in enumerate(found):
        shape = (40 + number, 60, 3) if number % 3 else (70, 40 + number)
        Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)).save(path, quality=90)
    return found


@pytest.fixture
def decoders() -> Iterator[Decoders]:
    made = Decoders(READY.prepare, SHAPE, 16, 2)
    yield made
    made.close()


def sources(*groups: list[Path]) -> list[tuple[Iterator[partial[np.ndarray]], int]]:
    return [((partial(image_io.read, path) for path in group), len(group)) for group in groups]


def embedded(groups: list[list[Path]], decoders: Decoders | None) -> list[np.ndarray]:
    done: list[int] = []
    found = list(pipeline.embed_each(sources(*groups), READY.prepare, Feeder(Whole(), 16), done.append, decoders))
    assert sum(done) == sum(map(len, groups))
    return found


def test_pixels_are_those_of_threads_byte_for_byte(paths: list[Path], decoders: Decoders) -> None:
    """Of several sources in turn, whose last batches are short, and of the same processes again."""
    groups = [paths[:50], paths[50:53], paths[53:]]
    for _ in range(2):
        for here, there in zip(embedded(groups, None), embedded(groups, decoders), strict=True):
            np.testing.assert_array_equal(here, there)
    direct = np.stack([READY.prepare(partial(image_io.read, path)) for path in paths])
    np.testing.assert_array_equal(np.concatenate(embedded(groups, decoders)), direct.reshape(90, -1))


@pytest.mark.parametrize("threads", [True, False])
def test_a_broken_image_is_named_after_what_comes_before_it(
    threads: bool, paths: list[Path], decoders: Decoders, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(paths[0].read_bytes()[:300])
    rest = sources(paths[:40], [*paths[40:60], broken], paths[60:])
    found = pipeline.embed_each(rest, READY.prepare, Feeder(Whole(), 16), lambda _: None, None if threads else decoders)
    assert len(next(found)) == 40
    with pytest.raises(FuseboardError, match=r"broken\.jpg: not a readable image"):
        next(found)


def test_a_killed_process_ends_the_run_in_one_line(paths: list[Path], decoders: Decoders) -> None:
    os.kill(decoders._children[0].pid, signal.SIGKILL)
    with pytest.raises(FuseboardError, match="decodes images ended with exit code -9"):
        embedded([paths * 3], decoders)


RUN = textwrap.dedent(
    """
    import sys, time
    from functools import partial
    from pathlib import Path
    from tests.harness.backbones.test_decoders import READY, SHAPE
    from fuseboard.harness.backbones.decoders import Decoders
    from fuseboard.harness.datasets import image_io
    paths = sorted(Path(sys.argv[1]).glob("*.jpg"))
    decoders = Decoders(READY.prepare, SHAPE, 16, 2)
    for batch in decoders.batches([partial(image_io.read, p) for p in paths[:16]] for _ in range(10_000)):
        print(*(child.pid for child in decoders._children), flush=True)
        time.sleep(0.01)
    """
)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_its_parent(how: signal.Signals, paths: list[Path]) -> None:
    """Also where the script has no `if __name__ == "__main__"`."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(paths[0].parent)],
        cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    children = [int(pid) for pid in process.stdout.readline().split()]
    assert len(children) == 2
    process.send_signal(how)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "Process Spawn" not in errors, "a child said something of its own"
    until = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)
