"""What documents say of the project: files that they name exist, and their Python is importable."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
DOCUMENTS = [*sorted(REPOSITORY.glob("*.md")), *sorted((REPOSITORY / "docs").glob("*.md"))]
PATH = re.compile(r"`((?:store|harness|leaderboard|tests|docs|fuseboard|submissions)/[\w./*-]*)`|\]\(([\w./-]+\.md)\)")
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(document: Path) -> None:
    for named, linked in PATH.findall(document.read_text()):
        if "NAME" in named:  # stands for a name that the reader chooses
            continue
        where = document.parent if linked else REPOSITORY
        assert list(where.glob(named or linked)), f"{named or linked} does not exist"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_names_that_python_imports_exist(document: Path) -> None:
    for block in PYTHON.findall(document.read_text()):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("fuseboard"):
                module = import_module(str(node.module))
                assert all(hasattr(module, alias.name) for alias in node.names)
