"""How fuseboard was installed, so that whoever lacks a part is told a command that brings it there.

`pip install "fuseboard[harness]"` would ask a registry for what came out of a clone or a repository. What installed it
has written down where it came from (`direct_url.json`, PEP 610), and each tool leaves its mark in the environment.
"""

import json
import os
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

NAME = "fuseboard"
UV_RECEIPT = "uv-receipt.toml"
"""What `uv tool install` leaves in the environment that it makes for a tool: what was asked for."""
PIPX_RECEIPT = "pipx_metadata.json"
"""What pipx leaves there."""


class Source(NamedTuple):
    """Where fuseboard came from, in words that an installer takes."""

    place: str | None
    """Folder, file or address; None where it came from a registry."""
    is_editable: bool = False

    def asking(self, *extras: str) -> str:
        """Returns the argument that asks for the same fuseboard with these extras."""
        wanted = f"[{','.join(extras)}]" if extras else ""
        if self.place is None:
            return _quoted(f"{NAME}{wanted}")
        if "://" in self.place:
            return _quoted(f"{NAME}{wanted} @ {self.place}")
        return f"{'-e ' if self.is_editable else ''}{_quoted(self.place + wanted)}"


def command(*extras: str, packages: tuple[str, ...] = ()) -> str:
    """Returns the command that adds extras of fuseboard, and packages of others, to the environment that runs it."""
    source, environment = installed_from(), Path(sys.prefix)
    if (environment / UV_RECEIPT).is_file():
        # It makes the environment anew, so that what was asked for before is asked for again.
        before, beside = _uv_receipt(environment / UV_RECEIPT)
        asked = source.asking(*dict.fromkeys([*before, *extras]))
        return " ".join(["uv tool install --force", asked, *(f"--with {_quoted(one)}" for one in [*beside, *packages])])
    wanted = " ".join([*([source.asking(*extras)] if extras else []), *map(_quoted, packages)])
    if (environment / PIPX_RECEIPT).is_file():
        return f"pipx runpip {NAME} install {wanted}"
    return f"{'uv pip' if _noted('INSTALLER').strip() == 'uv' else 'pip'} install {wanted}"


def installed_from() -> Source:
    """Returns where fuseboard came from: what its installer wrote down, else the checkout that it is imported from."""
    checkout = Path(__file__).resolve().parents[1]
    if not _noted("WHEEL") and (checkout / "pyproject.toml").is_file():
        return Source(str(checkout), is_editable=True)
    stated = _direct_url()
    url = str(stated.get("url") or "")
    if "vcs_info" in stated:
        kind, commit = stated["vcs_info"].get("vcs", "git"), stated["vcs_info"].get("commit_id")
        below = f"#subdirectory={stated['subdirectory']}" if stated.get("subdirectory") else ""
        # The commit, not the branch: what mends an installation does not bring another version of it.
        return Source(f"{kind}+{url}{f'@{commit}' if commit else ''}{below}")
    if "dir_info" in stated:
        return Source(url2pathname(urlsplit(url).path), stated["dir_info"].get("editable") is True)
    # Of a file, what is installed is asked itself for its extras, unless the environment is made anew.
    return Source(url) if url and (Path(sys.prefix) / UV_RECEIPT).is_file() else Source(None)


def _direct_url() -> dict[str, Any]:
    try:
        stated = json.loads(_noted("direct_url.json") or "{}")
    except ValueError:
        return {}
    return stated if isinstance(stated, dict) else {}


def _noted(name: str) -> str:
    """Returns a file of the notes that the installer left, or nothing where there is none.

    A build leaves notes in a checkout too, without `WHEEL`: they are of no installation.
    """
    from importlib.metadata import distributions

    installed = (found for found in distributions(name=NAME) if found.read_text("WHEEL"))
    found = next(installed, None)
    return (found and found.read_text(name)) or ""


def _uv_receipt(path: Path) -> tuple[list[str], list[str]]:
    """Returns the extras and the further packages that were asked for."""
    asked = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("requirements", [])
    extras = [extra for one in asked if one.get("name") == NAME for extra in one.get("extras", [])]
    return extras, [one["name"] for one in asked if one.get("name") not in (None, NAME)]


def _quoted(word: str) -> str:
    """Quotes for any shell where that can be: cmd.exe knows double quotes alone."""
    if os.name == "posix" and any(letter in word for letter in '"$`\\!'):
        return shlex.quote(word)
    return f'"{word}"' if set(word) & set(" []<>=;&()'@#~*?|") else word
