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
from fuseboard.harness.fusion import cli as fusion_cli
from fuseboard.harness.grams import cli as grams_cli
from fuseboard.harness.protocols import cli as protocols_cli
from fuseboard.harness.search import cli as search_cli
from fuseboard.harness.submissions import cli as submissions_cli
from fuseboard.harness.terminal.options import Json, Wide
from fuseboard.harness.terminal.output import print_findings, print_rows
from fuseboard.harness.terminal.report import Facts
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.location import store_root

cli = typer.Typer(no_args_is_help=True)
datasets = typer.Typer(no_args_is_help=True, help="List, describe, check and audit the datasets of images.")
backbones_cli.cli.add_typer(findings_cli.cli)
cli.add_typer(backbones_cli.cli, name="backbones")
cli.add_typer(extraction_cli.cli)
cli.add_typer(search_cli.cli)
cli.add_typer(evaluations_cli.cli)
cli.add_typer(similarity.cli)
datasets.add_typer(audit_cli.cli)
cli.add_typer(datasets, name="datasets")
cli.add_typer(fusion_cli.cli, name="fuse")
cli.add_typer(protocols_cli.cli, name="protocols")
cli.add_typer(grams_cli.cli, name="grams", help="Fuse without sharing rows: share sums and products, and search them.")
cli.add_typer(submissions_cli.cli, name="submission")


@datasets.command("list")
def list_datasets(wide: Wide = False, json: Json = False) -> None:
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
    print_rows(rows, json, wide, ("source_md5",))
    for mend in missing:
        typer.echo(mend.replace("this", "the rest of this list", 1), err=True)


@datasets.command("new")
def new_dataset(
    path: Annotated[Path, typer.Argument(help="A folder with a folder per class, or a CSV, TSV or Parquet file.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to this file; by default to NAME.toml here.")
    ] = None,
) -> None:
    """Write a commented TOML of your own images, with every key and what could be found out; nothing is overwritten.

    Exit with 1 where something is left to fill in or mend before they are a dataset.
    """
    from fuseboard.harness.datasets.custom import draft, implied
    from fuseboard.store.files import atomic

    toml = out or Path(f"{implied.name_of(path)}.toml")
    draft.refuse_place(toml)
    text, remarks, fault = draft.draft(path, toml)
    atomic.write_text(toml, text)
    for remark in remarks:
        typer.echo(remark, err=True)
    typer.echo(f"{toml}")
    if fault is not None:
        raise FuseboardError(f"{toml} is written, and no dataset yet: {fault}")


@datasets.command("check")
def check_dataset(
    dataset: Annotated[str, typer.Argument(help="A name, or your own folder, table or TOML.")],
    wide: Wide = False,
    json: Json = False,
) -> None:
    """Say how a dataset is divided, count its classes and read every image; exit with 1 where one cannot be read."""
    from fuseboard.harness.datasets import census, registry

    found = registry.get(dataset).as_divided(store_root())
    for remark in (*found.remarks, *census.remarks(found)):
        typer.echo(remark, err=True)
    print_rows(census.table(found), json, wide)
    found.check()


@cli.command()
def doctor(wide: Wide = False, json: Json = False) -> None:
    """Say what is missing on this machine, and how to install it."""
    from fuseboard.harness.doctor import examine

    print_findings(examine(), json, wide)
