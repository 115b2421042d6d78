"""Command line of the harness. Everything heavy is imported by the command that needs it."""

from pathlib import Path
from typing import Annotated

import typer

StoreOption = Annotated[Path | None, typer.Option("--store", help="The store; else $FUSEBOARD_STORE, else your cache.")]
DeviceOption = Annotated[str | None, typer.Option(help="cpu, cuda or cuda:N; the GPU where there is one.")]
JsonOption = Annotated[bool, typer.Option("--json", help="For programs.")]

cli = typer.Typer(no_args_is_help=True)
backbones = typer.Typer(no_args_is_help=True, help="The models that turn images into vectors.")
datasets = typer.Typer(no_args_is_help=True, help="The images.")
cli.add_typer(backbones, name="backbones")
cli.add_typer(datasets, name="datasets")


@backbones.command("list")
def list_backbones(json: JsonOption = False) -> None:
    """Lists every backbone with a card."""
    from harness.backbones import registry

    cards = [registry.get(name) for name in registry.names()]
    _show(
        [
            {
                "id": card.id,
                "title": card.title,
                "dim": card.dim,
                "pixels": card.preprocessing.size,
                "parameters": card.parameters,
                "licence": card.licence,
                "gated": card.gated,
                "redistribution": card.redistribution,
                "fingerprint": card.fingerprint,
            }
            for card in cards
        ],
        json,
    )


@backbones.command("show")
def show_backbone(name: str, json: JsonOption = False) -> None:
    """Prints a card, its resolved preprocessing and its fingerprint."""
    from harness.backbones import registry

    card = registry.get(name)
    if json:
        _show({**card.model_dump(mode="json"), "fingerprint": card.fingerprint}, json)
    else:
        typer.echo(f"# fingerprint {card.fingerprint}\n{card.toml()}", nl=False)


@backbones.command("check")
def check_backbone(
    name: str,
    device: DeviceOption = None,
    record: Annotated[bool, typer.Option(help="Write the canary of a card you made or meant to change.")] = False,
    json: JsonOption = False,
) -> None:
    """Loads a backbone, runs its canary, and reports width, speed and memory."""
    from harness.backbones import canary, registry
    from harness.backbones.check import check
    from harness.device import resolve

    card = registry.get(name)
    report = check(card, resolve(device), against_canary=not record)
    if record:
        typer.echo(f"recorded {canary.record(card, report.vectors)}", err=True)
    _show(report.summary(), json)


@datasets.command("list")
def list_datasets(json: JsonOption = False) -> None:
    """Lists every dataset with its task and source."""
    from harness.datasets import registry

    found = [registry.get(name) for name in registry.names()]
    rows = [
        {
            "name": dataset.name,
            "task": dataset.task,
            "classes": len(dataset.label_names),
            "licence": dataset.licence,
            "source_md5": dataset.source_md5,
        }
        for dataset in found
    ]
    _show(rows, json)


@cli.command()
def extract(
    backbone: Annotated[list[str], typer.Argument(help="One or more backbones.")],
    dataset: Annotated[list[str], typer.Option("--dataset", "-d", help="One or more datasets.")],
    store: StoreOption = None,
    device: DeviceOption = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Images per forward pass.")] = None,
    precision: Annotated[str | None, typer.Option(help="fp32, fp16 or bf16; another version of the vectors.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first images, as a dataset NAME-firstN.")] = None,
) -> None:
    """Embeds datasets with backbones; what is there already is not computed again."""
    from harness.backbones import registry
    from harness.datasets import registry as known_datasets
    from harness.device import resolve
    from harness.extract import extract as run
    from store.location import store_root

    cards = [registry.get(name) for name in backbone]
    if precision is not None:
        cards = [card.at_precision(precision) for card in cards]
    sources = [known_datasets.get(f"{name}-first{limit}" if limit else name) for name in dataset]
    root, where = store_root(store), resolve(device)
    for source in sources:
        for card in cards:
            version = run(card, source, root, where, batch_size)
            typer.echo(f"{version.folder / source.name}")


@cli.command()
def search(
    dataset: str,
    backbones: Annotated[str | None, typer.Option(help="Comma-separated; all that hold the dataset by default.")] = None,
    strategy: Annotated[str, typer.Option(help="exhaustive, singles or all.")] = "exhaustive",
    protocol: Annotated[str, typer.Option(help="The frozen choices to measure under.")] = "biofuse-2026",
    jobs: Annotated[int | None, typer.Option(min=1, help="Fits side by side; one per core by default.")] = None,
    cluster: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler to fit on.")] = None,
    device: DeviceOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Searches the fusion of backbones that is best on validation, and reports it on test."""
    from harness import protocol as protocols
    from harness.device import resolve
    from harness.search import strategies
    from harness.search.engine import Search
    from store.location import store_root

    plan, rules = strategies.get(strategy), protocols.get(protocol)
    names = [name.strip() for name in (backbones or "").split(",") if name.strip()]
    engine = Search(store_root(store), dataset, rules, names, resolve(device), jobs, cluster)
    choice = engine.run(plan)
    typer.echo(f"{engine.fits} fits; {choice.measured} of {choice.possible} subsets measured; "
               f"{len(choice.ties)} with the best validation {rules.selection.metric}", err=True)  # fmt: skip
    roles = {"chosen": choice.chosen, "all": choice.everything, "oracle (best on test)": choice.oracle}
    tests = {tuple(row["subset"]): row for row in engine.rows(list(roles.values())).iter_rows(named=True)
             if row["split"] == "test"}  # fmt: skip
    _show(
        [
            {"role": role, "subset": "+".join(subset), "test_auc": tests[subset]["auc"], "test_acc": tests[subset]["acc"]}
            for role, subset in roles.items()
            if subset
        ],
        json,
    )


@cli.command()
def doctor(json: JsonOption = False) -> None:
    """Says what is missing on this machine, and how to mend it."""
    from harness.doctor import examine

    findings = examine()
    _show([finding.row() for finding in findings], json)
    raise typer.Exit(int(any(finding.status == "missing" for finding in findings)))


def _show(data: object, as_json: bool) -> None:
    """Data on stdout: JSON for programs, a table or a list of facts for people."""
    if as_json:
        from json import dumps

        typer.echo(dumps(data, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    rows = data if isinstance(data, list) else [{"fact": k, "value": v} for k, v in dict(data).items()]  # type: ignore[call-overload]
    table = Table(*(rows[0] if rows else ()), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*("–" if value is None else str(value) for value in row.values()))
    console = Console()
    console.print(table, soft_wrap=not console.is_terminal)
