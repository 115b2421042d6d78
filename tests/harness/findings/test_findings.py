"""From pinned cards to the file that is sent in, and from that file to the cards that ship."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuseboard import cli
from fuseboard.harness.backbones import canary, loaders, registry
from fuseboard.harness.findings import collect
from tests.harness.findings.conftest import NAMES, by_the_authors

TOKEN = "hf_only_for_the_test"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, rows and stderr of a command with --json."""
    capsys.readouterr()
    code = cli.run(["backbones", *arguments, "--json"])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else [], said.err


@pytest.fixture
def sent(field: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What a person with access sends in: three backbones, two of them beside the authors' own vectors."""
    assert run(capsys, "pin", "--paper")[0] == 0
    Path("authors").mkdir()
    for name, save in (("uni", np.save), ("chexagent", lambda path, a: np.savetxt(f"{path}.csv", a, delimiter=","))):
        save(Path("authors") / name, by_the_authors(registry.get(name), field[name], Path("canary")))
    code, rows, said = run(capsys, "findings", "pinned", "--authors", "authors")
    assert (code, [row["status"] for row in rows]) == (0, ["written"] * 3), said
    assert all(row["max_relative_difference"] < 1e-5 for row in rows if row["backbone"] != "pubmedclip")
    assert all(row["cosine"] > 0.99999 for row in rows if row["backbone"] != "pubmedclip")
    report: dict[str, Any] = json.loads(Path("findings.json").read_text())
    return report


def test_a_file_of_findings_fills_in_cards_and_canaries(
    sent: dict[str, Any], hub: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.asked.clear()
    code, rows, _ = run(capsys, "accept", "findings.json")
    assert code == 0, rows
    said = {row["check"]: row["message"] for row in rows}
    assert all(message.startswith("pinned; first canary") for message in said.values())
    assert "`unverified` may lose source.architecture, source.weights" in said["chexagent"]
    assert "authors' own code" not in said["pubmedclip"]
    assert not [path for path in hub.downloads() if path.endswith(".bin")], "no weights are fetched for it"
    for name in NAMES:
        card = registry.get(name)
        assert card == registry.get(f"pinned/{name}.toml")
        assert canary.check(card, canary.vectors(card, loaders.load(card))) == 0
    again, rows, _ = run(capsys, "accept", "findings.json")
    assert (again, {row["status"] for row in rows}) == (0, {"ok"})
    assert all(row["message"].startswith("canary as known, to 0.0e+00") for row in rows)
    origin = canary.shipped(registry.get("uni"))["origin"]  # type: ignore[index]
    assert origin["parity"]["max_relative_difference"] < 1e-5
    assert origin["libraries"]["torch"]


def test_nothing_private_is_in_the_file(
    sent: dict[str, Any], hub: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = Path("findings.json").read_text()
    assert TOKEN in str(hub.tokens)
    assert TOKEN not in text
    assert str(tmp_path) not in text
    assert set(sent) == {"format", "created", "device", "libraries", "backbones", "failed"}
    said = collect.public(f"{Path.home()}/secret/x.bin: {TOKEN} (see https://example.org/a/b, C:\\Users\\me\\y.bin)")
    assert said == "x.bin: [token] (see https://example.org/a/b, y.bin)"


def test_one_that_fails_stops_no_other_and_is_told_in_the_file(
    field: dict[str, Any], hub: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "pin", "--paper")
    [weights] = (tmp_path / "hub-cache").glob("models--MahmoodLab--UNI/snapshots/*/pytorch_model.bin")
    weights.resolve().write_bytes(b"cut off")
    code, rows, _ = run(capsys, "findings", "pinned")
    assert (code, [row["status"] for row in rows]) == (1, ["written", "written", "failed"])
    failed = json.loads(Path("findings.json").read_text())["failed"]
    assert "these are other weights, or cut off ones" in failed["uni"]
    code, rows, _ = run(capsys, "accept", "findings.json")
    assert (code, [row["status"] for row in rows]) == (0, ["note", "ok", "ok"])
    code, _, said = run(capsys, "findings", "pinned")
    assert (code, "findings.json: there is a file of this name already" in said) == (2, True)


def test_vectors_of_other_weights_are_no_parity(
    sent: dict[str, Any], field: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    np.save("authors/uni.npy", np.load("authors/uni.npy")[:, ::-1])
    code, rows, _ = run(capsys, "findings", "pinned/uni.toml", "-o", "other.json", "--authors", "authors")
    assert code == 2, "chexagent.csv is of no backbone that is asked for"
    Path("authors/chexagent.csv").unlink()
    code, rows, _ = run(capsys, "findings", "pinned/uni.toml", "-o", "other.json", "--authors", "authors")
    assert (code, "the authors' vectors are others" in rows[0]["message"]) == (1, True)
    code, rows, _ = run(capsys, "accept", "other.json")
    assert (code, "the authors' own code gives other vectors" in rows[0]["message"]) == (1, True)
    assert registry.get("uni").unpinned


def test_what_findings_cannot_be_about(field: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "pin", "uni", "--into", "pinned")
    own = Path("pinned/uni.toml").read_text()
    Path("mine.toml").write_text(own.replace('id = "uni"', 'id = "mine"'))
    for arguments, message in (
        ([], "name pinned cards"),
        (["uni"], "revision and sha256 unpinned; give the card that `pin` wrote"),
        (["mine.toml"], "unknown backbone 'mine'"),
        (["pinned", "--authors", "nowhere"], "no such folder of authors' vectors"),
    ):
        code, _, said = run(capsys, "findings", *arguments)
        assert (code, message in said) == (2, True), said
    assert not Path("findings.json").exists()
