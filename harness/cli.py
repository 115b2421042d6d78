"""Command line of the harness. Everything heavy is imported by the command that needs it."""

from pathlib import Path
from typing import Annotated

import typer

from fuseboard.harness.backbones import cli as backbones_cli
from fuseboard.harness.evaluations import cli as evaluations_cli
from fuseboard.harness.evaluations import similarity
from fuseboard.harness.findings import cli as findings_cli
from fuseboard.harness.protocols import cli as protocols_cli
from fuseboard.harness.search import cli as search_cli
from fuseboard.harness.submissions import cli as submissions_cli
from fuseboard.harness.terminal.options import Device, Json, ProtocolName, StoreFolder, Yes, names
from fuseboard.harness.terminal.output import print_findings, print_rows
from fuseboard.harness.terminal.report import Facts
from fuseboard.store.errors import FuseboardError, UsageError

cli = typer.Typer(no_args_is_help=True)
datasets = typer.Typer(no_args_is_help=True, help="List and check the datasets of images.")
backbones_cli.cli.add_typer(findings_cli.cli)
cli.add_typer(backbones_cli.cli, name="backbones")
cli.add_typer(search_cli.cli)
cli.add_typer(evaluations_cli.cli)
cli.add_typer(similarity.cli)
cli.add_typer(datasets, name="datasets")
cli.add_typer(protocols_cli.cli, name="protocols")
cli.add_typer(submissions_cli.cli, name="submission")


@datasets.command("list")
def list_datasets(json: Json = False) -> None:
    """List every dataset with its task and source."""
    from fuseboard.harness.datasets import registry

    found = [registry.get(name) for name in registry.names()]
    rows: list[Facts] = [
        {
            "name": dataset.name,
            "task": dataset.task,
            "classes": len(dataset.label_names),
            "licence": dataset.licence,
            "source_md5": dataset.published_md5 or "",
        }
        for dataset in found
    ]
    print_rows(rows, json)


@datasets.command("check")
def check_dataset(
    dataset: Annotated[str, typer.Argument(help="A name, or the TOML of your own images.")], json: Json = False
) -> None:
    """Say how a dataset is divided, count its classes and read every image; exit with 1 where one cannot be read."""
    from fuseboard.harness.datasets import census, registry

    found = registry.get(dataset)
    for remark in (*found.remarks, *census.remarks(found)):
        typer.echo(remark, err=True)
    print_rows(census.table(found), json)
    found.check()


@cli.command()
def extract(
    backbone: Annotated[
        list[str],
        typer.Argument(
            help="Name backbones, their networks untrained (NAME:random), cards of your own (paths ending in .toml) or "
            "folders of cards."
        ),
    ],
    dataset: Annotated[list[str], typer.Option("--dataset", "-d", help="Name one or more datasets.")],
    store: StoreFolder = None,
    device: Device = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Take so many images per forward pass.")] = None,
    precision: Annotated[
        str | None, typer.Option(help="Compute in fp32, tf32, fp16 or bf16; each gives another version of the vectors.")
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
    from fuseboard.harness.backbones import pin, registry
    from fuseboard.harness.datasets import registry as known_datasets
    from fuseboard.harness.extraction.extract import extract as run
    from fuseboard.harness.extraction.shared_reader import extract_together
    from fuseboard.harness.runtime.device import is_slow, resolve
    from fuseboard.harness.runtime.precision import require
    from fuseboard.store.store import Store

    if shared_read and cluster is not None:
        raise UsageError("--shared-read and --cluster exclude each other; give one")
    cards = [pin.pinned(card, backbones_cli.confirm) for card in registry.get_all(backbone)]
    if precision is not None:
        cards = [card.at_precision(precision) for card in cards]
    sources = [known_datasets.get(f"{name}-sample{limit}" if limit else name) for name in dataset]
    for source in sources:
        for remark in source.remarks:
            typer.echo(f"{source.name}: {remark}", err=True)
    opened, where = Store(store, registry.fingerprints), resolve(device)
    for card in cards:
        require(card.precision, where)
        if is_slow(where, card.precision):
            typer.echo(f"{card.id}: {card.precision} is slow on this CPU, which has no instructions for it", err=True)
    failed = 0
    jobs = [(source, group) for source in sources for group in ([cards] if shared_read else [[one] for one in cards])]
    for source, group in jobs:
        try:
            if len(cards) == 1 or cluster is not None:
                made = [run(card, source, opened, where, batch_size, trust=trust, address=cluster) for card in group]
            else:
                made = extract_together(group, source, opened, where, batch_size, trust)
        except FuseboardError as error:
            if len(jobs) == 1:
                raise
            failed += 1
            typer.echo(f"{source.name}: {error}", err=True)
            continue
        for version in made:
            typer.echo(f"{version.folder / source.name}")
    if failed:
        raise FuseboardError(
            f"{failed} of {len(jobs)} extractions failed, as said above; the same command does what is left"
        )


@cli.command()
def fuse(
    dataset: Annotated[
        str, typer.Argument(help="Predict the classes of this dataset, whose embeddings must be in the store.")
    ],
    images: Annotated[Path, typer.Argument(help="Read image files from this folder.", exists=True, file_okay=False)],
    backbones: Annotated[
        str | None,
        typer.Option(help="Choose among these, comma-separated; by default those searched before, else all."),
    ] = None,
    subset: Annotated[str | None, typer.Option(help="Take exactly these, comma-separated, and search nothing.")] = None,
    strategy: Annotated[str, typer.Option(help="Search so; as `fuseboard search`.")] = "exhaustive",
    protocol: ProtocolName = "biofuse-2026",
    batch_size: Annotated[int | None, typer.Option(min=1, help="Take so many images per forward pass.")] = None,
    bits: Annotated[
        int | None,
        typer.Option(
            min=8, max=16, help="Say how many bits of 16-bit grey images are used, where the dataset's are others."
        ),
    ] = None,
    page: Annotated[
        int | None, typer.Option(min=0, help="Read this page of files of several, where the dataset's is another.")
    ] = None,
    max_pixels: Annotated[
        int | None, typer.Option(min=1, help="Read images of so many pixels; by default 178,956,970.")
    ] = None,
    yes: Yes = False,
    device: Device = None,
    store: StoreFolder = None,
) -> None:
    """Predict your own images with the subset that the search chooses; print a CSV of paths and class probabilities."""
    import csv
    import sys

    from fuseboard.harness import predict as predicting
    from fuseboard.harness.backbones import registry
    from fuseboard.harness.datasets import registry as known_datasets
    from fuseboard.harness.datasets.dataset import LIMIT
    from fuseboard.harness.protocols import own as protocols
    from fuseboard.harness.runtime.device import resolve
    from fuseboard.harness.search.search import Search
    from fuseboard.store.store import Store

    opened = Store(store, registry.fingerprints)
    rules, (paths, remarks) = protocols.get(protocol, opened.root), predicting.find_images(images)
    for remark in remarks:
        typer.echo(remark, err=True)
    name, pinned = known_datasets.name_of(dataset), registry.specs(names(subset))
    pool = pinned or registry.specs(names(backbones)) or predicting.searched(opened, name, rules)
    engine = Search(opened, name, rules, pool, resolve(device), yes=yes)
    stored = predicting.reading_of(engine)
    own = {key: value for key, value in (("bits", bits), ("page", page)) if value is not None}
    reading = stored.model_copy(update=own)
    if stored.settings and reading != stored:
        typer.echo(f"{name} was read with {stored}; these images are read with {reading}", err=True)
    prediction = predicting.predict(
        engine,
        paths,
        batch_size,
        reading,
        max_pixels or LIMIT,
        strategy,
        tuple(engine.pool.versions) if pinned else (),
    )
    how = "as asked" if pinned else f"chosen on validation among {', '.join(engine.pool.versions)}"
    typer.echo(f"{how}: {'+'.join(prediction.subset)}", err=True)
    classes = engine.pool.entry.label_names[-prediction.scores.shape[1] :]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["path", *classes])
    writer.writerows([path, *row] for path, row in zip(prediction.paths, prediction.scores.tolist(), strict=True))


@cli.command()
def doctor(json: Json = False) -> None:
    """Say what is missing on this machine, and how to install it."""
    from fuseboard.harness.doctor import examine

    print_findings(examine(), json)
