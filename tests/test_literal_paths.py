"""Every Parquet and CSV file is opened by `literal_path`, and nothing that we tell others makes columns of folders."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
FILES = sorted(
    path
    for package in ("store", "harness", "leaderboard")
    for path in (REPOSITORY / package).rglob("*.py")
    if "node_modules" not in path.parts and path.name != "literal_path.py"
)
POLARS = re.compile(r"(read|scan)_(parquet|csv|csv_batched|ndjson|json|ipc|delta|avro|excel|lines)(_schema|_metadata)?")
WITH_PARTITIONING = {"read_table", "ParquetDataset", "dataset"}
"""Of pyarrow: each makes columns of folders unless told not to, at least for folders."""


def modules(tree: ast.AST) -> dict[str, str]:
    """Name in the file -> what it was imported as."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {(name.asname or name.name.partition(".")[0]): name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith("fuseboard"):
            found |= {(name.asname or name.name): f"{node.module}.{name.name}" for name in node.names}
    return found


def openings(tree: ast.AST) -> Iterator[str]:
    """Calls and queries that would read a path by their own rules."""
    known = modules(tree)
    pieces = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        text = isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
        if text and (isinstance(node, ast.JoinedStr) or id(node) not in pieces):
            told = ast.unparse(node)
            calls = re.findall(r"(?:read|scan)_parquet\(|parquet_scan\(|read_csv(?:_auto)?\(|read_json\(", told)
            yield from calls[told.count("hive_partitioning") :]
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        first, _, last = name.partition(".")
        origin = known.get(first, "")
        called = f"{origin}.{last}".removesuffix(".")
        keywords = {word.arg for word in node.keywords}
        if (origin.startswith("polars") and POLARS.fullmatch(called.rpartition(".")[2])) or called.startswith("glob."):
            yield name
        if (
            origin.startswith("pyarrow")
            and called.rpartition(".")[2] in WITH_PARTITIONING
            and "partitioning" not in keywords
        ):
            yield name


@pytest.mark.parametrize(
    "code",
    [
        "import polars as pl\npl.read_parquet(path)",
        "import polars\npolars.scan_csv(path)",
        "from polars import read_parquet_schema\nread_parquet_schema(path)",
        "import glob\nglob.glob(f'{path}/*')",
        "from glob import iglob\niglob(path)",
        "import pyarrow.parquet as pq\npq.read_table(path)",
        "import pyarrow.dataset as ds\nds.dataset(path)",
        "database.sql('SELECT * FROM read_parquet($paths)')",
        "database.sql(f\"SELECT * FROM read_csv('{path}')\")",
    ],
)
def test_what_reads_by_rules_of_its_own_is_found(code: str) -> None:
    assert list(openings(ast.parse(code)))


def test_no_file_is_opened_past_the_module_of_literal_paths() -> None:
    found = {str(path.relative_to(REPOSITORY)): sorted(openings(ast.parse(path.read_text()))) for path in FILES}
    assert {name: calls for name, calls in found.items() if calls} == {}


def test_what_the_texts_tell_to_type_makes_no_columns_of_folders() -> None:
    texts = [REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")]
    texts += (REPOSITORY / "leaderboard" / "templates").rglob("*.j2")
    told = [
        call
        for path in texts
        for call in re.findall(r"(?:read|scan)_parquet\((?:[^()]|\([^()]*\))*\)", path.read_text())
    ]
    assert len(told) >= 3
    assert [call for call in told if "hive_partitioning" not in call] == []
    assert not any(re.search(r"(FROM|JOIN) '[^']*\.parquet'", path.read_text()) for path in texts)
