"""Command line of the harness. Everything heavy is imported by the command that needs it."""

from pathlib import Path
from typing import Annotated

import typer

from fuseboard.harness.audit import cli as audit_cli
from fuseboard.harness.backbones import cli as backbones_cli
from fuseboard.harness.evaluations import cli as evaluations_cli
from fuseboard.harness.evaluations import similarity
from fuseboard.harness.extraction import cli as extraction_cli
from fuseboard.harness.findings import cli as findings_cli
from fuseboard.harness.protocols import cli as protocols_cli
from fuseboard.harness.search import cli as search_cli
from fuseboard.harness.submissions import cli as submissions_cli
from fuseboard.harness.terminal.options import Device, Json, ProtocolName, StoreFolder, Yes, names
from fuseboard.harness.terminal.output import print_findings, print_rows
from fuseboard.harness.terminal.report import Facts

cli = typer.Typer(no_args_is_help=True)
datasets = typer.Typer(no_args_is_help=True, help="List, check and audit the datasets of images.")
backbones_cli.cli.add_typer(findings_cli.cli)
cli.add_typer(backbones_cli.cli, name="backbones")
cli.add_typer(extraction_cli.cli)
cli.add_typer(search_cli.cli)
cli.add_typer(evaluations_cli.cli)
cli.add_typer(similarity.cli)
datasets.add_typer(audit_cli.cli)
cli.add_typer(datasets, name="datasets")
cli.add_typer(protocols_cli.cli, name="protocols")
cli.add_typer(submissions_cli.cli, name="submission")


@datasets.command("list")
def list_datasets(json: Json = False) -> None:
    """List every dataset with its task and source."""
    from fuseboard.harness.datasets import registry
    from fuseboard.harness.terminal.extras import what_is_missing

    rows: list[Facts] = []
    missing: dict[str, None] = {}
    for name in registry.names():
        try:
            one = registry.get(name)
            facts: Facts = {"task": one.task, "classes": one.n_classes, "licence": one.licence}
            rows.append({"name": name, **facts, "source_md5": one.published_md5})
        except ModuleNotFoundError as error:
            if (mend := what_is_missing(error)) is None:
                raise
            missing[mend] = None
            rows.append({"name": name, **dict.fromkeys(("task", "classes", "licence", "source_md5"))})
    print_rows(rows, json)
    for mend in missing:
        typer.echo(mend, err=True)


@datasets.command("check")
def check_dataset(
    dataset: Annotated[str, typer.Argument(help="A name, or your own folder, table or TOML.")], json: Json = False
) -> None:
    """Say how a dataset is divided, count its classes and read every image; exit with 1 where one cannot be read."""
    from fuseboard.harness.datasets import census, registry

    found = registry.get(dataset)
    for remark in (*found.remarks, *census.remarks(found)):
        typer.echo(remark, err=True)
    print_rows(census.table(found), json)
    found.check()


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
