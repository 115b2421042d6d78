"""Intersphinx inventories made of the names that `outside_names.toml` lists, so that no build fetches one."""

import tomllib
import zlib
from pathlib import Path

LISTED = Path(__file__).with_suffix(".toml")


def mapping(folder: Path) -> dict[str, tuple[str, str]]:
    """Writes an inventory per project into a folder, and returns Sphinx' `intersphinx_mapping` of them."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for project, said in tomllib.loads(LISTED.read_text()).items():
        pages = said.pop("pages")
        path = folder / f"{project}.inv"
        path.write_bytes(_inventory(project, said))
        found[project] = (pages, str(path))
    return found


def _inventory(project: str, roles: dict[str, dict[str, str]]) -> bytes:
    """Version 2 of the format: four lines of text, then compressed lines of name, role, priority, place and title."""
    head = f"# Sphinx inventory version 2\n# Project: {project}\n# Version: \n# The rest is compressed using zlib.\n"
    lines = [
        f"{name} py:{role} 1 {place.replace('*', name)} -\n"
        for role, names in roles.items()
        for name, place in names.items()
    ]
    return head.encode() + zlib.compress("".join(lines).encode())
