"""This declares the sub-commands `fuseboard leaderboard build | serve | check | accept`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fuseboard.store.cli.options import StoreFolder, Wide, note
from fuseboard.store.files.table import show

if TYPE_CHECKING:
    from fuseboard.leaderboard.context.providers import Providers
    from fuseboard.leaderboard.regression.check import Refit
    from fuseboard.leaderboard.regression.finding import Finding
    from fuseboard.store.embeddings.current import Digests
    from fuseboard.store.store import Store

SubmissionsOption = Annotated[
    Path | None,
    typer.Option(
        "--submissions", help="Show the submissions of this folder; by default of ./submissions where there is one."
    ),
]
OutOption = Annotated[Path, typer.Option("--out", help="Use this folder for the site.")]
ReferenceOption = Annotated[
    Path | None,
    typer.Option(
        "--reference", help="Use the reference in this folder; by default that of this checkout, else the store's."
    ),
]
DatasetsOption = Annotated[
    list[str] | None, typer.Option("--dataset", "-d", help="Take only this dataset; may be given several times.")
]
OwnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--dataset", "-d", help="Show this dataset of your own images, too, by its name; may be given several times."
    ),
]
UrlOption = Annotated[
    str | None, typer.Option("--url", help="Say where the site will stand; by default where `serve` shows it.")
]
SITE = Path("site")


def commands(
    when_empty: Callable[["Store"], None],
    refit: "Refit",
    sources: "Providers",
    cards: Callable[[], Mapping[str, str]] = dict,
    digests: "Digests" = lambda _: (),
) -> typer.Typer:
    """Return the leaderboard's commands.

    Args:
        when_empty: called with the store before a build, while nothing of it is read. It decides itself whether
            something must be measured first; the leaderboard cannot, because it must not know the harness.
        refit: fits one subset anew for `check`.
        sources: what only the harness knows, for the pages.
        cards: gives, per backbone, the fingerprint that its present card makes.
        digests: gives the digests that the present definition of a protocol makes.
    """
    app = typer.Typer(no_args_is_help=True, help="Rank what the store holds and show it as a static site.")

    @app.command()
    def build(
        store: StoreFolder = None,
        out: OutOption = SITE,
        submissions: SubmissionsOption = None,
        dataset: OwnOption = None,
        url: UrlOption = None,
    ) -> None:
        """Build the site, print the path of its front page, and say on stderr what moved since it was last built.

        Datasets of one's own images stay off it unless --dataset names them.
        """
        from fuseboard.leaderboard.output.base_url import normal
        from fuseboard.leaderboard.rows import shipped_rows
        from fuseboard.leaderboard.rows.shown_store import ShownStore, datasets_in
        from fuseboard.leaderboard.site import build as site
        from fuseboard.store.errors import unknown
        from fuseboard.store.store import Store

        address = site.URL if url is None else normal(url)
        when_empty(Store(store, cards, digests))
        named = set(dataset or ())
        shown = replace(sources, hides=lambda name: name not in named and sources.is_own(name))
        opened = ShownStore(store, shown.hides, cards=cards, digests=digests, reference=shipped_rows.SHIPPED)
        held = datasets_in(opened.root)
        for name in sorted(named - set(held)):
            raise unknown("dataset", name, held, str(opened.root))
        if own := [name for name in held if shown.hides(name)]:
            note(f"not on the pages, being of your own images: {', '.join(own)}; --dataset NAME puts one there")
        if submissions is None and site.SUBMISSIONS.is_dir():
            submissions = site.SUBMISSIONS
            note(f"with the submissions in ./{submissions}; --submissions names another folder")
        typer.echo(site.build(opened, out, submissions, shown, address, report=note))

    @app.command()
    def serve(
        out: OutOption = SITE,
        port: Annotated[int, typer.Option(min=0, max=65535, help="Listen on this port; 0 takes a free one.")] = 8000,
        host: Annotated[
            str, typer.Option(help="Listen on this address; 0.0.0.0 shows the site to the whole network.")
        ] = "127.0.0.1",
    ) -> None:
        """Show a built site on this machine, or at `--host`, until Ctrl-C."""
        from fuseboard.leaderboard.output.server import open_server

        with open_server(out, port, host) as server:
            typer.echo(f"http://{host}:{server.server_port}/")
            typer.echo("Ctrl-C ends it", err=True)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                typer.echo("ended", err=True)

    @app.command()
    def check(store: StoreFolder = None, reference: ReferenceOption = None, wide: Wide = False) -> None:
        """Hold metrics against their predictions, the reference and published figures; exit with 1 if one fails."""
        from fuseboard.leaderboard.regression import check as regression
        from fuseboard.leaderboard.regression import reference as references
        from fuseboard.store.store import Store

        opened = Store(store, cards, digests)
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

        opened = Store(store, cards, digests)
        folder = reference or references.folder_to_write(opened, Path.cwd())
        if dataset is None and folder != opened.root / REFERENCE:  # which others will have
            if own := [name for name in datasets_in(opened.root) if sources.is_own(name)]:
                note(f"not in the reference, being of your own images: {', '.join(own)}; --dataset NAME takes one")
            opened = ShownStore(store, sources.is_own, cards=cards, digests=digests)
        written = accepting.accept(opened, folder, tuple(dataset or ()))
        typer.echo(f"the reference is in {folder}", err=True)
        for path in written:
            typer.echo(path)

    return app


def _print_findings(findings: "tuple[Finding, ...]", wide: bool) -> None:
    names = ("check", "row", "what", "before", "now", "why", "fails")
    rows = [(f.kind, f.about, f.what, f.before, f.now, f.why, f.is_bad) for f in findings]
    show(names, rows, wide=wide, right=("before", "now"))
