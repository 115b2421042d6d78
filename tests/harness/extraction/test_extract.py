"""Extraction: what it writes, and what it does when it is killed, damaged, starved or run twice."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from fuseboard.harness.backbones import loaders, pipeline, registry
from fuseboard.harness.backbones.adaptive_batches import Feeder
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.decoders import Decoders
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.datasets.dataset import Reader
from fuseboard.harness.datasets.limited import First, Sample
from fuseboard.harness.extraction import shard_worker
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.runtime import profiling
from fuseboard.store.embeddings import manifest
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store

REPOSITORY = Path(__file__).parents[3]
CARD = registry.get("pixels")


def vectors_of(root: Path, dataset: str, split: str, backbone: str = "pixels") -> np.ndarray:
    return Store(root).blocks(dataset, split, [backbone]).features[backbone]


def no_forward(*_: object, **__: object) -> None:
    raise AssertionError("a forward pass was run although everything is known")


def test_vectors_are_the_plain_ones_in_row_order(tmp_path: Path) -> None:
    digits = datasets.get("digits")
    extract(CARD, digits, Store(tmp_path), shard_rows=100)
    blocks = Store(tmp_path).blocks("digits", "val", ["pixels"])
    plain = [CARD.preprocessing.pixels(i).reshape(-1).astype(np.float32) / 255 for i in digits.images("val", 0, 180)]
    np.testing.assert_array_equal(blocks.features["pixels"], np.stack(plain))
    np.testing.assert_array_equal(blocks.ids, np.arange(180))
    np.testing.assert_array_equal(blocks.labels, digits.labels("val"))


def test_manifest_says_what_it_cost_and_what_made_it(tmp_path: Path) -> None:
    version = extract(CARD, datasets.get("digits-first50"), Store(tmp_path), batch_size=16)
    entry = version.manifest.datasets["digits-first50"]
    assert tuple(entry.splits) == SPLITS
    profile = version.manifest.entry("digits-first50", "train").profile
    assert (profile.images, profile.batch_size, profile.precision) == (50, 16, "fp32")
    assert profile.images_per_s == pytest.approx(50 / profile.wall_s)
    assert profile.peak_rss_mb > 50
    assert profile.peak_vram_mb is None
    assert profile.device
    assert version.manifest.libraries["numpy"] == np.__version__
    assert len(version.manifest.canary) == 3
    assert (version.folder / "card.toml").read_text() == CARD.toml()


def test_a_second_run_computes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = datasets.get("digits-first50")
    first = extract(CARD, dataset, Store(tmp_path))
    monkeypatch.setattr(loaders, "load", no_forward)
    assert extract(CARD, dataset, Store(tmp_path)).manifest == first.manifest


def test_a_second_dataset_joins_the_same_version(tmp_path: Path) -> None:
    for name in ("digits-first50", "digits-first60"):
        version = extract(CARD, datasets.get(name), Store(tmp_path))
    assert sorted(version.manifest.datasets) == ["digits-first50", "digits-first60"]
    assert len(Store(tmp_path).versions) == 1


def test_what_card_and_dataset_say_of_licences_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digits = datasets.get("digits-first5")
    first = extract(CARD, digits, Store(tmp_path))
    (first.folder / "README.md").write_text("of an earlier release")
    monkeypatch.setattr(loaders, "load", no_forward)
    digits.licence = "CC BY-NC 4.0"
    stricter = CARD.model_copy(update={"redistribution": "predictions"})
    again = extract(stricter, digits, Store(tmp_path))
    assert again.manifest.datasets["digits-first5"].licence == "CC BY-NC 4.0"
    assert again.manifest.about.redistribution == "predictions"
    assert again.manifest.datasets["digits-first5"].splits == first.manifest.datasets["digits-first5"].splits
    assert "cc-by-nc-4.0" in (again.folder / "README.md").read_text()
    before = {path: path.stat().st_mtime_ns for path in again.folder.rglob("*")}
    extract(stricter, digits, Store(tmp_path))
    assert {path: path.stat().st_mtime_ns for path in again.folder.rglob("*")} == before


def test_another_precision_is_another_version(tmp_path: Path) -> None:
    dataset = datasets.get("digits-first50")
    plain, half = (extract(card, dataset, Store(tmp_path)) for card in (CARD, CARD.at_precision("fp16")))
    assert plain.folder != half.folder
    assert half.manifest.dtype == "float16"
    blocks = Store(tmp_path).blocks("digits-first50", "val", [half.spec])
    np.testing.assert_allclose(blocks.features["pixels"], vectors_of_version(tmp_path, plain.spec), atol=1e-3)


def vectors_of_version(root: Path, spec: str) -> np.ndarray:
    return Store(root).blocks("digits-first50", "val", [spec]).features["pixels"]


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_shard_is_refused_by_readers_and_mended_by_extraction(tmp_path: Path, damage: str) -> None:
    version = extract(CARD, datasets.get("digits"), Store(tmp_path), shard_rows=100)
    whole = vectors_of(tmp_path, "digits", "train")
    shard = version.folder / "digits" / "train-00004-of-00013.parquet"
    content = bytearray(shard.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 16
        shard.write_bytes(content)
    elif damage == "cut":
        shard.write_bytes(content[:-100])
    else:
        shard.unlink()
    with pytest.raises(FuseboardError, match=r"train-00004-of-00013\.parquet: .*(damaged|truncated|not there)"):
        vectors_of(tmp_path, "digits", "train")
    mended = extract(CARD, datasets.get("digits"), Store(tmp_path), shard_rows=100)
    assert mended.manifest.entry("digits", "train").profile.images == 100, "only the damaged shard is computed"
    np.testing.assert_array_equal(vectors_of(tmp_path, "digits", "train"), whole)


SLOW = textwrap.dedent(
    """
    import sys, time
    from fuseboard.store.store import Store
    from fuseboard.harness.backbones import registry
    from fuseboard.harness.backbones.loaders.descriptors import Descriptor
    from fuseboard.harness.datasets import registry as datasets
    from fuseboard.harness.extraction.extract import extract
    plain = Descriptor.encode
    Descriptor.encode = lambda self, batch: time.sleep(0.02) or plain(self, batch)
    extract(registry.get("pixels"), datasets.get("digits"), Store(sys.argv[1]), shard_rows=100)
    """
)


def start_slow(root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, str(root)], cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def wait_for_shards(root: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while len(list(root.glob("embeddings/*/*/digits/train-*.parquet"))) < count:
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline, "no shards appeared"
        time.sleep(0.01)


def shard_hashes(root: Path) -> dict[str, str]:
    (version,) = Store(root).versions
    return {shard.file: shard.sha256 for s in SPLITS for shard in version.manifest.entry("digits", s).shards}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_resumes_at_the_first_missing_shard_and_equals_the_undisturbed_one(
    tmp_path: Path, how: signal.Signals
) -> None:
    undisturbed, root = tmp_path / "undisturbed", tmp_path / "killed"
    extract(CARD, datasets.get("digits"), Store(undisturbed), shard_rows=100)
    process = start_slow(root)
    wait_for_shards(root, 3, process)
    process.send_signal(how)
    process.wait(60)
    assert process.returncode != 0
    assert Store(root).versions == [], "a version without a manifest must not exist"
    kept = len(list(root.glob("embeddings/*/*/digits/train-*.parquet")))
    version = extract(CARD, datasets.get("digits"), Store(root), shard_rows=100)
    assert version.manifest.entry("digits", "train").profile.images == 1257 - 100 * kept
    assert shard_hashes(root) == shard_hashes(undisturbed)
    assert not list(root.rglob(".tmp-*"))


def test_two_runs_at_once_give_one_whole_version(tmp_path: Path) -> None:
    both = [start_slow(tmp_path), start_slow(tmp_path)]
    for process in both:
        _, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors.decode()
    assert vectors_of(tmp_path, "digits", "train").shape == (1257, 256)
    assert not list(tmp_path.rglob(".tmp-*"))


def test_what_a_killed_run_of_another_source_left_is_not_adopted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = extract(CARD, datasets.get("digits-first50"), Store(tmp_path))
    (version.folder / manifest.FILE).unlink()
    other = datasets.get("digits-first50")
    monkeypatch.setattr(other, "source_md5", "0" * 32)
    again = extract(CARD, other, Store(tmp_path))
    assert again.manifest.entry("digits-first50", "train").profile.images == 50


def test_vectors_that_are_not_finite_are_named_and_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        device = "cpu"
        calls = 0

        def encode(self, batch: np.ndarray) -> np.ndarray:
            self.calls += 1
            vectors = np.ones((len(batch), 256), np.float32)
            if self.calls == 4:  # the canary and two batches are fine
                vectors[2, 7] = np.nan
            return vectors

    monkeypatch.setattr(loaders, "load", lambda card, device, trust=False: Broken())
    monkeypatch.setattr("fuseboard.harness.backbones.canary.check", lambda card, vectors: None)
    with pytest.raises(FuseboardError, match="vector of id 18 holds NaN or infinity"):
        extract(CARD, datasets.get("digits-first50"), Store(tmp_path), batch_size=8)
    assert not list(tmp_path.rglob("*.parquet"))
    assert Store(tmp_path).versions == []


def test_a_card_of_the_wrong_width_fails_before_anything_is_written(tmp_path: Path) -> None:
    wrong = Card.model_validate({**CARD.model_dump(), "dim": 255})
    with pytest.raises(FuseboardError, match="its card says dim = 255, the model makes 256 numbers"):
        extract(wrong, datasets.get("digits-first50"), Store(tmp_path))
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_full_disk_is_one_clear_line_and_keeps_what_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, calls = os.fsync, []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) > 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        plain(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FuseboardError, match=r"no space left on the disk while writing .*free some space"):
        extract(CARD, datasets.get("digits"), Store(tmp_path), shard_rows=100)
    monkeypatch.undo()
    assert not list(tmp_path.rglob(".tmp-*"))
    kept = list(tmp_path.rglob("*.parquet"))
    assert len(kept) == 2
    assert all(pl.read_parquet(path).height == 100 for path in kept)
    resumed = extract(CARD, datasets.get("digits"), Store(tmp_path), shard_rows=100)
    assert resumed.manifest.entry("digits", "val").rows == 180


def test_reading_ahead_is_bounded_and_order_is_kept() -> None:
    read = 0

    def images() -> object:
        nonlocal read
        for number in range(500):
            read += 1
            yield np.full((2, 2), number % 256, np.uint8)

    furthest = []

    class Reader:
        device = "cpu"

        def encode(self, batch: np.ndarray) -> np.ndarray:
            furthest.append(read)
            return batch.reshape(len(batch), -1)[:, :1].astype(np.float32)

    found = pipeline.embed(images(), 500, lambda i: i, Feeder(Reader(), 10), lambda _: None)  # type: ignore[arg-type]
    np.testing.assert_array_equal(found[:, 0], np.arange(500) % 256)
    assert furthest[0] <= 10 * (pipeline.AHEAD + 1)


def test_an_image_that_cannot_be_prepared_ends_the_run(tmp_path: Path) -> None:
    def broken(_: np.ndarray) -> np.ndarray:
        raise FuseboardError("image 3 is broken")

    feeder = Feeder(loaders.load(CARD), 8)
    with pytest.raises(FuseboardError, match="image 3 is broken"):
        pipeline.embed(iter([np.zeros((2, 2), np.uint8)] * 90), 90, broken, feeder, lambda _: None)


def test_what_own_images_declare_is_in_the_manifest_and_can_be_said_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        path = tmp_path / "scans" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), 20 * number).save(path)
    told, said = tmp_path / "scans.toml", 'name = "scans"\nlicence = "CC0"\nimages = "scans"\n[splits]\n'
    told.write_text(said)
    silent = extract(CARD, datasets.get(str(told)), Store(tmp_path / "store"))
    assert '"declares"' not in (silent.folder / "manifest.json").read_text()
    monkeypatch.setattr(loaders, "load", no_forward)
    told.write_text(f'domain = "mri"\nsource = "clinic"\n{said}')
    version = extract(CARD, datasets.get(str(told)), Store(tmp_path / "store"))
    assert version.manifest.datasets["scans"].declares.said == {"domain": "mri", "source": "clinic"}
    assert Sample(datasets.get(str(told)), 3).declares.said == {"domain": "mri", "source": "clinic"}
    assert version.spec == silent.spec
    assert version.manifest.datasets["scans"].splits == silent.manifest.datasets["scans"].splits
    assert "domain mri; source clinic" in (version.folder / "README.md").read_text()


def test_images_that_processes_decode_for_a_gpu_make_the_same_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all splits in one go; a GPU's encoder is stood in for by one that says it was one."""
    rng = np.random.default_rng(0)
    for number in range(40):
        folder = tmp_path / "photos" / f"class{number % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)).save(folder / f"{number:02d}.png")
    told = tmp_path / "photos.toml"
    told.write_text('name = "photos"\nlicence = "CC0"\nimages = "photos"\n[splits]\nval = 0.2\ntest = 0.2\n')
    started: list[int] = []
    plain, load = shard_worker.Decoders, loaders.load

    def noted(*arguments: Any) -> Decoders:
        started.append(arguments[-1])
        return plain(*arguments)

    def on_gpu(card: Card, device: str, trust: bool = False) -> Any:
        encoder = load(card, "cpu", trust)
        encoder.device = "cuda"
        return encoder

    extract(CARD, datasets.get(str(told)), Store(tmp_path / "threads"), shard_rows=10)
    monkeypatch.setattr(loaders, "load", on_gpu)
    monkeypatch.setattr(shard_worker, "Decoders", noted)
    monkeypatch.setattr(shard_worker, "MANY", 1)
    monkeypatch.setattr(profiling, "cores", lambda: 2)
    monkeypatch.setattr(profiling, "hardware", lambda device: "a card")
    meter = profiling.Meter
    monkeypatch.setattr(profiling, "Meter", lambda device: meter("cpu"))
    extract(CARD, datasets.get(str(told)), Store(tmp_path / "processes"), "cuda", 128, shard_rows=10)
    extract(CARD, datasets.get("digits-first50"), Store(tmp_path / "processes"), "cuda", 128)
    assert started == [2], "once for all shards and splits, and not for arrays"
    here, there = (
        {
            shard.file: shard.sha256
            for v in Store(tmp_path / root).versions
            for name, _, shard in v.manifest.shards()
            if name == "photos"
        }
        for root in ("threads", "processes")
    )
    assert len(here) == 5
    assert here == there


def test_what_is_whole_is_listed_before_a_later_split_fails(tmp_path: Path) -> None:
    """Images are read ahead of the split that is computed, and shards written behind it."""

    class Broken(First):
        def readers(self, split: str, start: int, stop: int) -> Iterator[Reader]:
            if split == "val":
                raise FuseboardError("picture.png: not a readable image")
            return super().readers(split, start, stop)

    with pytest.raises(FuseboardError, match="not a readable image"):
        extract(CARD, Broken(datasets.get("digits"), 50), Store(tmp_path), shard_rows=20)
    (version,) = Store(tmp_path).versions
    assert list(version.manifest.datasets["digits-first50"].splits) == ["train"]
    assert len(list(tmp_path.rglob("*.parquet"))) == 3
