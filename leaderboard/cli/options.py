"""Options that several commands of the leaderboard share, and what they mean where they are not given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fuseboard.store.cli.options import note
from fuseboard.store.errors import UsageError

if TYPE_CHECKING:
    from fuseboard.leaderboard.context.providers import Providers
    from fuseboard.leaderboard.rows.shown_store import ShownStore
    from fuseboard.store.embeddings.current import Digests

SubmissionsOption = Annotated[
    Path | None,
    typer.Option(
        "--submissions", help="Show the submissions of this folder; by default of ./submissions where there is one."
    ),
]
OutOption = Annotated[Path, typer.Option("--out", help="Use this folder for the site.")]
OwnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--dataset", "-d", help="Show this dataset of your own images, too, by its name; may be given several times."
    ),
]
UrlOption = Annotated[
    str | None, typer.Option("--url", help="Say where the site will stand; by default where `serve` shows it.")
]
ReleasesOption = Annotated[
    Path | None,
    typer.Option("--releases", help="Take the releases of this folder; by default of ./releases where there is one."),
]
SITE, RELEASES, HUB = Path("site"), Path("releases"), Path("hub")


@dataclass(frozen=True)
class Sources:
    """They are what the commands are handed from outside; see `commands`."""

    providers: "Providers"
    cards: Callable[[], Mapping[str, str]]
    digests: "Digests"

    def shown(self, root: Path | None, dataset: list[str] | None) -> "tuple[ShownStore, Providers]":
        """Open a store without the datasets of one's own images, but for those that are named."""
        from fuseboard.leaderboard.rows import shipped_rows
        from fuseboard.leaderboard.rows.domains import Domains
        from fuseboard.leaderboard.rows.shown_store import ShownStore, datasets_in
        from fuseboard.store.errors import unknown

        named = set(dataset or ())
        shown = replace(self.providers, hides=lambda name: name not in named and self.providers.is_own(name))
        opened = ShownStore(root, shown.hides, cards=self.cards, digests=self.digests, reference=shipped_rows.SHIPPED)
        held = datasets_in(opened.root)
        for name in sorted(named - set(held)):
            raise unknown("dataset", name, held, str(opened.root))
        if own := [name for name in held if shown.hides(name)]:
            note(f"not on the pages, being of your own images: {', '.join(own)}; --dataset NAME puts one there")
        if named:
            domains = Domains.of(version.manifest for version in opened.versions)
            for name in sorted(named):
                if domains.is_undeclared(name):
                    note(
                        f"{name} counts on no board of medical images, because {domains.why_not_ranked(name)}; say one "
                        "in its TOML and run `fuseboard extract` again with every backbone, which embeds nothing twice"
                    )
        return opened, shown


def submissions_of(given: Path | None) -> Path | None:
    """Return the folder of submissions that is meant, and say so where it was not named."""
    from fuseboard.leaderboard.site import build as site

    if given is None and site.SUBMISSIONS.is_dir():
        note(f"with the submissions in ./{site.SUBMISSIONS}; --submissions names another folder")
        return site.SUBMISSIONS
    return given


def releases_of(given: Path | None) -> Path | None:
    """Return the folder of releases that is meant, and say so where it was not named."""
    if given is not None and not given.is_dir():
        raise UsageError(f"{given}: there is no such folder; `fuseboard leaderboard release NAME` makes one")
    if given is None and RELEASES.is_dir():
        note(f"with the releases in ./{RELEASES}; --releases names another folder")
        return RELEASES
    return given


def address_of(given: str | None) -> str:
    """Return the address of a site."""
    from fuseboard.leaderboard.output.base_url import normal
    from fuseboard.leaderboard.site import build as site

    return site.URL if given is None else normal(given)
