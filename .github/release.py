"""What a release is held against before anybody can install it: `release.py check TAG DIST`, `release.py notes TAG`.

The version is said in `fuseboard/__init__.py`; the tag, `CITATION.cff`, `CHANGELOG.md` and the files in DIST have to
say the same one. What the workflow tries besides is in `.github/workflows/release.yml`.
"""

import re
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUNDLE = "leaderboard/sql/dist/"
"""The files of the SQL page, which npm makes and no commit holds."""
SECTION = re.compile(r"^## \[(?P<version>[^\]]+)\](?: - (?P<date>\d{4}-\d\d-\d\d))?$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)[^)]+\)")


def problems(tag: str, dist: Path, root: Path = ROOT) -> Iterator[str]:
    """Yields what keeps a tag from being released, a line each."""
    version = _found(r'^__version__ = "(.*)"$', root / "fuseboard" / "__init__.py")
    if tag != f"v{version}":
        yield f"the tag is {tag} and fuseboard/__init__.py says {version}: tag v{version}, or mend __version__"
    dates = {found["version"]: found["date"] for found in SECTION.finditer(_text(root / "CHANGELOG.md"))}
    if dates.get(version or "") is None:
        yield f"CHANGELOG.md has no section `## [{version}] - YYYY-MM-DD`; rename `## [Unreleased]`"
    cited = _found(r"^version: (.*)$", root / "CITATION.cff"), _found(r"^date-released: (.*)$", root / "CITATION.cff")
    if cited != (version, dates.get(version or "")):
        date = dates.get(version or "") or "YYYY-MM-DD"
        yield f"CITATION.cff has to say `version: {version}` and `date-released: {date}`"
    urls = tomllib.loads(_text(root / "pyproject.toml"))["project"].get("urls", {})
    if "Repository" not in urls:
        yield "pyproject.toml names no repository; say it as `Repository` under [project.urls]"
    yield from _of_files(version or "", sorted(dist.iterdir()) if dist.is_dir() else [])


def _of_files(version: str, files: list[Path]) -> Iterator[str]:
    wanted = [f"fuseboard-{version}-py3-none-any.whl", f"fuseboard-{version}.tar.gz"]
    if [path.name for path in files] != wanted:
        held = ", ".join(path.name for path in files) or "none"
        yield f"the files are {held}, and not {' and '.join(wanted)}: empty the folder, and run python -m build"
        return
    with zipfile.ZipFile(files[0]) as wheel:
        names = wheel.namelist()
        stated = message_from_bytes(wheel.read(f"fuseboard-{version}.dist-info/METADATA"))["Version"]
    if stated != version:
        yield f"the wheel calls itself {stated}"
    with tarfile.open(files[1]) as sources:
        held = sources.getnames()
    for where, found in ((files[0].name, names), (files[1].name, held)):
        if not any(BUNDLE in name and name.endswith(".wasm") for name in found):
            yield f"{where} has no SQL page; run npm ci and npm run bundle in leaderboard/sql, then build again"


def notes(tag: str, root: Path = ROOT) -> str:
    """Returns the section of a version in the list of changes, whose links into the repository become plain words."""
    text = _text(root / "CHANGELOG.md")
    sections = list(SECTION.finditer(text))
    ends = [*(section.start() for section in sections[1:]), len(text)]
    for section, end in zip(sections, ends, strict=True):
        if f"v{section['version']}" == tag:
            return LINK.sub("]", text[section.end() : end]).strip() + "\n"
    raise SystemExit(f"CHANGELOG.md has no section of {tag}")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _found(pattern: str, path: Path) -> str | None:
    found = re.search(pattern, _text(path), re.MULTILINE)
    return found and found[1].strip('"')


def main(arguments: list[str]) -> None:
    """Runs one of the two commands; exits with 1 where something has to be mended first."""
    match arguments:
        case ["check", tag, dist]:
            if found := list(problems(tag, Path(dist))):
                raise SystemExit("\n".join(found))
            print(f"{tag}: version, changes, citation, repository and files agree")
        case ["notes", tag]:
            print(notes(tag), end="")
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
