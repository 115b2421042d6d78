"""The check: every rule, from the folder to the vectors, each only after those that make it safe to look further."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from fuseboard.harness.submissions.folder import accepted, read
from fuseboard.harness.submissions.rules import lifecycle, texts
from fuseboard.harness.submissions.shards import duplicate_backbone, leakage, parquet_layout, quarantine, rows
from fuseboard.harness.submissions.shards.split_statistics import tally
from fuseboard.harness.submissions.shards.stored_backbones import Others
from fuseboard.harness.submissions.submission import Submission
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError


@dataclass(frozen=True)
class Checked:
    """What was found, and what may be ranked."""

    findings: list[Finding]
    submission: Submission | None
    """None where the folder cannot be read."""
    version: Version | None
    """In its quarantine; None where a rule is broken, the shards are not there, or the submission is withdrawn."""

    @property
    def is_bad(self) -> bool:
        """Whether a rule is broken."""
        return _are_bad(self.findings)


def check(folder: Path, root: Path, before: Path | None = None, device: str = "cpu", fetch: bool = False) -> Checked:
    """Holds a submission against every rule. The store's own embeddings and results are read and never touched.

    Args:
        folder: the submission.
        root: the store: what the submission is compared with, and where it lies in quarantine.
        before: the same folder as it was accepted, whose history must go on.
        device: on which vectors are computed again.
        fetch: whether weights may be downloaded for that.

    Raises:
        FuseboardError: there is no such folder, or another check of this submission is running.
    """
    submission, findings = read(folder)
    if before is not None and submission is not None:
        findings = [*findings, *lifecycle.findings(submission, accepted(before))]
    if submission is None or _are_bad(findings) or submission.statement.status == "withdrawn":
        return Checked(findings, submission, None)
    with quarantine.alone(root, submission.manifest.backbone):
        version, found = _bring(submission, root)
        if version is not None:
            found = [*found, *_judge(submission, version, root, device, fetch)]
    findings += [replace(f, message=texts.safe(f.message), fix=texts.safe(f.fix)) for f in found]
    return Checked(findings, submission, None if _are_bad(findings) else version)


def _bring(submission: Submission, root: Path) -> tuple[Version | None, list[Finding]]:
    try:
        version = quarantine.bring(submission, root)
    except (FuseboardError, OSError) as error:
        mend = "publish exactly what the manifest lists, and name its place in submission.toml"
        return None, [Finding("missing", "shards", str(error), mend)]
    count = sum(1 for _ in version.manifest.shards())
    size = sum(shard.bytes for _, _, shard in version.manifest.shards())
    whole = Finding("ok", "shards", f"{count} files, {size / 1e6:,.1f} MB, each with the SHA-256 of the manifest")
    return version, [whole]


def _judge(submission: Submission, version: Version, root: Path, device: str, fetch: bool) -> list[Finding]:
    findings = _run(parquet_layout.findings(version, root))
    if _are_bad(findings):  # nothing is unpacked of what may be a bomb
        return findings
    for dataset in version.manifest.datasets:
        findings += _run(_dataset(version, root, dataset))
    if not _are_bad(findings):
        findings += _run(_reproduction(submission, version, root, device, fetch))
    return findings


def _dataset(version: Version, root: Path, dataset: str) -> Iterator[Finding]:
    """One dataset at a time, so that no more than its sums and samples are in memory."""
    tallies = tally(version, dataset)
    found = list(rows.findings(version, root, dataset, tallies))
    yield from found
    if not _are_bad(found):
        others = Others(version, root, dataset, tallies)
        yield from leakage.findings(version, dataset, tallies, others)
        yield from duplicate_backbone.findings(version, dataset, others)


def _reproduction(submission: Submission, version: Version, root: Path, device: str, fetch: bool) -> Iterator[Finding]:
    from fuseboard.harness.submissions import reproduction  # it brings torch along

    yield from reproduction.findings(submission, version, root, device, fetch)


def _run(rule: Iterator[Finding]) -> list[Finding]:
    """What a rule finds; where it fails on what a stranger wrote, that is a finding as well."""
    found: list[Finding] = []
    try:
        found.extend(rule)
    except FuseboardError as error:
        found.append(Finding("wrong", "shards", str(error), "publish the shards again as the store wrote them"))
    except Exception as error:  # the libraries raise whatever they meet in a stranger's files
        told = f"cannot be judged ({type(error).__name__}: {error})"
        found.append(Finding("wrong", "shards", told, "publish the shards again as the store wrote them"))
    return found


def _are_bad(findings: list[Finding]) -> bool:
    return any(finding.is_bad for finding in findings)
