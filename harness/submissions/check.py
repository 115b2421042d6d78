"""The check: every rule, from the folder to the vectors, each only after those that make it safe to look further."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fuseboard.harness.submissions.folder import accepted, read, safe
from fuseboard.harness.submissions.rules import lifecycle
from fuseboard.harness.submissions.shards import duplicate_backbone, leakage, parquet_layout, quarantine, rows
from fuseboard.harness.submissions.shards.split_statistics import split_statistics
from fuseboard.harness.submissions.shards.stored_backbones import StoredBackbones
from fuseboard.harness.submissions.submission import Submission
from fuseboard.harness.terminal.finding import Finding, are_bad
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store

FIX = "publish the shards again as the store wrote them"


@dataclass(frozen=True)
class CheckResult:
    """What was found, and what may be ranked."""

    findings: list[Finding]
    submission: Submission | None
    """None where the folder cannot be read."""
    version: Version | None
    """In its quarantine; None where a rule is broken, the shards are not there, or the submission is withdrawn."""

    @property
    def is_bad(self) -> bool:
        """Whether a rule is broken."""
        return are_bad(self.findings)


def check(
    folder: Path, store: Store, before: Path | None = None, device: str = "cpu", download_weights: bool = False
) -> CheckResult:
    """Holds a submission against every rule. The store's own embeddings and results are read and never touched.

    Args:
        folder: the submission.
        store: what the submission is compared with, and where it lies in quarantine.
        before: the same folder as it was accepted, whose history must go on.
        device: the device on which vectors are computed again.
        download_weights: whether weights may be downloaded for that.

    Raises:
        FuseboardError: there is no such folder, or another check of this submission is running.
    """
    submission, findings = read(folder)
    if before is not None and submission is not None:
        findings = [*findings, *lifecycle.findings(submission, accepted(before))]
    if submission is None or are_bad(findings) or submission.statement.status == "withdrawn":
        return CheckResult(findings, submission, None)
    with quarantine.locked(store, submission.manifest.backbone):
        version, found = _fetch(submission, store)
        if version is not None:
            found += _judge(submission, version, store, device, download_weights)
    findings += safe(found)
    return CheckResult(findings, submission, None if are_bad(findings) else version)


def _fetch(submission: Submission, store: Store) -> tuple[Version | None, list[Finding]]:
    try:
        version = quarantine.fetch(submission, store)
    except (FuseboardError, OSError) as error:
        fix = "publish exactly what the manifest lists, and name its place in submission.toml"
        return None, [Finding("missing", "shards", str(error), fix)]
    sizes = [shard.bytes for _, _, shard in version.manifest.shards()]
    message = f"{len(sizes)} files, {sum(sizes) / 1e6:,.1f} MB, each with the SHA-256 of the manifest"
    return version, [Finding("ok", "shards", message)]


def _judge(
    submission: Submission, version: Version, store: Store, device: str, download_weights: bool
) -> list[Finding]:
    findings = _collect(parquet_layout.findings(version))
    if are_bad(findings):  # nothing is unpacked of what may be a bomb
        return findings
    for dataset in version.manifest.datasets:
        findings += _collect(_dataset(version, store, dataset))
    if not are_bad(findings):
        findings += _collect(_reproduction(submission, version, device, download_weights))
    return findings


def _dataset(version: Version, store: Store, dataset: str) -> Iterator[Finding]:
    """Judges one dataset at a time, so that no more than its sums and samples are in memory."""
    statistics = split_statistics(version, dataset)
    stored = StoredBackbones(version, store, dataset, statistics)
    found = list(rows.findings(version, store, dataset, statistics, stored))
    yield from found
    if not are_bad(found):
        yield from leakage.findings(version, dataset, statistics, stored)
        yield from duplicate_backbone.findings(version, dataset, stored)


def _reproduction(submission: Submission, version: Version, device: str, download_weights: bool) -> Iterator[Finding]:
    from fuseboard.harness.submissions import reproduction  # it imports torch

    yield from reproduction.findings(submission, version, device, download_weights)


def _collect(rule: Iterator[Finding]) -> list[Finding]:
    """What a rule finds; where it fails on what a stranger wrote, that is a finding as well."""
    found: list[Finding] = []
    try:
        found.extend(rule)
    except FuseboardError as error:
        found.append(Finding("wrong", "shards", str(error), FIX))
    except Exception as error:  # the libraries raise whatever they meet in a stranger's files
        found.append(Finding("wrong", "shards", f"cannot be judged ({type(error).__name__}: {error})", FIX))
    return found
