"""`fuseboard backbones profile`: what a forward pass of every network costs on this device."""

from typing import Annotated

import typer

from fuseboard.harness.backbones.options import Trust, confirm
from fuseboard.harness.terminal.extras import what_is_missing
from fuseboard.harness.terminal.options import Device, Json, StoreFolder, Wide
from fuseboard.harness.terminal.output import print_rows
from fuseboard.store.errors import FuseboardError, UsageError

cli = typer.Typer()


@cli.command()
def profile(
    name: Annotated[
        list[str] | None, typer.Argument(help="Names of `backbones list`, or cards of your own: paths ending in .toml.")
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="Profile every network that has a card.")] = False,
    random: Annotated[
        bool, typer.Option("--random-weights", help="Take untrained networks, for which nothing is fetched.")
    ] = False,
    device: Device = None,
    precision: Annotated[
        list[str] | None, typer.Option(help="Take this precision; by default all that the device has instructions for.")
    ] = None,
    batch_size: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Take this many images per pass; by default 1, 8 and 32, or on a GPU 1, 32 and 128."),
    ] = None,
    trust: Trust = False,
    store: StoreFolder = None,
    wide: Wide = False,
    json: Json = False,
) -> None:
    """Measure images per second, peak memory and GFLOPs of forward passes, and keep them as rows of the store.

    Of several, one that fails stops no other; exit with 1 where one did.
    """
    from fuseboard.harness.backbones import profile as profiles
    from fuseboard.harness.backbones import registry, speed
    from fuseboard.harness.backbones.pin import pinned
    from fuseboard.harness.backbones.source import DESCRIPTORS
    from fuseboard.harness.runtime.device import resolve
    from fuseboard.harness.runtime.precision import require
    from fuseboard.store.results import profiles as kept
    from fuseboard.store.store import Store

    if everyone == bool(name):
        raise UsageError("name backbones, or say --all, which is every network")
    cards = [registry.get(one) for one in name or registry.names()]
    networks = [card for card in cards if name or card.source.loader not in DESCRIPTORS]
    if random:
        networks = [card if card.source.random is not None else card.with_random_weights() for card in networks]
    where, root = resolve(device), Store(store).root
    asked, sizes = precision or profiles.precisions(where), batch_size or speed.BATCHES[where.partition(":")[0]]
    for one in asked:
        networks[0].at_precision(one)
        require(one, where)
    made, failed = [], 0
    for number, card in enumerate(networks, 1):
        typer.echo(f"{number} of {len(networks)}: {card.id}", err=True)
        try:
            own = list(profiles.measure(pinned(card, confirm), where, asked, sizes, trust))
        except (FuseboardError, ModuleNotFoundError) as error:
            if len(networks) == 1:
                raise
            failed += 1
            missing = what_is_missing(error) if isinstance(error, ModuleNotFoundError) else None
            typer.echo(f"{card.id}: {missing}" if missing else str(error), err=True)
            continue
        kept.keep(root, own)
        made += own
    if made:
        print_rows([one.model_dump(mode="json") if json else one.brief for one in made], json, wide)
    if failed:
        raise FuseboardError(f"{failed} of {len(networks)} backbones have no profile, as said above")
