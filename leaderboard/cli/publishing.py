"""`fuseboard leaderboard release | export`: what is made of the board for others to keep. Nothing is sent."""

from pathlib import Path
from typing import Annotated

import typer

from fuseboard.leaderboard.cli.options import (
    HUB,
    RELEASES,
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


def add(app: typer.Typer, given: Sources) -> None:
    """Add the commands to those of the leaderboard."""

    @app.command()
    def release(
        name: Annotated[str, typer.Argument(help="Call it so, such as 2026.12.")],
        store: StoreFolder = None,
        submissions: SubmissionsOption = None,
        dataset: OwnOption = None,
        url: UrlOption = None,
        releases: Annotated[
            Path, typer.Option("--releases", help="Keep it in this folder; the newest there is the one before.")
        ] = RELEASES,
        doi: Annotated[
            str | None, typer.Option(help="The DOI of this release, as a deposit reserves it beforehand.")
        ] = None,
        concept_doi: Annotated[str | None, typer.Option(help="The DOI of all releases, if there is one.")] = None,
    ) -> None:
        """Freeze the board as it stands as a release, which is never written again, and print its archive.

        `build` puts it on the site, with what changed since the one before. Nothing is sent anywhere.
        """
        from fuseboard.leaderboard.output.base_url import is_public
        from fuseboard.leaderboard.output.build_info import CHANGED, builder
        from fuseboard.leaderboard.site.release import freeze
        from fuseboard.store.files import doi as dois

        own, every = (None if one is None else dois.normal(one) for one in (doi, concept_doi))
        address = address_of(url)
        opened, shown = given.shown(store, dataset)
        path = freeze(opened, name, releases, submissions_of(submissions), shown, address, doi=own, concept_doi=every)
        note(f"{path.stat().st_size / 1e6:,.1f} MB; keep the file: `fuseboard leaderboard build` shows it from here on")
        if builder().endswith(CHANGED):
            note("the code that made it has changes that are in no commit, so nobody can make it again")
        if not is_public(address):
            note(
                "it names no address that others can open, and none can be added later; --url says where it will stand"
            )
        if doi is None:
            note("it names no DOI, and none can be added later; Zenodo reserves one beforehand, for --doi")
        typer.echo(path)

    @app.command()
    def export(
        store: StoreFolder = None,
        out: Annotated[Path, typer.Option("--out", help="Write into this folder.")] = HUB,
        submissions: SubmissionsOption = None,
        dataset: OwnOption = None,
        url: UrlOption = None,
        releases: ReleasesOption = None,
        benchmark: Annotated[
            str | None,
            typer.Option(help="ORG/NAME of the dataset repository that is the benchmark; .eval_results must name one."),
        ] = None,
    ) -> None:
        """Write the board for the Hugging Face Hub: a static Space, and each backbone's results as YAML.

        Nothing is sent: what goes where, and how, is in the documentation. Prints both folders.
        """
        from fuseboard.leaderboard.site import export as exporting

        address = address_of(url)
        opened, shown = given.shown(store, dataset)
        kept = releases_of(releases)
        written = exporting.export(
            opened, out, submissions_of(submissions), shown, address, kept, benchmark=benchmark, report=note
        )
        for path in written:
            typer.echo(path)
