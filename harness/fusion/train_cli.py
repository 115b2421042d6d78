"""`fuseboard fuse train`: from a dataset, or a table of numbers, to a saved model."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fuseboard.harness.fusion.options import BatchSize, Trust
from fuseboard.harness.terminal.options import Device, Json, StoreFolder, Wide, names
from fuseboard.harness.terminal.output import print_rows
from fuseboard.store.cli.options import announce
from fuseboard.store.errors import UsageError


def add(app: typer.Typer) -> None:
    """Adds the command to those of `fuse`."""

    @app.command()
    def train(
        data: Annotated[
            str,
            typer.Argument(
                help="Learn from this dataset: a name, a folder with one folder per class, a CSV or Parquet table, a "
                "TOML, or hub:ORG/NAME."
            ),
        ],
        output: Annotated[Path, typer.Option("--output", "-o", help="Save the model as this folder, or zip.")],
        backbones: Annotated[
            str | None,
            typer.Option(
                help="Fuse these names, cards or folders of cards, comma-separated; by default the five offline."
            ),
        ] = None,
        strategy: Annotated[
            str, typer.Option(help="Choose the subset so, as `fuseboard search`; `all` takes all and searches nothing.")
        ] = "all",
        classifier: Annotated[
            str | None,
            typer.Option(
                help="Fit a linear-probe (the default) or xgboost; of numbers ridge (the default) or xgboost."
            ),
        ] = None,
        protocol: Annotated[
            str | None, typer.Option(help="Take classifier, parameters and what is chosen by from this protocol.")
        ] = None,
        target: Annotated[
            str | None, typer.Option(help="Learn the numbers in this column of the table: a regression, not classes.")
        ] = None,
        group: Annotated[
            str | None, typer.Option(help="Keep images with one value in this column of the table in one split.")
        ] = None,
        budget: Annotated[int | None, typer.Option(min=1, help="Fit so many times at most.")] = None,
        seed: Annotated[int, typer.Option(help="Draw with this seed.")] = 0,
        precision: Annotated[
            str | None, typer.Option(help="Embed in fp32, tf32, fp16 or bf16; by default as cards say.")
        ] = None,
        batch_size: BatchSize = None,
        device: Device = None,
        trust: Trust = False,
        yes: Annotated[bool, typer.Option("--yes", help="Fit thousands of subsets without asking.")] = False,
        store: StoreFolder = None,
        wide: Wide = False,
        json: Json = False,
    ) -> None:
        """Embed a dataset, fit a fused classifier, and save it; print what it measures.

        The dataset's own val split chooses and calibrates, and test is left for the score.
        """
        from fuseboard.harness.backbones import pin, registry
        from fuseboard.harness.backbones.options import confirm
        from fuseboard.harness.classifiers.tasks import REGRESSION
        from fuseboard.harness.datasets import registry as known_datasets
        from fuseboard.harness.derived.card import with_network
        from fuseboard.harness.fusion.bundle import overview, writing
        from fuseboard.harness.fusion.embed import cards_of
        from fuseboard.harness.fusion.from_dataset import Recipe, train_on
        from fuseboard.harness.fusion.from_table import regress_on
        from fuseboard.harness.metadata import card as metadata
        from fuseboard.harness.protocols import own
        from fuseboard.harness.runtime.device import resolve
        from fuseboard.harness.runtime.precision import require
        from fuseboard.store.store import Store

        writing.refuse_other(output)
        opened = Store(store, registry.fingerprints)
        blocks = names(backbones) or list(registry.OFFLINE)
        tables = [name for name in blocks if metadata.asked(opened, name)]
        asked = cards_of([name for name in blocks if name not in tables])
        pinned = [with_network(card, lambda network: pin.pinned(network, confirm)) for card in asked]
        rules = own.get(protocol, opened.root) if protocol is not None else None
        recipe = Recipe(cards_of(pinned, precision), strategy, classifier, rules, budget, seed)
        if not yes:
            recipe.refuse_many()
        where = resolve(device)
        for card in recipe.cards:
            require(card.precision, where)
        if target is not None:
            if tables:
                raise UsageError(f"--target learns from images alone, and {tables[0]} is metadata; leave it out")
            recipe.check(REGRESSION)
            announce(opened.root)
            bundle = regress_on(Path(data), target, group, recipe, opened, where, batch_size, trust)
        else:
            dataset = known_datasets.get(data) if group is None else known_datasets.of_path(Path(data), group)
            dataset = dataset.as_divided(opened.root)
            for remark in dataset.remarks:
                typer.echo(f"{dataset.name}: {remark}", err=True)
            recipe.check(dataset.task)
            of_tables = [metadata.of_version(opened.version(name, dataset.name)) for name in tables]
            recipe = replace(recipe, cards=[*recipe.cards, *of_tables])
            announce(opened.root)
            bundle = train_on(dataset, recipe, opened, where, batch_size, trust)
        bundle.save(output)
        for note in bundle.selection_.notes:
            typer.echo(note, err=True)
        typer.echo(f"saved as {output}", err=True)
        print_rows(overview.metrics(bundle.facts), json, wide)
