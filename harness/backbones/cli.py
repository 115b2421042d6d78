"""`fuseboard backbones`: the models that turn images into vectors."""

from pathlib import Path
from typing import Annotated

import typer

from fuseboard.harness.backbones import draft_cli, profile_cli
from fuseboard.harness.backbones.options import Trust, confirm
from fuseboard.harness.terminal.options import Device, Json, StoreFolder, Wide
from fuseboard.harness.terminal.output import print_facts, print_findings, print_rows
from fuseboard.store.errors import UsageError

cli = typer.Typer(no_args_is_help=True, help="List, show, pin and check the models that turn images into vectors.")
cli.add_typer(draft_cli.cli)
cli.add_typer(profile_cli.cli)

Name = Annotated[
    str,
    typer.Argument(
        help="A name of `backbones list`, its network untrained (NAME:random), or a card of your own: a path ending in "
        ".toml."
    ),
]


@cli.command("list")
def list_backbones(wide: Wide = False, json: Json = False) -> None:
    """List every backbone with a card; `unpinned` ones are pinned before their first use."""
    from fuseboard.harness.backbones.overview import WIDE_ONLY, rows

    print_rows(rows(exact=json), json, wide, WIDE_ONLY)


@cli.command()
def show(name: Name, json: Json = False) -> None:
    """Print a card, its resolved preprocessing, its fingerprint, and what nobody has confirmed or pinned."""
    from fuseboard.harness.backbones import registry

    card = registry.get(name)
    version = None if card.unpinned else card.fingerprint
    if json:
        facts = {"fingerprint": version, "unpinned": card.unpinned, "pixels": card.preprocessing.words}
        print_facts({**card.model_dump(mode="json"), **facts}, json)
        return
    typer.echo(f"# fingerprint {version}" if version else f"# unpinned: {', '.join(card.unpinned)}")
    if card.unverified:
        typer.echo(f"# unverified: {', '.join(card.unverified)}")
    typer.echo(f"# pixels: {card.preprocessing.words}\n{card.toml()}", nl=False)


@cli.command()
def pin(
    name: Annotated[
        list[str] | None, typer.Argument(help="Names of `backbones list`, or cards of your own: paths ending in .toml.")
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="Pin every card that is unpinned.")] = False,
    paper: Annotated[bool, typer.Option("--paper", help="Pin the nine of the BioFuse paper.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write the one pinned card to this file; by default to NAME.toml, or into a card of your own."
        ),
    ] = None,
    into: Annotated[
        Path | None, typer.Option(help="Write the pinned cards to this folder; by default to pinned/, where several.")
    ] = None,
    wide: Wide = False,
    json: Json = False,
) -> None:
    """Fetch the weights of backbones and write their cards with revisions and hashes, for use as NAME.toml.

    In a card of your own what says `unpinned` is filled in where it stands.

    Of several, one that fails stops no other, and the same command does what is left; exit with 1 while there is some.
    """
    from fuseboard.harness.backbones import held_card, pinned_folder, registry
    from fuseboard.harness.backbones import pin as pins

    if everyone and (name or paper):
        raise UsageError("--all is every unpinned card; leave out the names and --paper")
    wanted = [*dict.fromkeys([*(registry.PAPER if paper else ()), *(name or ())])]
    if not everyone and not wanted:
        raise UsageError("name a backbone, or say --paper or --all")
    if everyone or paper or into is not None or len(wanted) > 1:
        if out is not None:
            raise UsageError("--out is the file of one card; say --into FOLDER for several")
        cards = [card for card in map(registry.get, wanted or registry.names()) if wanted or card.unpinned]
        made = []
        for number, one in enumerate(pinned_folder.fill(cards, into or pinned_folder.FOLDER), 1):
            typer.echo(f"{number} of {len(cards)}: {one.backbone} {one.status}", err=True)
            made.append(one)
        print_rows([one.row() for one in made], json, wide)
        raise typer.Exit(int(any(one.is_bad for one in made)))
    card = registry.get(wanted[0])
    path = out or (pins.file_name(card) if card.source.card is None else Path(wanted[0]))
    if out is not None or card.source.card is None:
        pins.require_room(path)
    if not card.unpinned:
        held_card.require(card)
        typer.echo(f"{card.id}: everything was pinned already", err=True)
    pins.write(pins.pin(card), path)
    typer.echo(f"{path}")


@cli.command()
def check(
    name: Name,
    device: Device = None,
    record: Annotated[bool, typer.Option(help="Write the canary of a card that you made or meant to change.")] = False,
    precision: Annotated[
        str | None,
        typer.Option(help="Say instead whether bf16, fp16 or tf32 does the work of fp32 here, and how fast it is."),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="Judge the precision on a sample of this dataset; by default of breastmnist-28."),
    ] = None,
    trust: Trust = False,
    store: StoreFolder = None,
    wide: Wide = False,
    authors: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Compare with what the authors' own code makes of the images of `backbones findings --canary-images "
            "DIR`: three vectors, .npy or .csv.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Check access, loading, dimension, canary, determinism, speed and memory, and raise the alarm on wrong weights."""
    from fuseboard.harness.backbones import canary, loaders, parity, precision_choice, registry
    from fuseboard.harness.backbones.check import check as run
    from fuseboard.harness.backbones.pin import pinned
    from fuseboard.harness.runtime.device import resolve
    from fuseboard.harness.runtime.precision import require
    from fuseboard.store.store import Store

    if dataset is not None and precision is None:
        raise UsageError("--dataset is what a precision is judged on; say --precision bf16, fp16 or tf32 too")
    if record and precision is not None:
        raise UsageError("--record writes the canary at the card's own precision; leave out --precision")
    card, where = pinned(registry.get(name), confirm), resolve(device)
    if precision is not None:
        require(precision, where)
        print_findings(list(precision_choice.findings(card, precision, where, trust, dataset)), json, wide)
    if record:
        path = canary.record(card, canary.vectors(card, loaders.load(card, where, trust)))
        typer.echo(f"recorded {path}", err=True)
    theirs = None if authors is None else parity.read(authors, card)
    print_findings(list(run(card, where, Store(store), trust, theirs)), json, wide)
