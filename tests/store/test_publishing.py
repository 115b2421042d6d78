"""What `store push` and `store deposit` let leave a store, and what they ask before."""

import json

import pytest
from typer.testing import CliRunner

from fuseboard.store.cli import commands
from fuseboard.store.embeddings import dataset_card, manifest
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.remotes import hub
from tests.store import zenodo_server

site = zenodo_server.zenodo
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")
ORIGINS = {"digits": "known", "digits-sample9": "sample", "imagenet": "known"}


def no_dataset(name):
    raise UsageError(f"unknown dataset {name!r}")


cli = commands(no_dataset, dict, lambda name: ORIGINS.get(name, "own"), lambda name: None)
CREATOR = ("--creator", "Doe, Anna")


def run(root, *args, answer=None):
    return CliRunner().invoke(cli, [*args, "--store", str(root)], input=answer)


def push(root, *args, answer=None, to="org/alpha"):
    return run(root, "push", "alpha", to, *args, answer=answer)


def licensed(version, **licences):
    """The version, with other licences of the images of some datasets."""
    there = manifest.read(version.folder)
    entries = {n: e.model_copy(update={"licence": licences.get(n, e.licence)}) for n, e in there.datasets.items()}
    there.model_copy(update={"datasets": entries}).write(version.folder)
    return Version(version.folder, manifest.read(version.folder))


@pytest.fixture
def mixed(make_version, root):
    """Known images, a trial of them, images of a hospital, and known ones that may not be passed on."""
    for name in ("digits", "digits-sample9", "ward", "imagenet"):
        version = make_version(root, dataset=name, splits=("val",))
    return licensed(version, ward="private", imagenet="terms of access")


def held(hub_server, repository="org/alpha"):
    """Datasets of which anything is in a repository: its files, manifest and README."""
    repo = hub_server.repos[repository]
    files = repo.commits[repo.head]
    named = set(json.loads(files["manifest.json"])["datasets"])
    assert named == {name.partition("/")[0] for name in files if "/" in name}
    readme = files["README.md"].decode()
    assert all((f"`{name}`" in readme) == (name in named) for name in ("ward", "imagenet", "digits-sample9"))
    return named


def test_own_images_and_trials_stay_unless_they_are_named(mixed, root, hub_server):
    assert push(root, "--yes").exit_code == 0
    assert held(hub_server) == {"digits"}
    assert not hub_server.repos["org/alpha"].private
    done = push(root, "-d", "digits", "-d", "digits-sample9", "--yes")
    assert (done.exit_code, held(hub_server)) == (0, {"digits", "digits-sample9"})


def test_own_images_are_private_unless_they_may_be_public_and_it_is_said(mixed, root, hub_server):
    assert push(root, "-d", "ward", "--yes", to="org/ward").exit_code == 0
    assert held(hub_server, "org/ward") == {"ward"}
    assert hub_server.repos["org/ward"].private
    hub_server.asked.clear()
    refused = push(root, "-d", "ward", "--public", "--yes", to="org/other")
    assert isinstance(refused.exception, FuseboardError)
    assert "'private'" in str(refused.exception)
    assert hub_server.asked == []
    licensed(mixed, ward="CC BY 4.0")
    assert push(root, "-d", "ward", "--yes", to="org/quiet").exit_code == 0
    assert hub_server.repos["org/quiet"].private
    assert push(root, "-d", "ward", "--public", "--yes", to="org/open").exit_code == 0
    assert not hub_server.repos["org/open"].private


def test_what_must_be_private_goes_to_no_public_repository(mixed, root, hub_server):
    push(root, "--yes")
    before = hub_server.repos["org/alpha"].head
    refused = push(root, "-d", "ward", "--yes")
    assert isinstance(refused.exception, FuseboardError)
    assert hub_server.repos["org/alpha"].head == before
    with pytest.raises(FuseboardError, match="is public"):
        hub.push(root, mixed, "org/alpha", private=True)
    assert not [path for method, path in hub_server.asked if method == "PUT" and "ward" in path]
    assert hub_server.repos["org/alpha"].head == before


@pytest.mark.parametrize("asked", [(), ("-d", "ward")])
def test_it_is_shown_and_asked(mixed, root, hub_server, asked):
    done = push(root, *asked, answer="n\n")
    assert isinstance(done.exception, UsageError)
    for fact in ("org/alpha", "private" if asked else "public", "20", "ward", "Apache-2.0"):
        assert fact in done.stderr
    assert "org/alpha" not in hub_server.repos
    nobody = push(root, *asked, answer="")
    assert isinstance(nobody.exception, UsageError)
    assert "--yes" in str(nobody.exception)
    assert "org/alpha" not in hub_server.repos
    assert push(root, *asked, answer="y\n").exit_code == 0


def test_nothing_leaves_unasked_where_all_is_ones_own(make_version, root, hub_server):
    make_version(root, dataset="ward", splits=("val",))
    for arguments, word in (((), "--dataset"), (("-d", "wart"), "did you mean ward")):
        done = push(root, *arguments, "--yes")
        assert isinstance(done.exception, UsageError)
        assert word in str(done.exception)
    assert hub_server.asked == []


def test_a_deposit_holds_what_everyone_may_have(mixed, root, site):
    arguments = ("deposit", "alpha", *CREATOR, "--yes")
    done = run(root, *arguments)
    assert done.exit_code == 0
    assert {name.partition("~")[0] for name in site.sent() if "~" in name} == {"digits"}
    for name in ("ward", "imagenet"):
        site.asked.clear()
        refused = run(root, *arguments, "-d", name)
        assert isinstance(refused.exception, FuseboardError)
        assert site.asked == []
    assert "--yes" in str(run(root, "deposit", "alpha", *CREATOR, "--publish", answer="").exception)


def test_gc_says_yes_where_nobody_answers(make_version, root):
    make_version(root)
    make_version(root, identity={"crop": 1})
    done = run(root, "gc", answer="")
    assert "--yes" in str(done.exception)


@pytest.mark.parametrize("how", ["card", "identity"])
def test_readme_and_record_say_that_vectors_show_the_image(make_version, root, hub_server, site, how):
    version = make_version(root, identity={"source": {"loader": "pixels"}} if how == "identity" else None)
    if how == "card":
        (version.folder / "card.toml").write_text("holds_image = true\n")
    dataset_card.write(version.folder, version.manifest)
    assert push(root, "--yes").exit_code == 0
    assert run(root, "deposit", "alpha", *CREATOR, "--yes").exit_code == 0
    repo = hub_server.repos["org/alpha"]
    [record] = site.depositions.values()
    texts = (repo.commits[repo.head]["README.md"].decode(), record.metadata["description"])
    for text in (*texts, (version.folder / "README.md").read_text()):
        assert "not in here" not in text
        assert "shows its image" in text
    assert record.metadata["license"] == "cc-by-4.0"


def test_licences_of_weights_and_images_are_named(make_version, root, site):
    version = licensed(make_version(root), digits="CC BY-NC 4.0")
    text = dataset_card.render(version.manifest, holds_image=False)
    assert "license:\n- apache-2.0\n- cc-by-nc-4.0\n" in text
    done = run(root, "deposit", "alpha", *CREATOR, "--yes")
    assert done.exit_code == 0, done.exception
    [record] = site.depositions.values()
    assert record.metadata["license"] == "cc-by-nc-4.0"


def test_no_path_of_this_machine_leaves_with_the_card(make_version, root, hub_server):
    version = make_version(root)
    text = 'id = "alpha"\n\n[source]\nloader = "timm"\nfile = "/home/anna/ward 7/weights.pth"\n'
    (version.folder / "card.toml").write_text(text)
    push(root, "--yes")
    repo = hub_server.repos["org/alpha"]
    assert b"anna" not in b"".join(repo.commits[repo.head].values())
    assert b'file = "weights.pth"' in repo.commits[repo.head]["card.toml"]
    assert (version.folder / "card.toml").read_text() == text


def test_verify_tells_of_a_readme_of_an_earlier_release(make_version, root):
    version = make_version(root)
    dataset_card.write(version.folder, version.manifest)
    assert run(root, "verify").stderr.count("README") == 0
    (version.folder / "README.md").write_text("---\nlicense: mit\n---\n")
    done = run(root, "verify")
    assert done.exit_code == 0
    assert version.spec in done.stderr


def test_a_pull_mends_the_readme_of_an_earlier_release(make_version, root, hub_server, tmp_path):
    make_version(tmp_path / "source")
    push(tmp_path / "source", "--yes")
    readme = hub.pull(root, "org/alpha").version.folder / "README.md"
    right = readme.read_bytes()
    readme.write_text("---\nlicense: mit\n---\n")
    assert hub.pull(root, f"{hub_server.url}/datasets/org/alpha/tree/main").files == 0
    assert readme.read_bytes() == right


def test_an_offline_hub_has_a_line_of_its_own(make_version, root, hub_server, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    make_version(root)
    for done in (run(root, "pull", "org/alpha"), push(root, "--yes")):
        assert isinstance(done.exception, FuseboardError)
        assert "HF_HUB_OFFLINE" in str(done.exception)


def test_the_table_of_paths_stays(mixed, root, hub_server):
    table = root / "splits" / "ward.csv"
    table.parent.mkdir()
    table.write_text("split,id,path,label,md5\nval,0,mueller/1.png,a,0\n")
    assert push(root, "--dataset", "ward", "--yes").exit_code == 0
    repo = hub_server.repos["org/alpha"]
    files = repo.commits[repo.head]
    assert any(name.startswith("ward/") for name in files)
    assert not any("splits" in name or b"mueller" in content for name, content in files.items())
