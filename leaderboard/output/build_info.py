"""The build info says which version of fuseboard, and which commit of its code, a site was built by."""

import os
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
"""The folder that holds the packages: a checkout of the project, or, where they were installed, `fuseboard` itself."""
CODE = ("leaderboard", "store")
"""What the site is made by; other changed files do not matter."""
TIMEOUT_S = 2.0
CHANGED = " + changes"
"""How the name of a commit ends whose code was changed since."""
DIGITS = 10
"""Digits of a commit."""


def builder(home: Path = HOME) -> str:
    """Return `fuseboard 0.1.0, commit 0123456789 + changes`; the version alone where the code is no checkout of its
    own.

    Args:
        home: of the code.
    """
    try:
        name = f"fuseboard {version('fuseboard')}"
    except PackageNotFoundError:
        name = "fuseboard"
    found = commit(home)
    return f"{name}, commit {found}" if found else name


def commit(home: Path) -> str | None:
    """Return the commit of a checkout, and whether its code was changed since; None where that is not known.

    A folder inside somebody else's repository, such as an environment kept in one, is no checkout of ours.
    """
    top = _git(home, "rev-parse", "--show-toplevel")
    if not top or Path(top).resolve() != home.resolve():
        return None
    head = _git(home, "rev-parse", "--verify", "HEAD")
    changed = _git(home, "status", "--porcelain", "--", *CODE)
    if not head or changed is None:
        return None
    return head[:DIGITS] + (CHANGED if changed else "")


def _git(home: Path, *arguments: str) -> str | None:
    """Return what git says; None where it says nothing good. It writes nothing and runs no program that a repository
    names."""
    # GIT_DIR and its like, as a hook of another repository sets them, would make it speak of that one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(home), "-c", "core.fsmonitor=false", *arguments]
    try:
        done = subprocess.run(
            command,
            env={**environment, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None
