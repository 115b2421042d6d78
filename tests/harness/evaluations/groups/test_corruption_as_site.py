"""Corruption as site: of every image a copy of a second site, whose scanner is the worse the higher the severity."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageFilter

from fuseboard import cli
from fuseboard.harness.datasets import registry as datasets

SEVERITIES = (0, 1, 2)


def ward(root: Path, severity: int) -> Path:
    """A table of 28-pixel ultrasound images, each with its copy at the other site, under one patient's number."""
    images, rows = datasets.get("breastmnist-28-sample60"), []
    for split in images.splits:
        pairs = zip(images.images(split, 0, 60), images.labels(split).tolist(), strict=True)
        for number, (pixels, label) in enumerate(pairs):
            clean = Image.fromarray(np.asarray(pixels).squeeze())
            worn = clean.filter(ImageFilter.GaussianBlur(severity)).point(lambda v: min(255, v + 60 * severity))
            for site, picture in (("clean", clean), ("worn", worn)):
                path = root / f"{split}-{number}-{site}.png"
                picture.save(path)
                rows.append((path.name, f"class {label}", split, f"{split} {number}", site))
    table = root / f"ward{severity}.csv"
    pl.DataFrame(rows, ["path", "label", "split", "patient", "site"], orient="row").write_csv(table)
    return table


def test_the_robustness_index_falls_with_severity(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUSEBOARD_STORE", str(tmp_path / "store"))
    index, seen = [], []
    for severity in SEVERITIES:
        (folder := tmp_path / str(severity)).mkdir()
        table = ward(folder, severity)
        assert cli.run(["extract", "pixels", "--dataset", str(table)]) == 0
        capsys.readouterr()
        asked = ["evaluate", "groups", str(table), "--column", "site", "--protocol", "linear-2026", "--json"]
        assert cli.run(asked) == 0
        lines = json.loads(capsys.readouterr().out)
        whole = next(line for line in lines if line["group"] == "all with site")
        assert whole["index_by_chance"] == pytest.approx(0.5, abs=0.15)
        assert whole["label_p"] > 0.01, "every image is at both sites, so the site tells nothing of the label"
        index.append(whole["robustness_index"])
        seen.append(whole["column_auc"])
    assert index[0] > index[1] > index[2]
    assert index[0] == pytest.approx(whole["index_by_chance"], abs=0.2)
    assert seen[0] < 0.6 < 0.8 < seen[2]
