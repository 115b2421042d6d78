"""What documents say of the project: files that they name exist, and their Python is the front door's."""

import ast
import os
import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

import fuseboard

REPOSITORY = Path(__file__).parents[1]
PAGES = [path for path in sorted((REPOSITORY / "docs").rglob("*.md")) if not {"_build", "commands"} & {*path.parts}]
DOCUMENTS = [*sorted(REPOSITORY.glob("*.md")), *PAGES]
PATH = re.compile(
    r"`((?:store|harness|leaderboard|tests|docs|fuseboard|submissions)/[\w./*-]*)`|\]\(([\w./-]+\.md)[)#]"
)
PYTHON = re.compile(r"```(?:python|\{code-cell\} ipython3)\n(?:---\n.*?---\n)?(?::.*\n)*(.*?)```", re.DOTALL)
VARIABLE = re.compile(r"environ(?:\.get\(|\[)\"(\w+)\"|token_variable|\"(\w+_TOKEN)\"")
ROOMS = ("store", "harness", "leaderboard", "fuseboard")
TEXTS = (".py", ".toml", ".j2", ".yml")
MADE = {"docs/_build", "docs/commands"}
"""Folders below `docs/` that a build writes."""


def name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_files_that_are_named_exist(document: Path) -> None:
    for named, linked in PATH.findall(document.read_text()):
        if "NAME" in named or "_build" in named:  # what the reader chooses, and what a build makes
            continue
        where = os.path.normpath((document.parent if linked else REPOSITORY) / (named or linked))
        if name(Path(where)).startswith("docs/commands/"):
            continue  # written from the help; the build of the documentation refuses a link that leads nowhere
        assert list(REPOSITORY.glob(name(Path(where)))), f"{named or linked} does not exist"


def test_every_page_is_in_a_table_of_contents() -> None:
    """The build of the documentation says so, too, after ten minutes."""
    listed = {"docs/index.md"}
    for page in PAGES:
        for body in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text(), re.DOTALL):
            entries = [line for line in body.splitlines() if line and not line.startswith(":")]
            targets = [re.sub(r".*<(.*)>$", r"\1", entry) for entry in entries]
            listed |= {os.path.normpath(f"{name(page.parent)}/{target}.md") for target in targets}
    assert {name(page) for page in PAGES} - listed == set()


def test_pages_that_code_names_exist() -> None:
    sources = [path for room in ROOMS for path in (REPOSITORY / room).rglob("*.*") if path.suffix in TEXTS]
    named = {page: path for path in sources for page in re.findall(r"docs/[\w/-]+\.md", path.read_text())}
    assert len(named) >= 5
    assert {page: name(path) for page, path in named.items() if not (REPOSITORY / page).is_file()} == {}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_names_that_python_imports_exist(document: Path) -> None:
    for node in imports(document):
        module = import_module(str(node.module))
        assert all(hasattr(module, alias.name) for alias in node.names)


@pytest.mark.parametrize("document", [*REPOSITORY.glob("README.md"), *PAGES], ids=name)
def test_documentation_imports_the_front_door_alone(document: Path) -> None:
    for node in imports(document):
        assert node.module == "fuseboard"
        assert {alias.name for alias in node.names} <= {*fuseboard.__all__}


def imports(document: Path) -> list[ast.ImportFrom]:
    """The statements `from fuseboard… import …` of a document's Python."""
    blocks = PYTHON.findall(re.sub(r"^!.*\n", "", document.read_text(), flags=re.MULTILINE))
    trees = [ast.parse(block) for block in blocks]
    found = [node for tree in trees for node in ast.walk(tree)]
    return [node for node in found if isinstance(node, ast.ImportFrom) and str(node.module).startswith("fuseboard")]


def test_every_environment_variable_is_on_the_page_of_the_configuration() -> None:
    page = (REPOSITORY / "docs" / "how-to" / "configuration.md").read_text()
    told = set(re.findall(r"\{envvar\} (\w+)", page))
    sources = [path for room in ROOMS for path in (REPOSITORY / room).rglob("*.py")]
    read = {found for path in sources for pair in VARIABLE.findall(path.read_text()) for found in pair if found}
    assert read - told <= {"PYTHONSAFEPATH"}  # set for child processes, never asked of anybody
    assert len(read) >= 5


def test_the_readme_is_one_screen() -> None:
    assert len((REPOSITORY / "README.md").read_text().splitlines()) <= 60


def test_what_the_build_writes_is_not_kept() -> None:
    listed = subprocess.run(["git", "ls-files", *MADE], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert listed.stdout == ""


def test_every_name_of_the_front_door_has_its_entry_in_the_reference() -> None:
    reference = "".join(path.read_text() for path in (REPOSITORY / "docs" / "api").glob("*.md"))
    entries = re.findall(r"\.\. auto(?:class|function|exception):: fuseboard\.(\w+)", reference)
    assert {*entries} >= {*fuseboard.__all__} - {"__version__"}
