"""A dataset of the Hub, on a server of our own, becomes a model."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fuseboard.harness.fusion.bundle.loading import load
from tests.store.hub_client import server_module

hub = pytest.importorskip("datasets")


@pytest.fixture
def server() -> Iterator[Any]:
    module = server_module("hub_server_of_scans")
    made = module.FakeHub()
    made.repos["org/scans"] = module.Repo()
    yield made
    made.shutdown()
    made.server_close()


def parquet(rows: int) -> bytes:
    """Pictures and class names, as a dataset of the Hub has them."""
    rng = np.random.default_rng(rows)
    images, labels = [], []
    for number in range(rows):
        file = io.BytesIO()
        Image.fromarray((rng.integers(0, 90, (12, 12)) + 140 * (number % 2)).astype(np.uint8)).save(file, "PNG")
        images.append({"bytes": file.getvalue(), "path": None})
        labels.append(number % 2)
    features = hub.Features({"image": hub.Image(), "label": hub.ClassLabel(names=["well", "ill"])})
    out = io.BytesIO()
    hub.Dataset.from_dict({"image": images, "label": labels}, features=features).to_parquet(out)
    return out.getvalue()


def test_a_dataset_of_the_hub_becomes_a_model(server: Any, tmp_path: Path) -> None:
    tree = {"README.md": b"---\nlicense: cc0-1.0\n---\n"}
    tree |= {f"data/{part}-00000-of-00001.parquet": parquet(rows) for part, rows in (("train", 60), ("test", 20))}
    server.repos["org/scans"].commit(tree)
    env = {
        **os.environ,
        "HF_ENDPOINT": server.url,
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
    call = ["fuse", "train", "hub:org/scans", "-o", str(tmp_path / "model"), "--backbones", "pixels"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "fuseboard", *call, "--store", str(tmp_path / "store")],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    bundle = load(tmp_path / "model")
    summary = bundle.facts.summary
    assert (summary.dataset, summary.images, summary.validation, summary.test) == ("org-scans", 52, 8, 20)
    assert bundle.facts.classes == ("well", "ill")
    assert {one.name: one.value for one in bundle.metrics_ if one.split == "test"}["acc"] == 1
    assert bundle.predictions["test"].names[0] == "test/000000000"
