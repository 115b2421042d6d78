"""A bundle on the Hub, with the real client against a server of our own."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fuseboard import cli
from fuseboard.harness.fusion.bundle import hub, model_card
from fuseboard.harness.fusion.bundle.bundle import Bundle
from fuseboard.harness.fusion.bundle.loading import load
from fuseboard.store.errors import FuseboardError, UsageError
from tests.store.hub_client import point_at, server_module

from .conftest import bundle_of

REPO = "org/lesions"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    module = server_module("hub_server_of_bundles")
    datasets = [route for route in module.ROUTES if "/datasets/" in str(route[1])]
    module.ROUTES += [(m, p.replace("/api/datasets/", "/api/models/"), n) for m, p, n in datasets if "/api/" in p]
    module.ROUTES += [(m, p.replace("/datasets/", "/"), n) for m, p, n in datasets if "/api/" not in p]
    made = module.FakeHub()
    made.repo = module.Repo
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def models(server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    server.reset()
    point_at(server.url, monkeypatch, tmp_path / "hub-cache")
    return server


def of(licence: str) -> Bundle:
    found = bundle_of()
    summary = found.facts.summary.model_copy(update={"licence": licence})
    return replace(found, facts=found.facts.model_copy(update={"summary": summary}))


def test_what_is_pulled_is_what_was_pushed(models: Any, tmp_path: Path) -> None:
    bundle = of("not stated")
    hub.push(bundle, REPO, private=True)
    assert models.repos[REPO].private
    found = hub.pull(REPO, tmp_path / "model")
    assert found.facts.model_copy(update={"files": {}}) == bundle.facts
    kept = dict(bundle.files())
    there = dict(load(tmp_path / "model").files())
    assert kept.pop("README.md")
    assert there.pop("README.md")
    assert kept == there
    assert "fuse pull org/lesions -o model" in models.repos[REPO].commits[models.repos[REPO].head]["README.md"].decode()
    assert "Bearer hf_only_for_the_test" in models.tokens


def test_a_second_push_replaces_the_first(models: Any, tmp_path: Path, trees: Any) -> None:
    hub.push(of("CC-BY-4.0"), REPO, private=False)
    changed = replace(
        bundle_of(trees), facts=of("CC-BY-4.0").facts.model_copy(update={"members": bundle_of(trees).facts.members})
    )
    hub.push(changed, REPO, private=False)
    tree = models.repos[REPO].commits[models.repos[REPO].head]
    assert "head-0.ubj" in tree
    assert "head-0.safetensors" not in tree
    hub.pull(REPO, tmp_path / "model")


def test_nothing_private_becomes_public(models: Any) -> None:
    with pytest.raises(FuseboardError, match=r"not made public: the licence of its training images, 'not stated'"):
        hub.push(of("not stated"), REPO, private=False)
    assert models.asked == []
    models.repos[REPO] = models.repo()
    with pytest.raises(FuseboardError, match="exists and is public"):
        hub.push(of("not stated"), REPO, private=True)
    assert len(models.repos[REPO].commits) == 1


def test_what_a_licence_keeps_is_not_pushed(models: Any) -> None:
    bundle = of("CC0-1.0")
    closed = bundle.cards["hog"].model_copy(update={"redistribution": "predictions", "licence": "closed"})
    with pytest.raises(FuseboardError, match=r"the licence of hog, closed, does not let its embeddings be passed on"):
        hub.push(replace(bundle, cards={**bundle.cards, "hog": closed}), REPO, private=True)
    assert models.asked == []


def test_a_repository_of_something_else_is_left_alone(models: Any) -> None:
    models.repos[REPO] = models.repo()
    models.repos[REPO].commit({"pytorch_model.bin": b"x"})
    with pytest.raises(FuseboardError, match=r"holds files that no bundle has, such as pytorch_model\.bin"):
        hub.push(of("CC0-1.0"), REPO, private=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tree: tree.pop("manifest.json"), "there is no manifest.json, so it is no bundle"),
        (lambda tree: tree.update({"manifest.json": b"{}"}), r"org/lesions: manifest\.json"),
        (lambda tree: tree.pop("head-0.safetensors"), "head-0.safetensors is missing or of another size"),
        (lambda tree: tree.update({"README.md": b"x" * 9}), "README.md is missing or of another size"),
        (
            lambda tree: tree.update({"README.md": tree["README.md"][::-1]}),
            "README.md is not the file that manifest.json says",
        ),
    ],
)
def test_a_damaged_repository_leaves_nothing_here(models: Any, tmp_path: Path, change: Any, message: str) -> None:
    hub.push(of("CC0-1.0"), REPO, private=False)
    tree = dict(models.repos[REPO].commits[models.repos[REPO].head])
    change(tree)
    models.repos[REPO].commit(tree)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(FuseboardError, match=message) as refused:
        hub.pull(REPO, tmp_path / "model")
    assert REPO in str(refused.value)
    assert sorted(tmp_path.iterdir()) == before


def test_what_is_not_there(models: Any, tmp_path: Path) -> None:
    with pytest.raises(FuseboardError, match=r"org/nothing: no such model repository, or a private one"):
        hub.pull("org/nothing", tmp_path / "model")
    with pytest.raises(UsageError, match="is no model repository of the Hub"):
        hub.pull(f"{models.url}/datasets/a/b/c", tmp_path / "model")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x").touch()
    with pytest.raises(UsageError, match="holds 'x' and is no model"):
        hub.pull(REPO, tmp_path / "mine")


def test_the_card_is_escaped_and_has_the_test_scores(tmp_path: Path) -> None:
    import yaml

    bundle = of("x\n---\n<script>")
    facts = bundle.facts.model_copy(update={"classes": ("a|b", "<script>", "c")})
    facts = facts.model_copy(
        update={
            "summary": facts.summary.model_copy(update={"classes": {"a|b": 1, "<script>": 2}, "dataset": "w---\n# x"})
        }
    )
    text = model_card.render(facts, "org/x")
    _, front, body = text.split("---\n", 2)
    found = yaml.safe_load(front)
    (result,) = found["model-index"][0]["results"]
    assert [(one["type"], one["value"]) for one in result["metrics"]] == [("accuracy", 0.75)]
    assert result["dataset"]["name"].endswith("(test)")
    assert found["license"] == "apache-2.0"
    assert "<script>" not in body
    assert "a\\|b" in body
    assert json.dumps(found)


def test_the_command_says_what_it_holds_before_it_sends(
    models: Any, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert cli.run(["fuse", "push", str(saved), REPO]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "goes to org/lesions on the Hub, a new repository, private" in said
    assert "12 images of one's own (licence not stated): of each a vector of 5 numbers, its label and its name" in said
    assert "such as 'ward/0.png'" in said
    assert "6 images of validation with names and groups, which may be patients, and labels" in said
    assert "vectors of hog and pixels show the image" in said
    assert "add --yes to do it without asking" in said
    assert REPO not in models.repos
    assert cli.run(["fuse", "push", str(saved), REPO, "--public", "--yes"]) == 1
    assert "is not made public" in capsys.readouterr().err
    assert REPO not in models.repos
    assert cli.run(["fuse", "push", str(saved), REPO, "--yes"]) == 0
    assert models.repos[REPO].private
    assert cli.run(["fuse", "pull", REPO, "-o", str(tmp_path / "pulled.zip")]) == 0
    assert load(tmp_path / "pulled.zip").facts.created == load(saved).facts.created
    assert cli.run(["fuse", "pull", f"{models.url}/org/lesions", "-o", str(tmp_path / "pulled")]) == 0
