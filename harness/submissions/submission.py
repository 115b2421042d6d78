"""A submission: another person's backbone, as the files of its folder say it."""

from dataclasses import dataclass
from pathlib import Path

from fuseboard.harness.backbones.card import Card
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.results.submission_file import Statement


@dataclass(frozen=True)
class Submission:
    """A folder that holds a card, a manifest and a statement, each valid by itself."""

    folder: Path
    card: Card
    manifest: Manifest
    statement: Statement
