"""The workflows: linted, pinned by commit, and allowed as little as they need."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.harness.submissions.repository import NEW, Work, beside

FOLDER = Path(__file__).parent.parent / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))


@pytest.mark.parametrize("command", [("actionlint",), ("zizmor", "--offline", "--no-progress")])
def test_linters_find_nothing(command: tuple[str, ...]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed; it is in the extra `test`")
    ran = subprocess.run([*command, *map(str, WORKFLOWS)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_and_nothing_is_allowed_by_default(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) for action in used)
    assert "\npermissions: {}\n" in text


def test_the_regression_check_runs_the_main_job_of_the_readme() -> None:
    readme = (FOLDER.parent.parent / "README.md").read_text(encoding="utf-8")
    (main_job,) = re.findall(r"```bash main-job\n(.*?)\n```", readme, re.DOTALL)
    text = (FOLDER / "regression.yml").read_text(encoding="utf-8")
    for command in [*main_job.split(" && "), "invoke leaderboard check"]:
        assert f"- run: {command}\n" in text


@pytest.fixture
def jobs() -> dict[str, Any]:
    """Of the submission's workflow."""
    loaded: dict[Any, Any] = yaml.safe_load((FOLDER / "submission.yml").read_text(encoding="utf-8"))
    assert set(loaded[True]) == {"workflow_dispatch"}, "YAML reads `on` as true; a stranger's push must start nothing"
    return loaded["jobs"]


def test_what_may_write_has_nothing_of_the_stranger_but_a_text(jobs: dict[str, Any]) -> None:
    allowed = {name: job["permissions"] for name, job in jobs.items()}
    assert allowed == {"measure": {"contents": "read"}, "comment": {"pull-requests": "write"}}
    actions = [step["uses"].partition("@")[0] for step in jobs["comment"]["steps"] if "uses" in step]
    assert actions == ["actions/download-artifact"]
    text = (FOLDER / "submission.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    assert "token" not in str(jobs["measure"])


def test_only_main_is_checked_out_and_without_credentials(jobs: dict[str, Any]) -> None:
    (checkout,) = [
        step["with"]
        for job in jobs.values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/checkout@")
    ]
    assert checkout == {"ref": "main", "fetch-depth": 0, "persist-credentials": False}
    assert jobs["measure"]["if"] == "github.ref == 'refs/heads/main'"
    scripts = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert all("${{" not in script for script in scripts), "an input would become part of a script"
    assert not any(
        re.search(r"git (checkout|switch|merge|pull|submodule|worktree|reset)", script) for script in scripts
    )


def script(jobs: dict[str, Any], name: str) -> str:
    (found,) = [step["run"] for step in jobs["measure"]["steps"] if step.get("name") == name]
    return str(found)


@pytest.fixture
def clone(tmp_path: Path) -> Work:
    """What the checkout of main leaves: a clone whose origin has the pull request."""
    (tmp_path / "origin.git").mkdir()
    origin = Work(tmp_path / "origin.git")
    subprocess.run(["git", "clone", "--quiet", str(origin.folder), str(tmp_path / "clone")], check=True)
    return origin


def step(script: str, tmp_path: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """Runs a step as a runner does."""
    (tmp_path / "temp").mkdir(exist_ok=True)
    (tmp_path / "bin").mkdir(exist_ok=True)
    command = tmp_path / "bin" / "fuseboard"
    command.write_text(f'#!/bin/sh\nPYTHONPATH={FOLDER.parent.parent} exec {sys.executable} -m fuseboard "$@"\n')
    command.chmod(0o755)
    own = {"RUNNER_TEMP": str(tmp_path / "temp"), "GITHUB_OUTPUT": str(tmp_path / "output"), **given}
    own |= {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", "FUSEBOARD_STORE": str(tmp_path / "store")}
    return subprocess.run(
        ["bash", "-e", "-c", script], cwd=tmp_path / "clone", env={**os.environ, **own}, capture_output=True, text=True
    )


def test_the_steps_take_check_and_tell(jobs: dict[str, Any], clone: Work, tmp_path: Path) -> None:
    commit = clone.propose(beside(net=NEW))
    ran = step(script(jobs, "Take the data files out of the commit"), tmp_path, PULL_REQUEST="1", COMMIT=commit)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "output").read_text() == "name=net\n"
    assert (tmp_path / "temp/import/submissions/net/card.toml").read_bytes() == NEW["card.toml"]
    assert not (tmp_path / "clone" / "submissions" / "net").exists(), "nothing of the commit was checked out"
    ran = step(script(jobs, "Check and rank"), tmp_path, COMMIT=commit, NAME="net")
    assert ran.returncode == 0, ran.stderr
    comment = (tmp_path / "temp/import/comment.md").read_text()
    assert comment.startswith(f"Commit `{commit}`\n\n## Check of net")
    assert comment.endswith("Not ranked before this is mended.\n")
    first, *_, last = ran.stdout.splitlines()
    assert last == f"::{first.removeprefix('::stop-commands::')}::", "words of strangers could command the runner"


@pytest.mark.parametrize(
    ("number", "commit"),
    [("1; touch x", None), ("", None), ("-1", None), ("1\n2", None), ("1", "main"), ("1", "$(touch x)"), ("2", None)],
)
def test_inputs_that_are_no_number_or_commit_stop_it(
    jobs: dict[str, Any], clone: Work, tmp_path: Path, number: str, commit: str | None
) -> None:
    there = clone.propose(beside(net=NEW))
    take = script(jobs, "Take the data files out of the commit")
    ran = step(take, tmp_path, PULL_REQUEST=number, COMMIT=there if commit is None else commit)
    assert ran.returncode != 0
    assert not (tmp_path / "output").exists()
    assert not (tmp_path / "clone" / "x").exists()


def test_a_refused_commit_stops_it(jobs: dict[str, Any], clone: Work, tmp_path: Path) -> None:
    commit = clone.propose(beside(net={**NEW, "setup.py": b""}))
    ran = step(script(jobs, "Take the data files out of the commit"), tmp_path, PULL_REQUEST="1", COMMIT=commit)
    assert ran.returncode == 1
    assert "'net/setup.py' does not belong there" in ran.stderr
    assert not (tmp_path / "output").exists()


def test_the_site_is_built_where_nothing_may_be_written_and_published_where_nothing_is_run() -> None:
    loaded: dict[Any, Any] = yaml.safe_load((FOLDER / "site.yml").read_text(encoding="utf-8"))
    allowed = {name: job["permissions"] for name, job in loaded["jobs"].items()}
    assert allowed == {
        "build": {"contents": "read", "pages": "read"},
        "publish": {"pages": "write", "id-token": "write"},
    }
    assert not any("run" in step for step in loaded["jobs"]["publish"]["steps"])
    page = (FOLDER.parent.parent / "docs" / "leaderboard.md").read_text(encoding="utf-8")
    (bundle,) = re.findall(r"```bash sql-page\n(.*?)\n```", page, re.DOTALL)
    assert bundle in [step.get("run") for step in loaded["jobs"]["build"]["steps"]]


def test_a_release_is_built_without_rights_and_published_where_nothing_is_built() -> None:
    text = (FOLDER / "release.yml").read_text(encoding="utf-8")
    loaded: dict[Any, Any] = yaml.safe_load(text)
    assert loaded[True] == {"push": {"tags": ["v*"]}}, "YAML reads `on` as true"
    jobs = loaded["jobs"]
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "build": {"contents": "read"},
        "testpypi": {"id-token": "write"},
        "pypi": {"id-token": "write"},
        "github": {"contents": "write"},
    }
    assert [jobs[name].get("needs") for name in jobs] == [None, "build", "testpypi", "pypi"]
    assert [jobs[name]["environment"]["name"] for name in ("testpypi", "pypi")] == ["testpypi", "pypi"]
    for name in ("testpypi", "pypi"):
        assert not any("run" in step for step in jobs[name]["steps"])
    assert "actions/checkout" not in str([jobs[name] for name in ("testpypi", "pypi", "github")])
    assert "secrets." not in text
    page = (FOLDER.parent.parent / "docs" / "leaderboard.md").read_text(encoding="utf-8")
    (bundle,) = re.findall(r"```bash sql-page\n(.*?)\n```", page, re.DOTALL)
    commands = [step.get("run") for step in jobs["build"]["steps"]]
    assert commands.index(bundle) < commands.index("python -m build")
