"""BreastMNIST-28, written out as folders of PNG files, gives the model that the official file gives."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from fuseboard import cli
from fuseboard.harness.datasets import registry
from fuseboard.harness.fusion.bundle.loading import load


def test_png_folders_of_breastmnist_measure_what_the_official_file_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path / "none"))  # the copy that ships
    official = registry.get("breastmnist-28")
    names = [name.replace(", ", "-") for name in official.label_names]
    for split in official.splits:
        labels = official.labels(split)
        for number, (image, label) in enumerate(zip(official.images(split, 0, len(labels)), labels, strict=True)):
            path = tmp_path / "breast" / split / names[label] / f"{number:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path)
    to = ["--backbones", "hog,pixels", "--store", str(tmp_path / "store")]
    for data, model in ((str(tmp_path / "breast"), "folders"), ("breastmnist-28", "official")):
        assert cli.run(["fuse", "train", data, "-o", str(tmp_path / model), *to]) == 0
    ours, theirs = (load(tmp_path / name) for name in ("folders", "official"))
    assert ours.facts.summary.model_dump(include={"images", "validation", "test"}) == {
        "images": 546,
        "validation": 78,
        "test": 156,
    }
    for mine, other in zip(ours.metrics_, theirs.metrics_, strict=True):
        assert (mine.name, mine.split, mine.images) == (other.name, other.split, other.images)
        assert mine.value == pytest.approx(other.value, abs=1e-3)

    out = tmp_path / "answers.parquet"
    assert (
        cli.run(["fuse", "predict", str(tmp_path / "folders"), str(tmp_path / "breast" / "test"), "-o", str(out)]) == 0
    )
    answers = pl.read_parquet(out)
    kept = ours.predictions["test"]
    assert [path.removeprefix(f"{tmp_path}/breast/") for path in answers["path"]] == list(kept.names)
    np.testing.assert_allclose(answers.select(names).to_numpy(), kept.scores, atol=1e-6)
    right = [Path(path).parent.name == said for path, said in answers.select("path", "predicted").iter_rows()]
    assert np.mean(right) == next(m.value for m in ours.metrics_ if (m.name, m.split) == ("acc", "test"))
