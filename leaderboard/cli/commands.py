"""`fuseboard leaderboard build | serve`, and the composition of all commands of the leaderboard."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from fuseboard.leaderboard.cli import checking, publishing
from fuseboard.leaderboard.cli.options import (
    SITE,
    OutOption,
    OwnOption,
    ReleasesOption,
    Sources,
    SubmissionsOption,
    UrlOption,
    address_of,
    releases_of,
    submissions_of,
)
from fuseboard.store.cli.options import StoreFolder, note

if TYPE_CHECKING:
    from fuseboard.leaderboard.context.providers import Providers
    from fuseboard.leaderboard.regression.check import Refit
    from fuseboard.store.embeddings.current import Digests
    from fuseboard.store.store import Store


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

    given = Sources(sources, cards, digests)
    app = typer.Typer(no_args_is_help=True, help="Rank what the store holds and show it as a static site.")

    @app.command()
    def build(
        store: StoreFolder = None,
        out: OutOption = SITE,
        submissions: SubmissionsOption = None,
        dataset: OwnOption = None,
        url: UrlOption = None,
        releases: ReleasesOption = None,
    ) -> None:
        """Build the site, print the path of its front page, and say on stderr what moved since it was last built.

        Datasets of one's own images stay off it unless --dataset names them.
        """
        from fuseboard.leaderboard.site import build as site
        from fuseboard.store.store import Store

        address = address_of(url)
        when_empty(Store(store, cards, digests))
        opened, shown = given.shown(store, dataset)
        kept = releases_of(releases)
        typer.echo(site.build(opened, out, submissions_of(submissions), shown, address, kept=kept, report=note))

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

    publishing.add(app, given)
    checking.add(app, given, refit)
    return app
