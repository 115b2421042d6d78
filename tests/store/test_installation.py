"""Which command brings a part to an installation, however that was made."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from fuseboard.store import installation
from fuseboard.store.installation import command

REPOSITORY = Path(__file__).parents[2]
GIT: dict[str, Any] = {"url": "https://example.org/a/fuseboard.git", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}}
WHEEL: dict[str, Any] = {"url": "file:///tmp/fuseboard-9.9.9-py3-none-any.whl", "archive_info": {}}


def folder(path: str, **info: bool) -> dict[str, Any]:
    return {"url": f"file://{path}", "dir_info": info}


class Environment:
    """An environment whose notes of the installation are the test's."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place, self.notes = place, place / "site-packages" / "fuseboard-9.9.9.dist-info"
        self.notes.mkdir(parents=True)
        (self.notes / "METADATA").write_text("Metadata-Version: 2.1\nName: fuseboard\nVersion: 9.9.9\n")
        (self.notes / "WHEEL").write_text("Wheel-Version: 1.0\n")
        monkeypatch.setattr(sys, "path", [str(self.notes.parent)])
        monkeypatch.setattr(sys, "prefix", str(place))

    def came_from(self, direct_url: object, installer: str = "pip") -> None:
        (self.notes / "direct_url.json").write_text(json.dumps(direct_url))
        (self.notes / "INSTALLER").write_text(f"{installer}\n")


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    return Environment(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("direct_url", "expected"),
    [
        (folder("/a/clone", editable=True), 'pip install -e "/a/clone[harness]"'),
        (folder("/a%20clone/of%20mine", editable=True), 'pip install -e "/a clone/of mine[harness]"'),
        (folder("/a/$HOME/clone", editable=True), "pip install -e '/a/$HOME/clone[harness]'"),
        (folder("/a/clone"), 'pip install "/a/clone[harness]"'),
        (GIT, 'pip install "fuseboard[harness] @ git+https://example.org/a/fuseboard.git@c0ffee"'),
        ({**GIT, "subdirectory": "x"}, 'pip install "fuseboard[harness] @ git+'
         'https://example.org/a/fuseboard.git@c0ffee#subdirectory=x"'),
        (WHEEL, 'pip install "fuseboard[harness]"'),
        ({}, 'pip install "fuseboard[harness]"'),
        ([], 'pip install "fuseboard[harness]"'),
    ],
)  # fmt: skip
def test_the_command_asks_for_what_is_installed(environment: Environment, direct_url: object, expected: str) -> None:
    environment.came_from(direct_url)
    assert command("harness") == expected
    environment.came_from(direct_url, installer="uv")
    assert command("harness") == f"uv {expected}"


def test_a_registry_leaves_no_address(environment: Environment) -> None:
    assert command("harness") == 'pip install "fuseboard[harness]"'
    (environment.notes / "direct_url.json").write_text("{half")
    assert command("audit", "harness") == 'pip install "fuseboard[audit,harness]"'


def test_pipx_installs_into_its_environment(environment: Environment) -> None:
    environment.came_from(GIT)
    (environment.place / "pipx_metadata.json").write_text("{}")
    wanted = '"fuseboard[audit] @ git+https://example.org/a/fuseboard.git@c0ffee"'
    assert command("audit") == f"pipx runpip fuseboard install {wanted}"
    assert command(packages=("fairscale",)) == "pipx runpip fuseboard install fairscale"


@pytest.mark.parametrize(
    ("direct_url", "place"),
    [({}, ""), (GIT, " @ git+https://example.org/a/fuseboard.git@c0ffee"), (WHEEL, f" @ {WHEEL['url']}")],
)
def test_a_tool_of_uv_is_made_anew_with_what_it_had(
    environment: Environment, direct_url: dict[str, Any], place: str
) -> None:
    environment.came_from(direct_url, installer="uv")
    receipt = environment.place / "uv-receipt.toml"
    receipt.write_text('[tool]\nrequirements = [{ name = "fuseboard" }]\n')
    assert command("audit") == f'uv tool install --force "fuseboard[audit]{place}"'
    receipt.write_text('[tool]\nrequirements = [{ name = "fuseboard", extras = ["harness"] }, { name = "rich" }]\n')
    assert command("audit") == f'uv tool install --force "fuseboard[harness,audit]{place}" --with rich'
    assert command(packages=("git+https://example.org/x",)) == (
        f'uv tool install --force "fuseboard[harness]{place}" --with rich --with git+https://example.org/x'
    )


def test_an_editable_tool_of_uv_stays_one(environment: Environment) -> None:
    environment.came_from(folder("/a/clone", editable=True), installer="uv")
    (environment.place / "uv-receipt.toml").write_text('[tool]\nrequirements = [{ name = "fuseboard" }]\n')
    assert command("harness") == 'uv tool install --force -e "/a/clone[harness]"'


def test_a_checkout_that_nothing_installed_is_installed(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    (environment.notes / "WHEEL").unlink()  # as what a build leaves in a checkout
    assert command("harness") == f'pip install -e "{REPOSITORY}[harness]"'
    monkeypatch.setattr(sys, "path", [])
    assert command("harness") == f'pip install -e "{REPOSITORY}[harness]"'
    monkeypatch.setattr(installation, "__file__", str(environment.place / "fuseboard" / "store" / "installation.py"))
    assert command("harness") == 'pip install "fuseboard[harness]"'
