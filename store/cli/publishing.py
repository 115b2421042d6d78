"""`fuseboard store push | deposit`: what leaves the store, shown and confirmed before anything is sent."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from fuseboard.store.cli.options import Sandbox, StoreFolder, agreed, note
from fuseboard.store.errors import UsageError
from fuseboard.store.files.table import show

if TYPE_CHECKING:
    from fuseboard.store.embeddings.versions import Version
    from fuseboard.store.remotes.publication import Choice, Origins

Backbone = Annotated[str, typer.Argument(help="BACKBONE or BACKBONE@FINGERPRINT.")]
Chosen = Annotated[
    list[str] | None,
    typer.Option("--dataset", "-d", help="Only this one; your own and samples go only so. Once for each."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Send without asking.")]


def add(app: typer.Typer, origin: "Origins") -> None:
    """Adds the commands to those of the store."""

    @app.command()
    def push(
        backbone: Backbone,
        repository: Annotated[str, typer.Argument(help="ORG/NAME on the Hub; it is made where it does not exist.")],
        dataset: Chosen = None,
        public: Annotated[
            bool | None,
            typer.Option("--public/--private", help="Who sees it; by default everyone, but not your own images."),
        ] = None,
        yes: Yes = False,
        store: StoreFolder = None,
    ) -> None:
        """Publish a version on the Hugging Face Hub, where its licences allow it, after asking."""
        from fuseboard.store.embeddings import licence
        from fuseboard.store.remotes import hub
        from fuseboard.store.store import Store

        opened = Store(store)
        choice = _choice(opened.version(backbone), dataset or (), origin)
        private = not (choice.is_for_everyone if public is None else public)
        licence.allow(choice.version, private)
        there = hub.is_private(repository)
        hub.expect_audience(repository, there, private)
        seen = "private" if private or there else "public"
        state = "a new repository" if there is None else "which exists"
        _confirm(choice, f"to {repository} on the Hub, {state}, {seen}", yes)
        note(f"pushing {choice.version.spec} to {repository}")
        print(hub.push(opened.root, choice.version, repository, private))

    @app.command()
    def deposit(
        backbone: Backbone,
        creator: Annotated[list[str], typer.Option(help="Family, Given; Affiliation; ORCID. Once for each, in order.")],
        dataset: Chosen = None,
        publish: Annotated[bool, typer.Option("--publish", help="Publish it for ever; else it stays a draft.")] = False,
        new_version: Annotated[str | None, typer.Option(help="Record or DOI that this is a new version of.")] = None,
        sandbox: Sandbox = False,
        yes: Yes = False,
        store: StoreFolder = None,
    ) -> None:
        """Deposit a version at Zenodo, where its licences allow it, after asking; the token is $ZENODO_TOKEN."""
        from fuseboard.store.embeddings import licence
        from fuseboard.store.remotes import zenodo_deposit as deposits
        from fuseboard.store.remotes.zenodo import site
        from fuseboard.store.remotes.zenodo_metadata import Creator
        from fuseboard.store.store import Store

        opened = Store(store)
        choice = _choice(opened.version(backbone), dataset or (), origin)
        creators = [Creator.parse(text) for text in creator]
        licence.allow(choice.version, private=False)
        state = "public for ever" if publish else "a draft that only you see"
        _confirm(choice, f"to {site(sandbox).name}, {state}", yes)
        note(f"depositing {choice.version.spec}")
        done = deposits.deposit(opened.root, choice.version, creators, sandbox, publish, new_version)
        note(f"{done.files} files, {done.bytes / 1e6:.1f} MB sent" if done.files else "nothing had to be sent")
        more = "" if done.published else " (a draft: look at it, then run again with --publish)"
        print(f"{done.doi} {done.url}{more}")


def _choice(version: "Version", named: Sequence[str], origin: "Origins") -> "Choice":
    from fuseboard.store.remotes.publication import choose

    return choose(version, named, origin)


def _confirm(choice: "Choice", where: str, yes: bool) -> None:
    """Shows what goes where and who will see it, and asks; raises unless the answer is yes."""
    from fuseboard.store.embeddings import dataset_card, licence

    version, about = choice.version, choice.version.manifest.about
    rows = [
        [name, " ".join(entry.splits), f"{sum(s.rows for s in entry.splits.values()):,}", entry.licence,
         "one's own" if name in choice.own else ""]
        for name, entry in version.manifest.datasets.items()
    ]  # fmt: skip
    note(f"{version.spec}, licence of its weights {about.licence}, goes {where}:")
    show(["dataset", "splits", "rows", "licence of its images", "whose"], rows, right={"rows"}, err=True)
    if licence.holds_image(version.folder, version.manifest):
        note(dataset_card.about_images(holds_image=True))
    for name, why in choice.left_out.items():
        note(f"not sent: {name} ({why})")
    if not agreed(f"Send these {choice.rows:,} rows?", yes):
        raise UsageError("nothing was sent")
