"""`fuseboard submission`: backbones of other people."""

from pathlib import Path
from typing import Annotated

import typer

from fuseboard.harness.terminal.options import Device, Json, ProtocolName, StoreFolder
from fuseboard.harness.terminal.output import print_findings, print_rows

cli = typer.Typer(no_args_is_help=True, help="Backbones of other people.")
Comment = Annotated[Path | None, typer.Option("--markdown", metavar="FILE", help="Write it for a pull request too.")]


@cli.command()
def new(
    name: Annotated[str, typer.Argument(help="Of the folder and the backbone: a-z, 0-9, dot, dash, underscore.")],
    from_hub: Annotated[
        str | None, typer.Option(metavar="ORG/NAME", help="Fill in what its configuration tells.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder of submissions.")] = Path("submissions"),
) -> None:
    """Writes a folder with a commented card and the steps that are left; nothing is overwritten."""
    from fuseboard.harness.submissions.drafting.new import new as make

    folder, told = make(name, out, from_hub)
    for line in told:
        typer.echo(line, err=True)
    typer.echo(f"{folder}")


@cli.command()
def check(
    folder: Path,
    before: Annotated[
        Path | None, typer.Option(help="The same submission as it was accepted, for its history.")
    ] = None,
    store: StoreFolder = None,
    device: Device = None,
    fetch: Annotated[bool, typer.Option("--fetch", help="Download open weights to compute vectors again.")] = False,
    markdown: Comment = None,
    json: Json = False,
) -> None:
    """Holds a submission against every rule, its shards included; exits with 1 when one is broken."""
    from fuseboard.harness.submissions.check import check as run
    from fuseboard.harness.submissions.folder import accepted
    from fuseboard.harness.submissions.ranking import pr_comment
    from fuseboard.harness.submissions.rules import lifecycle
    from fuseboard.store.files import atomic
    from fuseboard.store.files.location import store_root

    if not folder.exists() and before is not None:
        findings = list(lifecycle.findings(None, accepted(before)))
    else:
        findings = run(folder, store_root(store), before, device or "cpu", fetch).findings
    if markdown is not None:
        atomic.write_text(markdown, pr_comment.checked(folder.name, findings))
    print_findings(findings, json)


@cli.command()
def rank(
    folder: Path,
    protocol: ProtocolName = "biofuse-2026",
    dataset: Annotated[list[str] | None, typer.Option("--dataset", "-d", help="Of the submission; else all.")] = None,
    markdown: Comment = None,
    store: StoreFolder = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Says where a submission stands among the store's backbones; only what nobody has fitted yet is fitted.

    It is checked first, and not ranked where a rule is broken. The store's own results stay as they are.
    """
    from fuseboard.harness.protocols import protocol as protocols
    from fuseboard.harness.runtime.device import resolve
    from fuseboard.harness.submissions.check import check as run
    from fuseboard.harness.submissions.ranking import pr_comment
    from fuseboard.harness.submissions.ranking.rank import rank as place
    from fuseboard.store.files import atomic
    from fuseboard.store.files.location import store_root

    rules, root, where = protocols.get(protocol), store_root(store), resolve(device)
    checked = run(folder, root, device=where)
    if checked.submission is None or checked.version is None:
        if markdown is not None:
            atomic.write_text(markdown, pr_comment.checked(folder.name, checked.findings))
        print_rows([finding.row() for finding in checked.findings], json)
        raise typer.Exit(1)  # a withdrawn one breaks no rule, and there is nothing to rank
    ranking = place(checked.submission, checked.version, root, rules, where, dataset or ())
    if markdown is not None:
        atomic.write_text(markdown, pr_comment.comment(ranking))
    for note in ranking.notes:
        typer.echo(note, err=True)
    print_rows(ranking.table if json else ranking.lines, json)


@cli.command()
def accept(
    folder: Path,
    everyone: Annotated[bool, typer.Option("--all", help="FOLDER holds submissions; take every active one.")] = False,
    store: StoreFolder = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Checks a submission and takes its embeddings into the store, where searches and the board see them."""
    from fuseboard.harness.submissions.merging.acceptance import accept as take
    from fuseboard.harness.submissions.merging.acceptance import folders
    from fuseboard.store.files.location import store_root

    found = [finding for one in folders(folder, everyone) for finding in take(one, store_root(store), device or "cpu")]
    if found:
        print_findings(found, json)


@cli.command()
def intake(
    commit: Annotated[str, typer.Argument(help="The 40 digits of the commit that was reviewed.")],
    into: Annotated[Path, typer.Option(help="A new folder.")],
    head: Annotated[str, typer.Option(help="What the pull request holds now, fetched.")] = "FETCH_HEAD",
    base: Annotated[str, typer.Option(help="The main branch, which is trusted.")] = "HEAD",
    repository: Annotated[Path, typer.Option(help="Of git; nothing in it changes.")] = Path(),
) -> None:
    """Takes one submission's data files out of a pull request's commit, without a checkout; prints its name."""
    from fuseboard.harness.submissions.merging.git import Repository
    from fuseboard.harness.submissions.merging.intake import take

    typer.echo(take(Repository(repository), commit, head, base, into))
