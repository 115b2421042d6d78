"""Measurements on a GPU, one a word of the command line; `run.sh` runs them and prints what they say as one table.

Every line of a measurement is a name, a tab, and what was found. On a machine without a card those that need none run.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

ROWS, FEATURES, TREES = 546, 4_300, 250
"""Of a fit of BreastMNIST with the nine backbones' mean subset."""
THREADS = (1, 2, 4, 8)
RIDGE_ROWS, RIDGE_WIDTHS = (546, 4_708), (2_048, 1_280, 1_280, 1_280, 1_280, 900, 512, 384, 256)
"""Of BreastMNIST and PneumoniaMNIST, and of nine backbones."""
IMAGES = 3_000
SIZE = (320, 256)


def machine() -> Iterator[tuple[str, str]]:
    """The card, and the versions of what computes on it."""
    from fuseboard.harness.runtime import profiling

    device = _device()
    yield "machine", f"{profiling.hardware(device)}; {profiling.cores()} cores"
    wanted = ("torch", "xgboost", "timm", "numpy", "pillow")
    yield "libraries", ", ".join(f"{k} {v}" for k, v in profiling.libraries().items() if k in wanted)
    for extra in ("cupy", "pynvml"):
        try:
            found = getattr(__import__(extra), "__version__", "installed")
        except ImportError:
            found = "not installed"
        yield extra, found


def canaries() -> Iterator[tuple[str, str]]:
    """How far EfficientNet-Lite0's vectors are from those that a CPU recorded in fp32."""
    from fuseboard.harness.backbones import canary, loaders, registry

    device, card = _device(), registry.get("efficientnet-lite0")
    recorded = canary.shipped(card)
    assert recorded is not None
    expected = np.array(recorded["vectors"], np.float32)
    for precision in ("fp32", "tf32", "fp16", "bf16"):
        if precision == "tf32" and device == "cpu":
            continue
        one = card.at_precision(precision)
        found = canary.vectors(one, loaders.load(one, device))
        off = abs(found - expected).max() / abs(expected).max()
        cosine = (found * expected).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(expected, axis=1)
        yield f"canary, {precision}", f"off by {off:.1e} of its scale, cosine at least {cosine.min():.5f}"


def fits() -> Iterator[tuple[str, str]]:
    """Seconds of a fit with its predictions by threads, and the memory that they take."""
    from fuseboard.harness.classifiers.xgboost import XGBoost
    from fuseboard.harness.runtime.vram import Span
    from fuseboard.harness.search.fit import Order, fit

    device, rng = _device(), np.random.default_rng(0)
    trees = TREES if device != "cpu" else 2
    blocks = [rng.standard_normal((rows, FEATURES)).astype(np.float32) for rows in (ROWS, 78, 156)]
    labels = (blocks[0][:, 0] > 0).astype(np.uint16)
    for bins in (64, 256):
        params = {"n_estimators": trees, "learning_rate": 0.1, "max_depth": 6, "max_bin": bins}
        order = Order(XGBoost(params, "binary-class", 2, 42, device), ("val", "test"))
        fit(order, np.concatenate([labels, labels[:78]]), *blocks)
        for threads in THREADS if device != "cpu" else (1, 2):
            number = 2 * threads if device != "cpu" else threads

            def one(_: int, order: Order = order) -> Any:
                return fit(order, np.concatenate([labels, labels[:78]]), *blocks)

            with Span(device) as span, ThreadPoolExecutor(threads) as pool:
                began = time.perf_counter()
                list(pool.map(one, range(number)))
                each = (time.perf_counter() - began) / number
            vram = "memory not measured" if span.peak_mb is None else f"{span.peak_mb:,.0f} MiB"
            yield f"fit, {trees} trees, {bins} bins, {threads} threads", f"{each:.2f} s each, {vram}"


def ridge() -> Iterator[tuple[str, str]]:
    """Ridge on every subset of nine backbones: seconds of all, and of a decomposition with all its penalties."""
    device, rng = _device(), np.random.default_rng(0)
    params, sizes = {"weakest": -2, "strongest": 7}, RIDGE_ROWS
    if device == "cpu":
        device, sizes = "cpu:0", (60,)  # as torch's, so that the same code runs
    for rows in sizes:
        yield from _ridge(rows, params, device, rng)


def _ridge(rows: int, params: dict[str, Any], device: str, rng: Any) -> Iterator[tuple[str, str]]:
    from fuseboard.harness.classifiers import spectrum
    from fuseboard.harness.classifiers.fusion import all_subsets
    from fuseboard.harness.classifiers.ridge import Ridge
    from fuseboard.harness.runtime.device import side_by_side

    factors = rng.standard_normal((rows + 600, 60))
    names = [f"backbone{index}" for index in range(len(RIDGE_WIDTHS))]
    whole = {
        name: (factors @ rng.standard_normal((60, width)) + rng.standard_normal((rows + 600, width))).astype("f4")
        for name, width in zip(names, RIDGE_WIDTHS, strict=True)
    }
    labels = (factors[:, 0] > 0).astype(np.uint16)
    train = {name: block[:rows] for name, block in whole.items()}
    unseen = {name: block[rows:] for name, block in whole.items()}
    truth = labels[:rows, None] - labels[:rows].mean()
    for number in (2, 5):
        some = [train[name] for name in names[-number:]]
        spectrum.spectrum(some, truth, device)
        began = time.perf_counter()
        found = spectrum.spectrum(some, truth, device)
        for power in range(7, -3, -1):
            found.left_out(10.0**power, truth[found.looked_at])
        taken = time.perf_counter() - began
        columns = sum(block.shape[1] for block in some)
        yield f"ridge, {rows} x {columns}", f"{taken:.3f} s for ten penalties"

    def one(subset: Any) -> float:
        fitted = Ridge(params, "binary-class", 2, 0, device).fit([train[k] for k in subset], labels[:rows])
        fitted.predict([unseen[k] for k in subset])
        return fitted.alpha

    began = time.perf_counter()
    with ThreadPoolExecutor(side_by_side(None, device)) as pool:
        alphas = list(pool.map(one, all_subsets(names)))
    taken = time.perf_counter() - began
    yield f"ridge, {len(alphas)} subsets of {rows} rows", f"{taken:.1f} s, penalties {min(alphas)} to {max(alphas)}"


def pictures(folder: Path, number: int = IMAGES) -> list[Path]:
    """Writes JPEG files as cameras make them."""
    from PIL import Image

    rng, paths = np.random.default_rng(0), []
    for index in range(min(number, 60)):
        coarse = Image.fromarray(rng.integers(0, 256, (32, 40, 3), dtype=np.uint8))
        paths.append(folder / f"{index:05d}.jpg")
        coarse.resize(SIZE, Image.Resampling.BICUBIC).save(paths[-1], quality=90)
    return (paths * (number // len(paths) + 1))[:number]


def decoding() -> Iterator[tuple[str, str]]:
    """Images per second that are read, decoded and resized beside a model that takes no time."""
    from functools import partial

    from fuseboard.harness.backbones import pipeline, registry
    from fuseboard.harness.backbones.adaptive_batches import Feeder
    from fuseboard.harness.backbones.decoders import Decoders
    from fuseboard.harness.datasets import image_io
    from fuseboard.harness.runtime import profiling

    class Instant:
        """A GPU that has everything before it is asked."""

        device = "cuda"

        def encode(self, batch: np.ndarray) -> np.ndarray:
            return batch[:, 0, :1, 0].astype(np.float32)

    ready = registry.get("efficientnet-lite0").preprocessing
    with tempfile.TemporaryDirectory() as folder:
        paths = pictures(Path(folder))

        def rate(decoders: Decoders | None) -> float:
            readers = (partial(image_io.read, path) for path in paths)
            began = time.perf_counter()
            for _ in pipeline.embed_each(
                [(readers, len(paths))], ready.prepare, Feeder(Instant(), 128), lambda _: None, decoders
            ):
                pass
            return len(paths) / (time.perf_counter() - began)

        for workers in sorted({one for one in (1, 2, 4, 8, profiling.cores()) if one <= profiling.cores()}):
            pipeline.WORKERS, pipeline.AHEAD = workers, 2 * workers
            yield f"decoding, {workers} threads", f"{rate(None):,.0f} images/s"
            with closing(Decoders(ready.prepare, (ready.size, ready.size, 3), 128, workers)) as decoders:
                rate(decoders)  # while they start
                yield f"decoding, {workers} processes", f"{rate(decoders):,.0f} images/s"


def tests() -> Iterator[tuple[str, str]]:
    """The tests that are marked `gpu`."""
    yield from _pytest("tests/gpu", "tests/harness/runtime/test_precision.py")


def extraction() -> Iterator[tuple[str, str]]:
    """The whole extraction of JPEG files beside the bare forward pass."""
    yield from _pytest("tests/benchmarks/test_extract.py")


def _pytest(*where: str) -> Iterator[tuple[str, str]]:
    """What a benchmark prints of itself, every test that failed, and the last line.

    Raises:
        SystemExit: some failed, or none ran.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-m", "gpu", "-p", "no:cacheprovider", *where]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout)
    lines = done.stdout.splitlines() or [""]
    yield from ((where[0], line) for line in lines if line.startswith(("images/s", "FAILED", "ERROR")))
    yield where[0], lines[-1]
    if done.returncode:
        sys.exit(done.returncode)


def _device() -> str:
    from fuseboard.harness.runtime.device import resolve

    return resolve(None)


MEASUREMENTS: dict[str, Callable[[], Iterator[tuple[str, str]]]] = {
    "machine": machine,
    "canaries": canaries,
    "fits": fits,
    "ridge": ridge,
    "decoding": decoding,
    "tests": tests,
    "extraction": extraction,
}

if __name__ == "__main__":
    for name, found in MEASUREMENTS[sys.argv[1]]():
        print(f"{name}\t{found}", flush=True)
