"""One's own images: vectors of another program come in by file names, and are held against the model."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from fuseboard.cli import run
from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import registry as datasets
from tests.harness.reproduction.published import made


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """Sixty noisy images of two classes."""
    draw = np.random.default_rng(0)
    for number in range(60):
        folder = tmp_path / "images" / ("bright" if number % 2 else "dark")
        folder.mkdir(parents=True, exist_ok=True)
        pixels = draw.integers(0, 128, (20, 24, 3)) + 100 * (number % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number:03}.png")
    (tmp_path / "my.toml").write_text('name = "lights"\nlicence = "CC0-1.0"\nimages = "images"\n')
    return tmp_path / "my.toml"


def test_they_come_in_by_file_names_and_are_the_same(toml: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images, vectors = datasets.get(str(toml)), made(registry.get("pixels"), str(toml))
    paths = [f"/somewhere/else/{Path(path).name}" for split in images.splits for path in images.paths(split) or ()]
    numbers = np.concatenate([vectors[split] for split in images.splits])
    frame = pl.DataFrame({"path": paths} | {f"d{i}": numbers[:, i] for i in range(numbers.shape[1])})
    csv, store = toml.with_name("vectors.csv"), toml.with_name("store")
    frame.sample(fraction=1, shuffle=True, seed=3).write_csv(csv)
    said = ["--card", "pixels", "-d", str(toml)]
    assert run(["store", "import", str(csv), *said, "--store", str(store)]) == 0
    assert "rows joined by file name" in capsys.readouterr().err
    assert run(["store", "verify", "-d", str(toml), "--store", str(store)]) == 0
    capsys.readouterr()
    assert run(["store", "audit", "pixels", "-d", str(toml), "--store", str(store), "--json"]) == 0
    row: dict[str, Any] = json.loads(capsys.readouterr().out)[0]
    assert (row["verdict"], row["dataset"], row["images"]) == ("same", "lights", 32)
