"""Data files taken out of a pull request, with repositories that git made, and some that git would never make."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fuseboard import cli
from fuseboard.harness.submissions.merging.git import Repository
from fuseboard.harness.submissions.merging.pull_request import import_submission
from fuseboard.harness.submissions.rules import files
from fuseboard.store.errors import FuseboardError, UsageError
from tests.harness.submissions.repository import NEW, Work, beside

MODES = {"100755": "is executable", "120000": "is a symbolic link", "160000": "is a submodule"}


@pytest.fixture
def work(tmp_path: Path) -> Work:
    (tmp_path / "work.git").mkdir()
    return Work(tmp_path / "work.git")


@pytest.fixture
def intake(work: Work, tmp_path: Path) -> Callable[..., str]:
    def run(commit: str, head: str = "refs/pull/1/head") -> str:
        return import_submission(Repository(work.folder), commit, head, "main", tmp_path / "into")

    return run


def held(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refusal(intake: Callable[..., str], commit: str, tmp_path: Path) -> str:
    with pytest.raises(FuseboardError) as raised:
        intake(commit)
    assert not (tmp_path / "into").exists(), "something was written for a commit that was refused"
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_new_submission_is_taken_byte_for_byte(work: Work, intake: Callable[..., str], tmp_path: Path) -> None:
    assert intake(work.propose(beside(net=NEW))) == "net"
    assert held(tmp_path / "into") == {f"submissions/net/{name}": data for name, data in NEW.items()}


def test_a_new_version_comes_with_the_former_one_and_with_those_beside_it(
    work: Work, intake: Callable[..., str], tmp_path: Path
) -> None:
    other = {"card.toml": b"other"}
    work.adopt({"README.md": b"main", **beside(net=NEW, other=other)})
    newer = {**NEW, "card.toml": b"newer"}
    assert intake(work.propose(beside(net=newer, other=other))) == "net"
    into = tmp_path / "into"
    assert held(into / "submissions" / "net") == newer
    assert held(into / "submissions" / "other") == other
    assert held(into / "before") == {f"net/{name}": data for name, data in NEW.items()}


def test_what_main_did_since_is_not_the_strangers_change(
    work: Work, intake: Callable[..., str], tmp_path: Path
) -> None:
    old = work.main
    work.adopt({"README.md": b"newer", **beside(other={"card.toml": b"other"})})
    assert intake(work.propose(beside(net=NEW), old)) == "net"
    assert held(tmp_path / "into" / "submissions" / "other") == {"card.toml": b"other"}


def test_only_the_reviewed_commit_is_taken(work: Work, intake: Callable[..., str], tmp_path: Path) -> None:
    reviewed = work.propose(beside(net=NEW))
    later = work.propose(beside(net={**NEW, "card.toml": b"later"}), reviewed)
    assert f"the pull request now ends in {later}" in refusal(intake, reviewed, tmp_path)


@pytest.mark.parametrize("commit", ["main", "abc123", "HEAD", "--all", "", "A" * 40, "0" * 41, "a" * 39 + "\n"])
def test_only_a_full_hash_is_a_commit(work: Work, intake: Callable[..., str], commit: str) -> None:
    work.propose(beside(net=NEW))
    with pytest.raises(UsageError, match="is not the full hash of a commit"):
        intake(commit)


def test_a_tag_is_no_commit(work: Work, intake: Callable[..., str], tmp_path: Path) -> None:
    commit = work.propose(beside(net=NEW))
    tag = work.put("tag", f"object {commit}\ntype commit\ntag v1\ntagger A <a@b.c> 0 +0000\n\nm\n".encode())
    work.git("update-ref", "refs/pull/1/head", tag)
    assert f"{tag} is a tag, not a commit" in refusal(intake, tag, tmp_path)
    assert f"now ends in {tag}" in refusal(intake, commit, tmp_path)


def test_a_head_that_was_not_fetched(work: Work, intake: Callable[..., str]) -> None:
    with pytest.raises(FuseboardError, match="there is no 'refs/pull/1/head'; fetch it first"):
        intake(work.main)
    for reference in ("--upload-pack=touch x", "-h"):
        with pytest.raises(FuseboardError, match="is no reference of git"):
            intake(work.main, reference)


def test_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(FuseboardError, match="not a git repository"):
        import_submission(Repository(tmp_path), "0" * 40, "HEAD", "main", tmp_path / "into")


def test_an_unrelated_history(work: Work, intake: Callable[..., str], tmp_path: Path) -> None:
    alone = work.commit(work.tree({"README.md": b"main", **beside(net=NEW)}))
    work.git("update-ref", "refs/pull/1/head", alone)
    assert "share no history" in refusal(intake, alone, tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({**beside(net=NEW), "README.md": b"changed"}, "it changes 'README.md', which is not in submissions/"),
        ({**beside(net=NEW), "evil.py": b""}, "it changes 'evil.py', which is not in"),
        ({**beside(net=NEW), ".github": {"workflows": {"a.yml": b""}}}, "it changes '.github', which is not in"),
        ({**beside(net=NEW), ".gitattributes": b"* filter=evil\n"}, "it changes '.gitattributes', which is not in"),
        ({**beside(net=NEW), ".gitmodules": b""}, "it changes '.gitmodules', which is not in"),
        ({**beside(net=NEW), "Submissions": {"net": NEW}}, "it changes 'Submissions', which is not in"),
        (beside(net=NEW, gog=NEW), "it changes 'gog', 'net' in submissions/; a pull request is about one submission"),
        (beside(), "it changes nothing in submissions/"),
        ({}, "'README.md' is removed"),
        (beside(**{"net.toml": b""}), "'net.toml' is a file, not a folder"),
        ({"submissions": {"README.md": b"other words"}}, "'README.md' is a file, not a folder"),
        (beside(net={**NEW, "setup.py": b""}), "'net/setup.py' does not belong there"),
        (beside(net={**NEW, ".gitattributes": b"* filter=evil\n"}), "'net/.gitattributes' does not belong there"),
        (beside(net={**NEW, "digits": {"a.parquet": b""}}), "'net/digits' does not belong there"),
        (beside(net={**NEW, "readme.md": b""}), "'net/readme.md' does not belong there"),
        (beside(net={**NEW, "Card.toml": b""}), "'net/Card.toml' does not belong there"),
        (beside(net={**NEW, "README.md": {"a": b""}}), "'net/README.md' is a folder, not a plain file"),
        (beside(net={**NEW, "a\nb\x1b[31m": b""}), r"'net/a\\u000ab\\u001b[31m' does not belong there"),
        (
            beside(net={**NEW, "card.toml": b"x" * (files.LIMITS["card.toml"] + 1)}),
            "a blob of 65,537 bytes; 65,536 are",
        ),
        (beside(net={**NEW, "manifest.json": b" " * 20_000_000}), "'net/manifest.json': a blob of 20,000,000 bytes"),
        (beside(con=NEW), "is a device on Windows"),
        (beside(Net=NEW), "the name 'Net' is no name"),
        (beside(**{"n\u0435t": NEW}), "has letters that are not ASCII: U+0435"),
        (beside(**{"n" * 300: NEW}), "has 300 characters, 100 are allowed"),
        (beside(**{"a b; rm -rf ~": NEW}), "is no name"),
        (beside(**{"$(id)": NEW}), "is no name"),
        (beside(**{"-rf": NEW}), "is no name"),
        (beside(**{"a..b": NEW}), "has two of them together"),
    ],
)
def test_a_commit_of_anything_else_is_refused(
    work: Work, intake: Callable[..., str], tmp_path: Path, content: dict, told: str
) -> None:
    message = refusal(intake, work.propose(content), tmp_path)
    if content:
        assert told in message
    else:
        assert "it changes 'README.md' in submissions/" in message or "it removes 'README.md'" in message


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("file", ["card.toml", "README.md"])
def test_only_plain_files_are_taken(
    work: Work, intake: Callable[..., str], tmp_path: Path, mode: str, file: str
) -> None:
    target = work.main if mode == "160000" else work.put("blob", b"/etc/hostname")
    message = refusal(intake, work.propose(beside(net={**NEW, file: (mode, target)})), tmp_path)
    assert f"'net/{file}' {MODES[mode]}, not a plain file" in message


@pytest.mark.parametrize("mode", MODES)
def test_only_a_folder_is_a_submission(work: Work, intake: Callable[..., str], tmp_path: Path, mode: str) -> None:
    target = work.main if mode == "160000" else work.put("blob", b"../../etc")
    assert f"'net' {MODES[mode]}" in refusal(intake, work.propose(beside(net=(mode, target))), tmp_path)
    root = work.propose({"submissions": (mode, target)})
    assert f"submissions {MODES[mode]}" in refusal(intake, root, tmp_path)


@pytest.mark.parametrize("name", ["..", ".", "../../x", "net/../../x", ".git", "net\\..\\x", b"n\xff\xfe"])
def test_forged_names_lead_nowhere(work: Work, intake: Callable[..., str], tmp_path: Path, name: str | bytes) -> None:
    inside = work.raw(("100644", name, work.put("blob", b"x")), ("100644", "card.toml", work.put("blob", b"x")))
    for folder in (
        work.tree(beside(net=("40000", inside))["submissions"]),
        work.raw(("40000", name, work.tree(NEW)), ("100644", "README.md", work.put("blob", b"data only"))),
    ):
        root = work.tree({"README.md": b"main", "submissions": ("40000", folder)})
        assert "is not taken" in refusal(intake, work.propose_tree(root), tmp_path)
    root = work.raw(("40000", name, folder), *[("100644", "README.md", work.put("blob", b"main"))])
    assert "which is not in submissions/" in refusal(intake, work.propose_tree(root), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"work.git"}


def test_a_name_that_is_there_twice(work: Work, intake: Callable[..., str], tmp_path: Path) -> None:
    one, two = work.put("blob", b"harmless"), work.put("blob", b"other")
    twice = work.raw(("100644", "card.toml", one), ("100644", "card.toml", two))
    commit = work.propose(beside(net=("40000", twice)))
    assert "holds 'card.toml' twice" in refusal(intake, commit, tmp_path)


def test_a_folder_that_holds_itself_a_million_times(work: Work, intake: Callable[..., str], tmp_path: Path) -> None:
    bomb = work.tree({"a": b""})
    for _ in range(10):
        bomb = work.raw(*[("40000", f"{n:02}", bomb) for n in range(50)])
    for content in (beside(net=("40000", bomb)), {**beside(net=NEW), "z": ("40000", bomb)}):
        assert "is not taken" in refusal(intake, work.propose(content), tmp_path)
    wide = work.raw(*[("100644", f"{n:05}", "0" * 40) for n in range(50_000)])
    assert "a tree of 1,650,000 bytes" in refusal(intake, work.propose(beside(net=("40000", wide))), tmp_path)


def test_an_object_of_another_kind(work: Work, intake: Callable[..., str], tmp_path: Path) -> None:
    folder = work.tree({"a": b""})
    wrong = work.propose(beside(net={**NEW, "README.md": ("100644", folder)}))
    assert "is a tree, not a blob" in refusal(intake, wrong, tmp_path)
    absent = work.propose(beside(net={**NEW, "README.md": ("100644", "1" * 40)}))
    assert "there is no object" in refusal(intake, absent, tmp_path)


def test_a_removal_is_refused_and_a_withdrawal_is_not(work: Work, intake: Callable[..., str], tmp_path: Path) -> None:
    work.adopt({"README.md": b"main", **beside(net=NEW)})
    assert "it removes 'net'; keep the folder" in refusal(intake, work.propose(beside()), tmp_path)
    renamed = work.propose(beside(net2=NEW))
    assert "it changes 'net', 'net2'" in refusal(intake, renamed, tmp_path)
    withdrawn = {**NEW, "submission.toml": b'status = "withdrawn"\n'}
    assert intake(work.propose(beside(net=withdrawn))) == "net"


def test_a_look_alike_of_one_that_is_there(work: Work, intake: Callable[..., str], tmp_path: Path) -> None:
    work.adopt({"README.md": b"main", **beside(**{"hog-1": NEW})})
    lookalike = work.propose(beside(**{"hog-1": NEW, "h0g-l": NEW}))
    assert "looks like hog-1, which is taken" in refusal(intake, lookalike, tmp_path)


def test_replacements_and_grafts_have_no_say(work: Work, intake: Callable[..., str], tmp_path: Path) -> None:
    evil = work.put("blob", b"evil")
    commit = work.propose(beside(net=NEW))
    work.git("replace", work.put("blob", NEW["card.toml"]), evil)
    outside = work.commit(work.tree({"evil.py": b""}), work.main)
    (work.folder / "info").mkdir(exist_ok=True)
    (work.folder / "info" / "grafts").write_text(f"{commit} {outside}\n")
    assert intake(commit) == "net"
    assert (tmp_path / "into" / "submissions" / "net" / "card.toml").read_bytes() == NEW["card.toml"]


def test_filters_and_hooks_are_not_run(work: Work, intake: Callable[..., str], tmp_path: Path) -> None:
    trap = tmp_path / "work.git" / "trapped"
    for kind in ("smudge", "clean", "process"):
        work.git("config", f"filter.evil.{kind}", f"touch {trap}")
    work.git("config", "core.autocrlf", "true")
    work.git("config", "core.attributesFile", str(work.folder / "attributes"))
    (work.folder / "attributes").write_text("* filter=evil text eol=crlf\n")
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        hook = work.folder / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
    commit = work.propose(beside(net=NEW))
    for hook in (work.folder / "hooks").iterdir():
        hook.chmod(0o755)
    assert intake(commit) == "net"
    assert not trap.exists()
    assert (tmp_path / "into" / "submissions" / "net" / "card.toml").read_bytes() == b'id = "net"\r\n'


def test_a_folder_with_something_in_it_is_left_alone(work: Work, intake: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "into").mkdir()
    (tmp_path / "into" / "mine").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        intake(work.propose(beside(net=NEW)))
    assert held(tmp_path / "into") == {"mine": b"mine"}


def test_the_command_prints_the_name(work: Work, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit = work.propose(beside(net=NEW))
    where = ["--repository", str(work.folder), "--base", "main", "--head", "refs/pull/1/head"]
    for name in ("import", "intake"):  # what it is called, and what it was called before
        assert cli.run(["submission", name, commit, "--into", str(tmp_path / name), *where]) == 0
        assert capsys.readouterr().out == "net\n"
    assert cli.run(["submission", "import", "main", "--into", str(tmp_path / "two"), *where]) == 2
    (message,) = capsys.readouterr().err.splitlines()
    assert message.startswith("error: 'main' is not the full hash")
