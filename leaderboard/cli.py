"""The sub-commands `fuseboard leaderboard build | serve | check`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from store.table import show

if TYPE_CHECKING:
    from leaderboard.regression import Finding

StoreOption = Annotated[Path | None, typer.Option("--store", help="The store's folder; else $FUSEBOARD_STORE.")]
OutOption = Annotated[Path, typer.Option("--out", help="The site's folder.")]
SITE = Path("site")


def commands(when_empty: Callable[[Path], None]) -> typer.Typer:
    """The leaderboard's commands.

    Args:
        when_empty: called with the store's folder before a build. It decides itself whether the store needs something
            measured first; the leaderboard cannot, because it must not know the harness.
    """
    app = typer.Typer(no_args_is_help=True, help="Rank what the store holds and show it as a static site.")

    @app.command()
    def build(store: StoreOption = None, out: OutOption = SITE) -> None:
        """Build the site and print the path of its front page."""
        from leaderboard import site
        from store.location import store_root

        root = store_root(store)
        when_empty(root)
        typer.echo(site.build(root, out))

    @app.command()
    def serve(
        out: OutOption = SITE,
        port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")] = 8000,
    ) -> None:
        """Show a built site on this machine until Ctrl-C."""
        from leaderboard.server import HOST, open_server

        with open_server(out, port) as server:
            typer.echo(f"http://{HOST}:{server.server_port}/")
            typer.echo("Ctrl-C ends it", err=True)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                typer.echo("ended", err=True)

    @app.command()
    def check(store: StoreOption = None) -> None:
        """Compute kept metrics anew from their predictions; exit with 1 when one differs."""
        from leaderboard import regression
        from store.location import store_root

        report = regression.check(store_root(store))
        if report.findings:
            _print_findings(report.findings)
        typer.echo(
            f"{report.checked} rows checked, {len(report.findings)} findings; "
            f"{report.without_scores} rows kept no predictions and were not checked"
        )
        if report.findings:
            raise typer.Exit(1)

    return app


def _print_findings(findings: "tuple[Finding, ...]") -> None:
    rows = [(found.row[:10], found.about, found.what, found.stored, found.recomputed) for found in findings]
    show(("row", "about", "what", "stored", "recomputed"), rows, right=("stored", "recomputed"))
