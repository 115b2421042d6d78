"""What a site says it was built by."""

import os
import subprocess

import pytest

from fuseboard.leaderboard.output.build_info import DIGITS, builder, commit

IDENTITY = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}


def git(folder, *arguments):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], env={**clean, **IDENTITY}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    home = tmp_path / "checkout"
    (home / "leaderboard").mkdir(parents=True)
    (home / "leaderboard/site.py").write_text("one")
    git(home, "init", "--quiet")
    git(home, "add", ".")
    git(home, "commit", "--quiet", "--message", "first")
    return home


def test_a_checkout_says_its_commit(checkout):
    head = git(checkout, "rev-parse", "HEAD")
    assert commit(checkout) == head[:DIGITS]
    assert builder(checkout).endswith(f", commit {head[:DIGITS]}")


def test_changed_and_new_code_is_said_and_other_files_are_not(checkout):
    (checkout / "notes.txt").write_text("x")
    assert not commit(checkout).endswith("+ changes")
    (checkout / "leaderboard/new.py").write_text("x")
    assert commit(checkout).endswith(" + changes")
    (checkout / "leaderboard/new.py").unlink()
    (checkout / "leaderboard/site.py").write_text("two")
    assert commit(checkout).endswith(" + changes")


def test_somebody_elses_repository_says_nothing(checkout):
    inside = checkout / "lib/site-packages"
    inside.mkdir(parents=True)
    assert commit(inside) is None
    assert builder(inside).startswith("fuseboard")
    assert "commit" not in builder(inside)


def test_no_repository_and_no_commit_say_nothing(tmp_path):
    assert commit(tmp_path) is None
    git(tmp_path, "init", "--quiet")
    assert commit(tmp_path) is None
    assert commit(tmp_path / "nowhere") is None


def test_no_git_says_nothing(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert commit(checkout) is None


def test_the_environment_of_a_hook_changes_nothing(checkout, tmp_path, monkeypatch):
    before = commit(checkout)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    assert commit(checkout) == before


def test_looking_writes_nothing(checkout):
    os.utime(checkout / "leaderboard/site.py", (1, 1))  # an index that a plain `git status` would refresh
    before = (checkout / ".git/index").read_bytes()
    commit(checkout)
    assert (checkout / ".git/index").read_bytes() == before
