"""`fuseboard similarity` on real embeddings of digits."""

import json
from pathlib import Path

import numpy as np
import pytest

from fuseboard import cli
from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.store.store import Store

DATA = "digits-first120"


def by_definition(x: np.ndarray, y: np.ndarray) -> float:
    """HSIC_1 of Song et al. 2012 as a U-centred inner product (Székely and Rizzo 2014), with whole kernel matrices."""

    def centred(features: np.ndarray) -> np.ndarray:
        kernel, n = features.astype(np.float64) @ features.astype(np.float64).T, len(features)
        np.fill_diagonal(kernel, 0)
        rows = kernel.sum(axis=0)
        kernel += kernel.sum() / ((n - 1) * (n - 2)) - (rows[:, None] + rows[None, :]) / (n - 2)
        np.fill_diagonal(kernel, 0)
        return kernel

    a, b = centred(x), centred(y)
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.run(["similarity", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_real_pair_is_the_definition(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, DATA, "--store", str(store), "--json")
    [row] = json.loads(out)
    blocks = Store(store).blocks(DATA, "test", ["hog", "pixels"])
    assert row["cka"] == pytest.approx(by_definition(blocks.features["hog"], blocks.features["pixels"]), abs=1e-9)
    assert (row["backbone"], row["other"], row["images"]) == ("hog", "pixels", 120)
    assert (code, err) == (0, "1 pairs to measure\n")
    code, out, err = run(capsys, DATA, "--store", str(store))
    assert (code, err) == (0, "0 pairs to measure\n")
    assert f"{row['cka']:.4f}" in out


def test_the_same_weights_under_another_name_end_it_with_1(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    twin = registry.get("pixels").model_copy(update={"id": "somebody-elses"})
    extract(twin, datasets.get(DATA), Store(store))
    capsys.readouterr()
    for asked in (2, 3):  # a second run says so again
        code, out, err = run(capsys, DATA, "--store", str(store))
        assert code == 1
        assert "1.0000" in out.splitlines()[2], "the most alike come first"
        assert err.splitlines()[-1] == (
            f"pixels and somebody-elses on {DATA}: CKA 1.0000; these may be the same weights under two names "
            "(look at `source` on the cards)"
        ), asked
    code, _, err = run(capsys, DATA, "--store", str(store), "--backbones", "hog,pixels")
    assert (code, len(err.splitlines())) == (0, 1)


def test_another_precision_of_a_backbone_is_no_twin(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    extract(registry.get("pixels").at_precision("fp16"), datasets.get(DATA), Store(store))
    capsys.readouterr()
    code, out, _ = run(capsys, DATA, "--store", str(store), "--json")
    assert code == 0
    [row] = json.loads(out)
    assert row["other_fingerprint"] == registry.get("pixels").fingerprint, "the one that its present card makes"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["digits-first7"], 1, "holds no embeddings of digits-first7; run `fuseboard extract BACKBONE"),
        ([DATA, "--backbones", "hog"], 2, "a pair wants two backbones, not 1"),
        ([DATA, "--backbones", "hog,pixel"], 2, "unknown backbone 'pixel'"),
        ([DATA, "--backbones", "hog,hog"], 2, "named twice"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    store: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    found, out, err = run(capsys, *arguments, "--store", str(store))
    assert (found, out) == (code, "")
    assert said in err
    assert len(err.splitlines()) == 1
    assert not (store / "similarity").exists()


def test_a_damaged_kept_file_is_named_and_computed_again(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, DATA, "--store", str(store))
    [path] = (store / "similarity" / DATA).iterdir()
    path.write_bytes(path.read_bytes()[:50])
    code, _, err = run(capsys, DATA, "--store", str(store))
    assert code == 0
    assert err.count(f"warning: {path}: not a readable similarity file") == 1
    assert run(capsys, DATA, "--store", str(store))[2].count("warning") == 0
