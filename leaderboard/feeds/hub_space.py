"""A static Space of the Hugging Face Hub is a folder of pages with a README that says so."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml
from huggingface_hub import SpaceCard, SpaceCardData

from fuseboard.store.errors import FuseboardError

FILE = "README.md"
TITLE = "fuseboard"
SHORT = "Frozen image models on medical images, measured honestly"
"""Below the title; the Hub takes 60 letters."""
MAX_FILES, MAX_ENTRIES = 100_000, 10_000
"""Of a repository, and of one folder of it: https://huggingface.co/docs/hub/storage-limits."""
LARGE = 10 * 2**20
"""Bytes from which on Git takes a file only through LFS, which `hf upload` does by itself."""


def readme() -> str:
    """Return the README with the settings of the Space: https://huggingface.co/docs/hub/spaces-config-reference."""
    data = SpaceCardData(
        title=TITLE,
        emoji="🩻",
        colorFrom="blue",
        colorTo="green",
        sdk="static",
        app_file="index.html",
        pinned=False,
        short_description=SHORT,
        tags=["leaderboard", "medical", "embeddings", "image-classification"],
    )
    text = (
        f"---\n{data.to_yaml()}\n---\n\n# {TITLE}\n\n{SHORT}. Every number leads to its row, with its uncertainty and "
        "the command that measures it again. These pages were built from a store and are replaced as a whole.\n"
    )
    if yaml.safe_load(SpaceCard(text).data.to_yaml()) != yaml.safe_load(data.to_yaml()):
        raise ValueError("the README of the Space does not read back as it was written")
    return text


def size(folder: Path) -> Iterator[str]:
    """Yield what the Hub's limits make of a folder, one line each.

    Raises:
        FuseboardError: it has more files than a repository may have.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    entries = Counter(path.parent for path in files) + Counter(p.parent for p in folder.rglob("*") if p.is_dir())
    (fullest, most), *_ = entries.most_common(1) or [(folder, 0)]
    if len(files) > MAX_FILES or most > MAX_ENTRIES:
        what = f"{len(files):,} files, {most:,} of them in {fullest.relative_to(folder).as_posix()}"
        raise FuseboardError(
            f"{folder}: {what}; a repository of the Hub takes {MAX_FILES:,}, and {MAX_ENTRIES:,} in a folder: show "
            "fewer datasets or releases"
        )
    total = sum(path.stat().st_size for path in files)
    yield f"{len(files):,} files, {total / 1e6:,.1f} MB, at most {most:,} in a folder"
    for path in files:
        if path.stat().st_size > LARGE:
            name = path.relative_to(folder).as_posix()
            yield f"{name} has {path.stat().st_size / 1e6:,.1f} MB: `hf upload` takes it, Git alone needs LFS for it"
