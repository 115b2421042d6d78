"""What `datasets check` prints of classes and splits."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fuseboard import cli


def test_classes_are_counted_in_every_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    for split, count in (("train", 4), ("val", 2), ("test", 3)):
        for name, more in (("benign", 1), ("malignant", 0)):
            for number in range(count + more):
                path = tmp_path / "images" / split / name / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(rng.integers(0, 256, (3, 3), dtype=np.uint8)).save(path)
    (tmp_path / "my.toml").write_text('name = "mine"\nlicence = "CC0"\nimages = "images"\n')
    assert cli.run(["datasets", "check", str(tmp_path / "my.toml"), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == [
        {"name": "benign", "positive": "", "train": 5, "val": 3, "test": 4},
        {"name": "malignant", "positive": "yes", "train": 4, "val": 2, "test": 3},
    ]
    assert "binary-class; train 9, val 5, test 7 images" in said.err
    assert cli.run(["datasets", "check", "digits"]) == 0
    assert capsys.readouterr().out.count("\n") > 10
