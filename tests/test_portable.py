"""What macOS and Windows lack is never the only way: tried on any system, with what is Unix's or Linux's taken away.

The workflow `tests.yml` runs the main job on these systems themselves.
"""

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
WALK = REPOSITORY / "tests" / "walk_elsewhere.py"
REFUSED = re.compile(r'[:<>"|?*\\]|[. ](/|$)|(^|/)(con|prn|aux|nul|com\d|lpt\d)(\.[^/]*)?(/|$)', re.IGNORECASE)
"""In names of files on Windows."""
ROOMS = ("fuseboard", "store", "harness", "leaderboard")


def sources() -> list[Path]:
    found = [path for room in ROOMS for path in (REPOSITORY / room).rglob("*.py")]
    return sorted(path for path in found if "node_modules" not in path.parts)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield name, node


def says(node: ast.Call, keyword: str) -> bool:
    return any(given.arg == keyword for given in node.keywords)


def is_text(name: str, node: ast.Call) -> bool:
    """Whether a call reads or writes text, whose encoding and line ends another system would choose otherwise."""
    if name in ("read_text", "write_text"):
        own = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "atomic"
        return not own and not (name == "read_text" and node.args)  # of importlib.metadata
    if name in ("open", "fdopen"):
        modes = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        modes = [mode for mode in modes if mode and not set(mode) - set("rwxab+t")]
        return any("b" not in mode for mode in modes)
    return (says(node, "text") or says(node, "universal_newlines")) and name in ("run", "Popen", "check_output")


def test_texts_have_the_same_bytes_on_every_system() -> None:
    texts = [(path, name, node) for path in sources() for name, node in calls(path) if is_text(name, node)]
    assert len(texts) > 20
    unclear = [
        f"{path.relative_to(REPOSITORY)}:{node.lineno}: {ast.unparse(node)}"
        for path, name, node in texts
        if not says(node, "encoding") or (name == "write_text" and not says(node, "newline"))
    ]
    assert unclear == []


def unusable(names: list[str]) -> list[str]:
    """Names of files that Windows refuses, or that it and macOS take for one."""
    counted = Counter(name.lower() for name in names)
    return [name for name in names if REFUSED.search(name.replace(os.sep, "/")) or counted[name.lower()] > 1]


def test_every_file_of_the_project_has_a_name_on_every_system() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, encoding="utf-8", check=False
    )
    if listed.returncode:
        pytest.skip("not a checkout, so nothing says which files belong to the project")
    assert unusable([name for name in listed.stdout.split("\0") if name]) == []
    assert unusable(["a:b", "a/con.txt", "A", "a", "a./b", "fine"]) == ["a:b", "a/con.txt", "A", "a", "a./b"]


def test_git_keeps_the_ends_of_lines() -> None:
    """Files are hashed, and git for Windows would write other ones."""
    assert "* text=auto eol=lf" in (REPOSITORY / ".gitattributes").read_text().splitlines()


def test_everything_is_imported_and_worked_with_where_nothing_of_unix_is(tmp_path: Path) -> None:
    pytest.importorskip("xgboost")
    own = {"FUSEBOARD_STORE": str(tmp_path / "store"), "PYTHONIOENCODING": "ascii", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, str(WALK)],
        cwd=tmp_path,
        env={**os.environ, **own, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "index.html").is_file()
    assert "hog" in done.stdout
    assert unusable([str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")]) == []
    assert "\\u2192" in done.stdout, "an arrow that the pipe cannot take"
