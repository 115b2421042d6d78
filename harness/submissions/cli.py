"""`fuseboard submission`: backbones of other people."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fuseboard.harness.terminal.options import Device, Json, ProtocolName, StoreFolder, Wide
from fuseboard.harness.terminal.output import print_findings, print_rows

if TYPE_CHECKING:
    from fuseboard.store.store import Store

cli = typer.Typer(no_args_is_help=True, help="Check, rank and accept backbones of other people.")
Comment = Annotated[
    Path | None,
    typer.Option("--markdown", metavar="FILE", help="Also write a comment for a pull request to this file."),
]


@cli.command()
def new(
    name: Annotated[
        str, typer.Argument(help="Name of the folder and the backbone: a-z, 0-9, dot, dash and underscore.")
    ],
    from_hub: Annotated[
        str | None, typer.Option(metavar="ORG/NAME", help="Fill in what the configuration of this model says.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Make the folder in this one.")] = Path("submissions"),
) -> None:
    """Write a folder with a commented card and the steps that are left; nothing is overwritten."""
    from fuseboard.harness.submissions.drafting.new import new as make

    folder, notes = make(name, out, from_hub)
    for line in notes:
        typer.echo(line, err=True)
    typer.echo(f"{folder}")


@cli.command()
def check(
    folder: Path,
    before: Annotated[
        Path | None, typer.Option(help="Compare with the same submission as it was accepted, for its history.")
    ] = None,
    store: StoreFolder = None,
    device: Device = None,
    download_weights: Annotated[
        bool, typer.Option("--download-weights", help="Download open weights to compute vectors again.")
    ] = False,
    markdown: Comment = None,
    wide: Wide = False,
    json: Json = False,
) -> None:
    """Hold a submission against every rule, its shards included; exit with 1 when one is broken."""
    from fuseboard.harness.runtime.device import resolve
    from fuseboard.harness.submissions.check import check as run
    from fuseboard.harness.submissions.folder import accepted
    from fuseboard.harness.submissions.ranking import pr_comment
    from fuseboard.harness.submissions.rules import lifecycle
    from fuseboard.store.files import atomic

    if not folder.exists() and before is not None:
        findings = list(lifecycle.findings(None, accepted(before)))
    else:
        findings = run(folder, _opened(store), before, resolve(device or "cpu"), download_weights).findings
    if markdown is not None:
        atomic.write_text(markdown, pr_comment.checked(folder.name, findings))
    print_findings(findings, json, wide)


@cli.command()
def rank(
    folder: Path,
    protocol: ProtocolName = "biofuse-2026",
    dataset: Annotated[
        list[str] | None, typer.Option("--dataset", "-d", help="Rank on this dataset of the submission; else on all.")
    ] = None,
    markdown: Comment = None,
    store: StoreFolder = None,
    device: Device = None,
    wide: Wide = False,
    json: Json = False,
) -> None:
    """Say where a submission stands among the store's backbones; only what nobody has fitted yet is fitted.

    It is checked first, and not ranked where a rule is broken. The store's own results stay as they are.
    """
    from fuseboard.harness.protocols import own as protocols
    from fuseboard.harness.runtime.device import of_fits, resolve
    from fuseboard.harness.submissions.check import check as run
    from fuseboard.harness.submissions.ranking import pr_comment
    from fuseboard.harness.submissions.ranking.rank import rank as measure
    from fuseboard.store.files import atomic

    opened, where = _opened(store), resolve(device)
    rules = protocols.get(protocol, opened.root)
    checked = run(folder, opened, device=where)
    if checked.submission is None or checked.version is None:
        if markdown is not None:
            atomic.write_text(markdown, pr_comment.checked(folder.name, checked.findings))
        print_rows([finding.row() for finding in checked.findings], json, wide)
        raise typer.Exit(1)  # a withdrawn one breaks no rule, and there is nothing to rank
    ranking = measure(checked.submission, checked.version, opened, rules, of_fits(where), dataset or ())
    if markdown is not None:
        atomic.write_text(markdown, pr_comment.comment(ranking))
    for note in ranking.notes:
        typer.echo(note, err=True)
    print_rows(ranking.table if json else ranking.lines, json, wide)


@cli.command()
def accept(
    folder: Path,
    everyone: Annotated[bool, typer.Option("--all", help="Take every active submission in FOLDER.")] = False,
    store: StoreFolder = None,
    device: Device = None,
    wide: Wide = False,
    json: Json = False,
) -> None:
    """Check a submission and take its embeddings into the store, where searches and the board see them."""
    from fuseboard.harness.runtime.device import resolve
    from fuseboard.harness.submissions.merging.acceptance import accept as take
    from fuseboard.harness.submissions.merging.acceptance import folders

    opened = _opened(store)
    found = [finding for one in folders(folder, everyone) for finding in take(one, opened, resolve(device or "cpu"))]
    if found:
        print_findings(found, json, wide)


@cli.command("import")
def import_(
    commit: Annotated[str, typer.Argument(help="The 40 digits of the commit that was reviewed.")],
    into: Annotated[Path, typer.Option(help="Write to this new folder.")],
    head: Annotated[str, typer.Option(help="Expect the commit at this reference, which was fetched.")] = "FETCH_HEAD",
    base: Annotated[
        str, typer.Option(help="Compare with this reference of the main branch, which is trusted.")
    ] = "HEAD",
    repository: Annotated[Path, typer.Option(help="Read this repository of git; nothing in it changes.")] = Path(),
) -> None:
    """Take one submission's data files out of a pull request's commit, without a checkout, and print its name."""
    from fuseboard.harness.submissions.merging.git import Repository
    from fuseboard.harness.submissions.merging.pull_request import import_submission

    typer.echo(import_submission(Repository(repository), commit, head, base, into))


def _opened(folder: Path | None) -> "Store":
    from fuseboard.harness.backbones import registry
    from fuseboard.store.store import Store

    return Store(folder, registry.fingerprints)
