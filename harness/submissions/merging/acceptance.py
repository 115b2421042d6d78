"""The acceptance: a checked submission's embeddings move from the quarantine into the store."""

from dataclasses import dataclass
from pathlib import Path

from fuseboard.harness.submissions.check import check
from fuseboard.harness.submissions.submission import Submission
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings import versions
from fuseboard.store.errors import UsageError
from fuseboard.store.remotes import pull
from fuseboard.store.remotes.local import LocalRemote
from fuseboard.store.store import Store


@dataclass(frozen=True)
class _Quarantined(LocalRemote):
    """The quarantine, which the version's history does not name: it came from where its owner put it."""

    place: str = ""

    @property
    def origin(self) -> str:
        return self.place


def accept(folder: Path, store: Store, device: str = "cpu") -> list[Finding]:
    """Checks a submission and takes its version into the store; what is broken or not active stays outside.

    Args:
        folder: of the submission.
        store: the store. What it holds of that version already is not copied again.
        device: the device on which vectors are computed again.

    Returns:
        What is wrong with it or to be noted, or one finding that it is in the store.

    Raises:
        FuseboardError: the store holds other vectors under that fingerprint.
    """
    checked = check(folder, store, device=device)
    if checked.submission is not None and checked.submission.statement.status != "active":
        return [_inactive(checked.submission, store)]
    if checked.submission is None or checked.version is None:
        return [Finding(f.status, f"{folder.name}: {f.check}", f.message, f.fix) for f in checked.findings if f.is_bad]
    shards = checked.submission.statement.shards
    remote = _Quarantined(checked.version.folder, shards.revision, shards.hub or shards.zenodo or str(shards.folder))
    landed = pull.land(store.root, remote)
    store.forget_versions()
    return [Finding("ok", folder.name, f"{landed.version.folder}: {landed.files} files are new")]


def _inactive(submission: Submission, store: Store) -> Finding:
    manifest = submission.manifest
    message = f"is {submission.statement.status}; not taken"
    place = versions.folder_of(store.root, manifest.backbone, manifest.fingerprint)
    if (place / manifests.FILE).exists():
        message += f", but the store has it: searches go on to use {place}"
    return Finding("note", manifest.backbone, message)


def folders(folder: Path, everyone: bool) -> list[Path]:
    """One submission, or all that lie in a folder of them.

    Raises:
        UsageError: there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder")
    if not everyone:
        return [folder]
    return sorted(path for path in folder.iterdir() if (path / manifests.FILE).is_file())
