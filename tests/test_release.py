"""What a tag is held against before it becomes a release, on a small project that the tests make."""

import importlib.util
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

import fuseboard

REPOSITORY = Path(__file__).parents[1]
SCRIPT = REPOSITORY / ".github" / "release.py"
spec = importlib.util.spec_from_file_location("release", SCRIPT)
assert spec
assert spec.loader
release = importlib.util.module_from_spec(spec)
spec.loader.exec_module(release)

CHANGES = """# Changes

## [Unreleased]

## [1.2.3] - 2030-01-31

### Added

- A thing ([told here](docs/thing.md), [there](https://example.org)).

## [1.2.2] - 2030-01-01

- Older.
"""
CITATION = "cff-version: 1.2.0\nversion: 1.2.3\ndate-released: 2030-01-31\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One that may be released as 1.2.3."""
    (tmp_path / "fuseboard").mkdir()
    (tmp_path / "fuseboard" / "__init__.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGES)
    (tmp_path / "CITATION.cff").write_text(CITATION)
    (tmp_path / "pyproject.toml").write_text('[project]\n[project.urls]\nRepository = "https://example.org"\n')
    pack(tmp_path / "dist", "1.2.3", "fuseboard/leaderboard/sql/dist/duckdb.wasm")
    return tmp_path


def pack(dist: Path, version: str, name: str) -> None:
    shutil.rmtree(dist, ignore_errors=True)
    dist.mkdir()
    with zipfile.ZipFile(dist / f"fuseboard-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"fuseboard-{version}.dist-info/METADATA", f"Name: fuseboard\nVersion: {version}\n")
        wheel.writestr(name, "")
    with tarfile.open(dist / f"fuseboard-{version}.tar.gz", "w:gz") as sources:
        sources.addfile(tarfile.TarInfo(f"fuseboard-{version}/{name.removeprefix('fuseboard/')}"))


def problems(project: Path, tag: str = "v1.2.3") -> list[str]:
    return list(release.problems(tag, project / "dist", project))


def test_a_whole_project_has_no_problem(project: Path) -> None:
    assert problems(project) == []


def test_every_place_that_says_another_version_is_named(project: Path) -> None:
    assert "tag v1.2.3, or mend __version__" in "".join(problems(project, "v1.2.4"))
    (project / "CHANGELOG.md").write_text(CHANGES.replace(" - 2030-01-31", ""))
    (project / "pyproject.toml").write_text("[project]\n")
    found = problems(project)
    assert [line.partition(" ")[0] for line in found] == ["CHANGELOG.md", "CITATION.cff", "pyproject.toml"]
    assert "`version: 1.2.3` and `date-released: YYYY-MM-DD`" in found[1]


def test_files_without_the_page_of_sql_or_of_another_version_are_refused(project: Path) -> None:
    pack(project / "dist", "1.2.3", "fuseboard/leaderboard/sql/bundle.js")
    assert [line.split()[0] for line in problems(project)] == [
        "fuseboard-1.2.3-py3-none-any.whl",
        "fuseboard-1.2.3.tar.gz",
    ]
    pack(project / "dist", "1.2.2", "fuseboard/leaderboard/sql/dist/duckdb.wasm")
    assert "fuseboard-1.2.2-py3-none-any.whl" in "".join(problems(project))
    (project / "dist").rename(project / "elsewhere")
    assert "the files are none, and not fuseboard-1.2.3" in "".join(problems(project))


def test_notes_are_the_section_of_the_version(project: Path) -> None:
    assert release.notes("v1.2.3", project) == ("### Added\n\n- A thing ([told here], [there](https://example.org)).\n")
    assert release.notes("v1.2.2", project) == "- Older.\n"
    with pytest.raises(SystemExit, match=r"no section of v9"):
        release.notes("v9", project)


def test_the_command_exits_with_what_is_to_be_mended(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), "check", "v0", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 1
    assert f"tag v{fuseboard.__version__}" in done.stderr


def test_this_project_cites_its_version_and_lists_its_changes() -> None:
    cited = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == fuseboard.__version__
    assert {"cff-version", "message", "title", "authors", "license"} <= cited.keys()
    sections = list(release.SECTION.finditer((REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")))
    headings = re.findall(r"^## ", (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(sections) == len(headings) >= 1


def test_classifiers_name_the_pythons_that_are_tested() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {line.rpartition(":: ")[2] for line in project["classifiers"] if "Python :: 3." in line}
    jobs = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8"))["jobs"]
    assert {tuple(job["strategy"]["matrix"]["python"]) for job in jobs.values()} == {tuple(sorted(named))}
    assert project["requires-python"] == f">={min(named, key=lambda one: int(one.partition('.')[2]))}"
