"""`fuseboard fuse push | pull`: what leaves this machine, shown and confirmed before anything is sent."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fuseboard.harness.fusion.options import Cards, ModelPath
from fuseboard.store.cli.options import agreed, note
from fuseboard.store.errors import UsageError
from fuseboard.store.files.table import show

if TYPE_CHECKING:
    from fuseboard.harness.fusion.bundle.bundle import Bundle


def add(app: typer.Typer) -> None:
    """Adds the commands to those of `fuse`."""

    @app.command()
    def push(
        model: ModelPath,
        repository: Annotated[str, typer.Argument(help="ORG/NAME on the Hub; it is made where it does not exist.")],
        public: Annotated[
            bool | None,
            typer.Option("--public/--private", help="Who sees it; by default everyone, but not your own images."),
        ] = None,
        card: Cards = None,
        yes: Annotated[bool, typer.Option("--yes", help="Send without asking.")] = False,
    ) -> None:
        """Publish a model on the Hugging Face Hub, where its licences allow it, after asking."""
        from fuseboard.harness.backbones import registry
        from fuseboard.harness.datasets import known_names
        from fuseboard.harness.fusion.bundle import hub
        from fuseboard.harness.fusion.bundle.loading import load
        from fuseboard.store.embeddings import licence
        from fuseboard.store.remotes.hub import expect_audience

        bundle = load(model, own_cards=registry.get_all(card or ()))
        summary = bundle.facts.summary
        is_own = summary.dataset is None or known_names.origin(summary.dataset) == "own"
        for_everyone = not is_own and licence.is_open(summary.licence or "")
        private = not (for_everyone if public is None else public)
        hub.allow(bundle, private)
        there = hub.is_private(repository)
        expect_audience(repository, there, private)
        seen = "private" if private or there else "public"
        state = "a new repository" if there is None else "which exists"
        _confirm(bundle, f"to {repository} on the Hub, {state}, {seen}", is_own, yes)
        print(hub.push(bundle, repository, private))

    @app.command()
    def pull(
        repository: Annotated[str, typer.Argument(help="ORG/NAME of a model on the Hub, or the address of its page.")],
        output: Annotated[Path, typer.Option("--output", "-o", help="Save the model as this folder, or zip.")],
        revision: Annotated[str | None, typer.Option(help="Take this branch, tag or commit; else the newest.")] = None,
        card: Cards = None,
    ) -> None:
        """Bring a model from the Hugging Face Hub; it appears once it is whole and was looked through."""
        from fuseboard.harness.backbones import registry
        from fuseboard.harness.fusion.bundle import hub

        hub.pull(repository, output, revision, registry.get_all(card or ()))
        print(output)


def _confirm(bundle: "Bundle", where: str, is_own: bool, yes: bool) -> None:
    """Shows what goes where, what it holds of the training images, and asks; raises unless the answer is yes."""
    from fuseboard.harness.fusion.bundle import overview

    facts, novelty = bundle.facts, bundle.model.novelty
    note(f"{'+'.join(bundle.backbones_)} goes {where}:")
    rows = overview.backbones(facts)
    show(list(rows[0]), [list(row.values()) for row in rows], err=True)
    whose = "images of one's own" if is_own else f"images of {facts.summary.dataset}"
    note(
        f"it holds {len(novelty.names):,} {whose} (licence {facts.summary.licence or 'not stated'}): of each a "
        f"vector of {len(novelty.projection):,} numbers, its label and its name, such as {novelty.names[0]!r}"
    )
    for split, found in bundle.predictions.items():
        named = "" if found.groups is None else " and groups, which may be patients,"
        note(f"it lists {len(found.names):,} images of {split} with names{named} and labels, and what it says of them")
    if bundle.splits is not None:
        rows_of = bundle.splits.count(b"\n") - 1
        note(f"it lists {rows_of:,} images with path, label, split and MD5 (splits.csv)")
    if shown := [name for name, card in bundle.cards.items() if card.holds_image]:
        note(f"vectors of {' and '.join(shown)} show the image: from those here a blurred one could be made")
    if not agreed("Send it?", yes):
        raise UsageError("nothing was sent")
