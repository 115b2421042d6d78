"""`fuseboard leaderboard check | accept`: hold what was measured against what was accepted, and accept it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fuseboard.leaderboard.cli.options import Sources
from fuseboard.store.cli.options import StoreFolder, Wide, note
from fuseboard.store.files.table import show

if TYPE_CHECKING:
    from fuseboard.leaderboard.regression.check import Refit
    from fuseboard.leaderboard.regression.finding import Finding

ReferenceOption = Annotated[
    Path | None,
    typer.Option(
        "--reference", help="Use the reference in this folder; by default that of this checkout, else the store's."
    ),
]
DatasetsOption = Annotated[
    list[str] | None, typer.Option("--dataset", "-d", help="Take only this dataset; may be given several times.")
]


def add(app: typer.Typer, given: Sources, refit: "Refit") -> None:
    """Add the commands to those of the leaderboard."""

    @app.command()
    def check(store: StoreFolder = None, reference: ReferenceOption = None, wide: Wide = False) -> None:
        """Hold metrics against their predictions, the reference and published figures; exit with 1 if one fails."""
        from fuseboard.leaderboard.regression import check as regression
        from fuseboard.leaderboard.regression import reference as references
        from fuseboard.store.store import Store

        opened = Store(store, given.cards, given.digests)
        folder = reference or references.folder_to_read(opened, Path.cwd())
        whole = reference is not None or references.is_of(opened, folder)
        report = regression.check(opened, folder, refit, whole)
        if report.findings:
            _print_findings(report.findings, wide)
        for remark in report.remarks:
            typer.echo(remark)
        bad = sum(finding.is_bad for finding in report.findings)
        typer.echo(f"{bad} findings, and {len(report.findings) - bad} moves that a changed input explains")
        if bad:
            raise typer.Exit(1)

    @app.command()
    def accept(store: StoreFolder = None, reference: ReferenceOption = None, dataset: DatasetsOption = None) -> None:
        """Write what this store measured as the reference that `check` holds later rows against.

        The reference of a checkout is what comes with fuseboard and stands on every board, so it has no datasets of
        one's own images unless --dataset names them.
        """
        from fuseboard.leaderboard.regression import accept as accepting
        from fuseboard.leaderboard.regression import reference as references
        from fuseboard.leaderboard.rows.shown_store import ShownStore, datasets_in
        from fuseboard.store.removal import REFERENCE
        from fuseboard.store.store import Store

        opened = Store(store, given.cards, given.digests)
        folder = reference or references.folder_to_write(opened, Path.cwd())
        if dataset is None and folder != opened.root / REFERENCE:  # which others will have
            if own := [name for name in datasets_in(opened.root) if given.providers.is_own(name)]:
                note(f"not in the reference, being of your own images: {', '.join(own)}; --dataset NAME takes one")
            opened = ShownStore(store, given.providers.is_own, cards=given.cards, digests=given.digests)
        written = accepting.accept(opened, folder, tuple(dataset or ()))
        typer.echo(f"the reference is in {folder}", err=True)
        for path in written:
            typer.echo(path)


def _print_findings(findings: "tuple[Finding, ...]", wide: bool) -> None:
    names = ("check", "row", "what", "before", "now", "why", "fails")
    rows = [(f.kind, f.about, f.what, f.before, f.now, f.why, f.is_bad) for f in findings]
    show(names, rows, wide=wide, right=("before", "now"))
