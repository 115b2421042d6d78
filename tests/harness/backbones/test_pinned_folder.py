"""Many backbones pinned by one command: each on its own, resumed, and read as a folder of cards afterwards."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fuseboard.harness.backbones import card as cards
from fuseboard.harness.backbones import pinned_folder, registry
from fuseboard.harness.backbones.cli import cli
from fuseboard.store.errors import UsageError
from fuseboard.store.registry import of_files

NAMES = ("clip-vit-b32", "gated-one", "plip", "uni")
TOKEN = "hf_only_for_the_test"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")


@pytest.fixture
def shipped(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three cards and a gated one as if they were all that is shipped, and a Hub that has lost the weights of one."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    for name in (*NAMES, "pixels"):
        text = (registry.FOLDER / f"{name.replace('gated-one', 'uni2-h')}.toml").read_text()
        (folder / f"{name}.toml").write_text(text.replace('id = "uni2-h"', f'id = "{name}"'))
        source = cards.read(folder / f"{name}.toml").source
        if source.hub_id is not None:
            hub.repos[source.hub_id] = hub.repo()
            weights = "lost" if name == "plip" else str(source.weights)
            hub.repos[source.hub_id].commit({weights: f"weights of {name}".encode()})
    clip = hub.repos["openai/clip-vit-base-patch32"]
    clip.commits["3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268"] = clip.commits[clip.head]
    monkeypatch.setattr(registry, "CARDS", of_files("backbone", folder.glob("*.toml")))
    monkeypatch.chdir(tmp_path)
    resolve = hub.RequestHandlerClass.resolve
    closed = {"MahmoodLab/UNI2-h"}

    def gate(self: Any, body: bytes, repo: str, revision: str, path: str) -> None:
        if repo in closed:
            return self.answer(403, {}, {"X-Error-Code": "GatedRepo"})
        resolve(self, body, repo, revision, path)

    monkeypatch.setattr(hub.RequestHandlerClass, "resolve", gate)
    hub.closed = closed
    return tmp_path


def run(*arguments: str) -> tuple[Result, dict[str, dict[str, str]]]:
    answer = CliRunner().invoke(cli, ["pin", *arguments, "--json"])
    if isinstance(answer.exception, UsageError):
        raise answer.exception
    return answer, {row["backbone"]: row for row in json.loads(answer.stdout)}


def test_all_that_can_be_pinned_is_and_the_rest_says_why(shipped: Path, hub: Any) -> None:
    answer, rows = run("--all")
    assert {name: row["status"] for name, row in rows.items()} == {
        "clip-vit-b32": "pinned", "gated-one": "no access", "plip": "failed", "uni": "pinned",
    }  # fmt: skip
    assert answer.exit_code == 1
    assert f"ask for access at {hub.url}/MahmoodLab/UNI2-h, then log in" in rows["gated-one"]["message"]
    assert "mend `weights`" in rows["plip"]["message"]
    assert sorted(path.name for path in Path("pinned").iterdir()) == ["clip-vit-b32.toml", "uni.toml"]
    uni = registry.get("pinned/uni.toml")
    assert (uni.unpinned, uni.source.revision) == ((), hub.repos["MahmoodLab/UNI"].head)
    assert TOKEN in str(hub.tokens), "or nothing below proves anything"
    assert TOKEN not in answer.output
    assert not [path for path in shipped.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


def test_a_second_call_does_what_is_left_and_asks_for_nothing_else(shipped: Path, hub: Any) -> None:
    run("--all")
    before = {path: path.read_bytes() for path in Path("pinned").iterdir()}
    hub.asked.clear()
    hub.closed.clear()
    hub.repos["MahmoodLab/UNI"].commit({"pytorch_model.bin": b"other weights since"})
    answer, rows = run("--all")
    assert {name: row["status"] for name, row in rows.items()} == {
        "clip-vit-b32": "was pinned", "gated-one": "pinned", "plip": "failed", "uni": "was pinned",
    }  # fmt: skip
    assert all(path.read_bytes() == content for path, content in before.items())
    assert all("/UNI2-h" in path or "/plip" in path for _, path in hub.asked)
    hub.repos["vinid/plip"].commit({"pytorch_model.bin": b"found again"})
    answer, _ = run("--all")
    assert answer.exit_code == 0
    hub.asked.clear()
    assert {row["status"] for row in run("--all")[1].values()} == {"was pinned"}
    assert hub.asked == []


def test_names_and_a_place_of_ones_own(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(run("uni", "clip-vit-b32", "--into", "mine/cards")[1]) == ["uni", "clip-vit-b32"]
    assert [card.id for card in registry.get_all(["pixels", "mine/cards"])] == ["pixels", "clip-vit-b32", "uni"]
    monkeypatch.setattr(registry, "PAPER", ("uni",))
    assert list(run("--paper", "clip-vit-b32")[1]) == ["uni", "clip-vit-b32"]
    changed = (Path("pinned") / "uni.toml").read_text().replace('title = "UNI"', 'title = "mine"')
    (Path("pinned") / "uni.toml").write_text(changed)
    row = run("uni", "--into", "pinned")[1]["uni"]
    assert (row["status"], "move it away" in row["message"]) == ("failed", True)
    assert (Path("pinned") / "uni.toml").read_text() == changed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a backbone, or say --paper or --all"),
        (["--all", "uni"], "leave out the names and --paper"),
        (["uni", "clip-vit-b32", "--out", "x.toml"], "say --into FOLDER"),
        (["uni", "unj"], "unknown backbone 'unj'; did you mean uni"),
        (["uni", "--into", "shipped/uni.toml"], "is no folder"),
    ],
)
def test_what_cannot_be_meant(shipped: Path, hub: Any, arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run(*arguments)
    assert hub.asked == []
    assert not Path("pinned").exists()


def test_a_folder_names_the_versions_that_its_cards_make(shipped: Path) -> None:
    run("uni", "--into", str(pinned_folder.FOLDER))
    own = registry.get("pinned/uni.toml")
    assert registry.specs(["pixels", "pinned"]) == ["pixels", f"uni@{own.fingerprint}"]
    Path("empty").mkdir()
    with pytest.raises(UsageError, match="empty: no card lies there"):
        registry.get_all(["empty"])
    Path("pixels").mkdir()
    assert registry.specs(["pixels"]) == ["pixels"], "a folder hides no backbone of its name"


def test_the_papers_nine_have_cards() -> None:
    assert len(registry.PAPER) == 9
    assert sum(registry.get(name).dim for name in registry.PAPER) == 8576, "as the paper's widths add up"
