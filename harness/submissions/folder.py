"""The folder: a submission as it was handed in, read and held against every rule that needs no shards."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.backbones import card as cards
from harness.backbones.card import Card
from harness.finding import Finding
from harness.submissions import statement
from harness.submissions.statement import Statement
from store import manifest
from store.errors import FuseboardError, UsageError
from store.manifest import Manifest

FILES = (manifest.CARD, manifest.FILE, statement.FILE, "README.md")


@dataclass(frozen=True)
class Submission:
    """A folder that holds a card, a manifest and a statement, each valid by itself."""

    folder: Path
    card: Card
    manifest: Manifest
    statement: Statement


def read(folder: Path) -> tuple[Submission | None, list[Finding]]:
    """What the folder holds, None where a file cannot be read, and what the rules say of it."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; a submission is a folder with {', '.join(FILES[:3])}")
    findings = list(_files(folder))
    if any(finding.is_bad for finding in findings):
        return None, findings
    try:
        card = cards.read(folder / manifest.CARD)
        findings.append(Finding("ok", "card", "valid"))
        path = folder / manifest.FILE
        said = manifest.parse(path.read_bytes(), str(path), "copy it from the version's folder in your store")
        findings.append(Finding("ok", "manifest", "valid"))
        stated = statement.read(folder / statement.FILE)
        findings.append(Finding("ok", "statement", f"{stated.status}, shards in {stated.shards.place}"))
    except FuseboardError as error:
        return None, [*findings, Finding("wrong", "contents", str(error), "mend it as the message says")]
    return Submission(folder, card, said, stated), [*findings, *_agreement(folder, card, said)]


def _files(folder: Path) -> Iterator[Finding]:
    for path in sorted(folder.iterdir()):
        if path.name not in FILES or path.is_symlink() or not path.is_file():
            yield Finding("wrong", "files", f"{path.name!r} does not belong here", f"keep only {', '.join(FILES)}")
    for name in FILES[:3]:
        if not (folder / name).exists():
            yield Finding("missing", "files", f"{name} is not there", "copy it from the version's folder in your store")


def _agreement(folder: Path, card: Card, said: Manifest) -> Iterator[Finding]:
    """Card, manifest and folder must be about one and the same version."""
    for rule, of_card, found in (
        ("name", card.id, folder.name),
        ("backbone", card.id, said.backbone),
        ("fingerprint", card.fingerprint, said.fingerprint),
        ("dim", card.dim, said.dim),
        ("redistribution", card.redistribution, said.about.redistribution),
    ):
        if of_card == found:
            yield Finding("ok", rule, str(found))
        else:
            yield Finding("wrong", rule, f"the card says {of_card}, here it is {found}", "extract again with this card")
