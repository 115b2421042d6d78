"""`fuseboard extract`: from backbones and datasets to embeddings in the store."""

from typing import Annotated, Any

import typer

from fuseboard.harness.backbones.options import confirm
from fuseboard.harness.terminal.options import Device, StoreFolder
from fuseboard.store.cli.options import announce
from fuseboard.store.errors import FuseboardError, UsageError

cli = typer.Typer()


@cli.command()
def extract(
    backbone: Annotated[
        list[str],
        typer.Argument(
            help="Name backbones, their networks untrained (NAME:random), cards of your own (paths ending in .toml) or "
            "folders of cards."
        ),
    ],
    dataset: Annotated[
        list[str],
        typer.Option("--dataset", "-d", help="Name one or more datasets, your own folders, tables or TOMLs."),
    ],
    store: StoreFolder = None,
    device: Device = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Take so many images per forward pass.")] = None,
    precision: Annotated[
        str | None,
        typer.Option(
            help="Compute in fp32, tf32, fp16 or bf16; each gives another version of the vectors. `auto` takes the "
            "fastest whose vectors do the work of fp32's on this device, and the manifest says why."
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Take a stratified sample of each split: a dataset NAME-sampleN."),
    ] = None,
    shared_read: Annotated[
        bool, typer.Option("--shared-read", help="Run all backbones at once and read every image once.")
    ] = False,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Make shards on the workers of this Dask scheduler.")
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust-remote-code", help="Let code of a backbone's repository run.")
    ] = False,
) -> None:
    """Embed datasets with backbones; what is there already is not computed again.

    Several backbones run in a process each, so that the peak memory of one is not that of another, and one that fails
    stops no other.
    """
    from fuseboard.harness.backbones import pin, precision_choice, registry
    from fuseboard.harness.datasets import registry as known_datasets
    from fuseboard.harness.extraction.extract import extract as run
    from fuseboard.harness.extraction.known_images import summary
    from fuseboard.harness.extraction.shared_reader import extract_together
    from fuseboard.harness.runtime import cluster as clusters
    from fuseboard.harness.runtime.device import EMULATED, is_slow, resolve
    from fuseboard.harness.runtime.precision import require
    from fuseboard.store.store import Store

    if shared_read and cluster is not None:
        raise UsageError("--shared-read and --cluster exclude each other; give one")
    cards = [pin.pinned(card, confirm) for card in registry.get_all(backbone)]
    choosing = precision == precision_choice.AUTO
    if choosing and cluster is not None:
        raise UsageError("--precision auto measures this machine, not the workers of --cluster; name a precision")
    if precision is not None and not choosing:
        cards = [card.at_precision(precision) for card in cards]
    opened = Store(store, registry.fingerprints)
    named = (known_datasets.get(f"{name}-sample{limit}" if limit else name) for name in dataset)
    sources = [source.as_divided(opened.root) for source in named]
    for source in sources:
        for remark in source.remarks:
            typer.echo(f"{source.name}: {remark}", err=True)
    where = clusters.device_of(cluster, device) if cluster else resolve(device)
    announce(opened.root)
    failed, wanted, choices = 0, len(cards), dict[str, str]()
    if choosing:
        chosen = []
        for card in cards:
            try:
                choice = precision_choice.choose(card, where, opened, trust, batch_size)
            except FuseboardError as error:
                if wanted == 1:
                    raise
                failed += len(sources)
                typer.echo(str(error), err=True)
                continue
            typer.echo(f"{card.id}: {choice.precision}, {choice.why}", err=True)
            chosen.append(card.at_precision(choice.precision))
            choices[chosen[-1].fingerprint] = choice.why
        cards = chosen
    for card in () if cluster else cards:  # whose workers look at their own devices
        require(card.precision, where)
        if is_slow(where, card.precision):
            typer.echo(f"{card.id}: {EMULATED.format(card.precision)}", err=True)
    before = {version.folder: version.manifest.datasets for version in opened.versions}
    jobs = [(source, group) for source in sources for group in ([cards] if shared_read else [[one] for one in cards])]
    for source, group in jobs:
        try:
            if wanted == 1 or cluster is not None:
                more: dict[str, Any] = {"trust": trust, "address": cluster}
                made = [
                    run(card, source, opened, where, batch_size, **more, precision_choice=choices.get(card.fingerprint))
                    for card in group
                ]
            else:
                made = extract_together(group, source, opened, where, batch_size, trust, choices)
        except FuseboardError as error:
            if len(jobs) + failed == 1:
                raise
            failed += 1
            typer.echo(f"{source.name}: {error}", err=True)
            continue
        for version in made:
            typer.echo(f"{version.folder / source.name}")
            old, new = before.get(version.folder, {}).get(source.name), version.manifest.datasets[source.name]
            said = None
            if source.paths(source.splits[0]) is not None:  # one's own images, which may be others than yesterday
                said = summary(old, new)
            elif old is not None and old.splits == new.splits:
                said = "all of it is in the store already, nothing was computed"
            if said is not None:
                typer.echo(f"{source.name}: {version.manifest.backbone}: {said}", err=True)
    if failed:
        raise FuseboardError(
            f"{failed} of {wanted * len(sources)} extractions failed, as said above; the same command does what is left"
        )
