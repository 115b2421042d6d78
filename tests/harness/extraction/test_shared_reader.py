"""One pass over the images for several backbones, and extraction on a Dask cluster: the same bytes as one by one."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.datasets.dataset import Images, Reader, Rows
from fuseboard.harness.datasets.limited import First
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.extraction.shared_reader import extract_together
from fuseboard.store.embeddings import manifest
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import sha256_of
from fuseboard.store.store import Store
from tests.harness.dask_cluster import dask_cluster

CARDS = [registry.get("hog"), registry.get("pixels")]


def shards(root: Path) -> dict[str, str]:
    return {
        f"{v.manifest.backbone}/{dataset}/{split}/{shard.file}": shard.sha256
        for v in Store(root).versions
        for dataset, split, shard in v.manifest.shards()
    }


class Counted(First):
    """A dataset that remembers which rows were read, and how often it was checked."""

    def __init__(self, name: str) -> None:
        super().__init__(datasets.get("digits"), int(name))
        self.read: list[tuple[str, int]] = []
        self.checks = 0

    def check(self, rows: Rows | None = None) -> None:
        self.checks += 1

    def images(self, split: str, start: int, stop: int) -> Images:
        for row, image in enumerate(super().images(split, start, stop), start):
            self.read.append((split, row))
            yield image


def test_every_image_is_read_once_and_the_shards_are_those_of_single_runs(tmp_path: Path) -> None:
    dataset = Counted("90")
    made = extract_together(CARDS, dataset, Store(tmp_path / "together"), "cpu")
    assert [version.manifest.backbone for version in made] == ["hog", "pixels"]
    assert sorted(dataset.read) == sorted((split, row) for split in dataset.splits for row in range(90))
    assert dataset.checks == 1
    for card in CARDS:
        extract(card, datasets.get("digits-first90"), Store(tmp_path / "single"))
    assert shards(tmp_path / "together") == shards(tmp_path / "single")


class Witnessed(First):
    """A dataset that writes down which process reads it, and takes its time once that is known."""

    def __init__(self, told: Path, patience_s: float = 0) -> None:
        super().__init__(datasets.get("digits"), 90)
        self.told, self.patience_s = told, patience_s

    def readers(self, split: str, start: int, stop: int) -> Iterator[Reader]:
        self.told.write_text(f"{os.getpid()} {multiprocessing.current_process().daemon}")
        time.sleep(self.patience_s)
        return super().readers(split, start, stop)


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children of one process which has imported the libraries for all; as shipped, each imports them for itself."""
    quick = multiprocessing.get_context("forkserver")
    quick.set_forkserver_preload(["skimage.feature", "fuseboard.harness.extraction.shared_reader"])
    monkeypatch.setattr(multiprocessing, "get_context", lambda _: quick)


@pytest.mark.usefixtures("quickly")
def test_one_that_is_ahead_waits_and_nothing_is_computed_twice(tmp_path: Path) -> None:
    dataset = Counted("90")
    extract(CARDS[0], dataset, Store(tmp_path), "cpu")
    dataset.read.clear()
    extract_together(CARDS, dataset, Store(tmp_path), "cpu")
    assert len(dataset.read) == 270, "only what pixels lacks"
    dataset.read.clear()
    dataset.checks = 0
    extract_together(CARDS, dataset, Store(tmp_path), "cpu")
    assert (dataset.read, dataset.checks) == ([], 0)


@pytest.mark.usefixtures("quickly")
def test_one_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    wrong = Card.model_validate({**CARDS[0].model_dump(), "dim": 17})
    with pytest.raises(FuseboardError, match="hog: its card says dim = 17"):
        extract_together([wrong, CARDS[1]], datasets.get("digits-first90"), Store(tmp_path), "cpu")
    [version] = Store(tmp_path).versions
    assert version.manifest.backbone == "pixels"
    assert version.manifest.entry("digits-first90", "test").rows == 90


@pytest.mark.usefixtures("quickly")
def test_one_whose_package_is_missing_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text("import musk\n")
    source = {"loader": "python", "module": "mine:Mine", "module_sha256": sha256_of(Path("mine.py"))}
    card = Card.model_validate({**CARDS[1].model_dump(mode="json"), "id": "mine", "pooling": "none", "source": source})
    with pytest.raises(FuseboardError, match=r"mine: this needs musk, .* run: .*lilab-stanford/MUSK"):
        extract_together([card, CARDS[1]], datasets.get("digits-first90"), Store(tmp_path / "store"), "cpu")
    assert [version.manifest.backbone for version in Store(tmp_path / "store").versions] == ["pixels"]


@pytest.mark.usefixtures("quickly")
def test_a_child_that_is_killed_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    def kill() -> None:
        until = time.monotonic() + 60
        while not multiprocessing.active_children() and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(min(child.pid or 0 for child in multiprocessing.active_children()), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(FuseboardError, match="its process ended with exit code -9"):
        extract_together(CARDS, datasets.get("digits-first90"), Store(tmp_path), "cpu")
    killer.join()
    assert len(Store(tmp_path).versions) == 1
    extract_together(CARDS, datasets.get("digits-first90"), Store(tmp_path), "cpu")
    assert len(Store(tmp_path).versions) == 2


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are sent a dataset of this very file, and find it by the path that they inherit."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3]))


@pytest.mark.usefixtures("quickly", "importable")
def test_one_alone_reads_the_images_itself_and_may_start_processes_that_decode(tmp_path: Path) -> None:
    extract_together(CARDS[:1], Witnessed(tmp_path / "told"), Store(tmp_path / "store"), "cpu")
    reader, daemon = (tmp_path / "told").read_text().split()
    assert (int(reader) != os.getpid(), daemon) == (True, "False")
    extract(CARDS[0], datasets.get("digits-first90"), Store(tmp_path / "single"))
    assert shards(tmp_path / "store") == shards(tmp_path / "single")


@pytest.mark.usefixtures("importable")
def test_one_alone_ends_with_its_parent(tmp_path: Path) -> None:
    dataset = Witnessed(tmp_path / "told", patience_s=600)
    parent = multiprocessing.get_context("spawn").Process(target=extract_into, args=(tmp_path / "store", dataset))
    parent.start()
    until = time.monotonic() + 120
    while not (tmp_path / "told").is_file() or not (tmp_path / "told").read_text():
        assert time.monotonic() < until
        time.sleep(0.05)
    child = int((tmp_path / "told").read_text().split()[0])
    parent.kill()
    parent.join()
    while is_running(child):
        assert time.monotonic() < until
        time.sleep(0.05)


def extract_into(root: Path, dataset: Witnessed) -> None:
    extract_together(CARDS[:1], dataset, Store(root), "cpu")


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.usefixtures("quickly")
def test_a_broken_image_ends_the_run_and_keeps_whole_shards(tmp_path: Path) -> None:
    class Broken(Counted):
        def images(self, split: str, start: int, stop: int) -> Images:
            for row, image in enumerate(super().images(split, start, stop), start):
                if (split, row) == ("val", 40):
                    raise FuseboardError("picture.png: not a readable image")
                yield image

    with pytest.raises(FuseboardError, match="not a readable image"):
        extract_together(CARDS, Broken("90"), Store(tmp_path), "cpu")
    for version in Store(tmp_path).versions:
        assert list(version.manifest.datasets["digits-first90"].splits) == ["train"]


def test_shards_made_on_a_dask_cluster_are_the_same(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    dataset = datasets.get("digits-first90")
    local = extract(CARDS[1], dataset, Store(tmp_path / "local"), shard_rows=20)
    with dask_cluster(tmp_path) as (address, _):
        made = extract(CARDS[1], dataset, Store(tmp_path / "dask"), shard_rows=20, address=address)
    assert shards(tmp_path / "dask") == shards(tmp_path / "local")
    profile = manifest.read(made.folder).entry("digits-first90", "train").profile
    assert profile is not None
    assert (profile.images, profile.peak_vram_mb) == (90, None)
    np.testing.assert_allclose(made.manifest.canary, local.manifest.canary)
