"""This finds the files of DuckDB for the SQL page, which npm makes; a site does without them where nobody made them."""

from collections.abc import Mapping
from pathlib import Path

DIST = Path(__file__).parents[1] / "sql" / "dist"
COMMAND = "npm ci --prefix leaderboard/sql && npm run bundle --prefix leaderboard/sql"
"""Makes them, from the project's folder."""


def files() -> Mapping[str, Path]:
    """Map each name to its file; it is empty where they were not made."""
    return {path.name: path for path in sorted(DIST.glob("[!.]*"))}


def megabytes() -> int:
    """Return what a browser loads of them, in millions of bytes."""
    return round(sum(path.stat().st_size for name, path in files().items() if not name.endswith(".txt")) / 1e6)
