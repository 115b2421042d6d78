"""`fuseboard fuse`: one's own images to a saved, fused classifier, and the classifier to images."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from fuseboard.harness.fusion import opening, sharing_cli
from fuseboard.harness.fusion.explain import cli as explain_cli
from fuseboard.harness.fusion.options import BatchSize, Bits, Cards, Format, Images, MaxPixels, ModelPath, Page, Trust
from fuseboard.harness.terminal.options import Device, Json, StoreFolder, names
from fuseboard.harness.terminal.output import print_facts, print_rows
from fuseboard.store.errors import UsageError, unknown


class _Group(TyperGroup):
    """The commands; what was one command answers with the two that it has become."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Raises for the call of earlier releases, `fuse DATASET FOLDER`, and for unknown commands."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            others = [word for word in args[1:] if not word.startswith("-")]
            if not others:
                raise unknown("command", args[0], self.commands, "fuseboard fuse")
            raise UsageError(
                f"`fuse {args[0]} {others[0]}` is two commands now: `fuseboard fuse train {args[0]} -o MODEL`, then "
                f"`fuseboard fuse predict MODEL {others[0]}`"
            )
        return super().resolve_command(ctx, args)


cli = typer.Typer(
    cls=_Group, no_args_is_help=True, help="Train a fused classifier on images, and predict, embed, show, push, pull."
)
explain_cli.add(cli)
sharing_cli.add(cli)


@cli.command()
def train(
    data: Annotated[
        str,
        typer.Argument(
            help="Learn from this dataset: a name, a folder with one folder per class, a CSV or Parquet table, a TOML, "
            "or hub:ORG/NAME."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Save the model as this folder, or zip.")],
    backbones: Annotated[
        str | None,
        typer.Option(help="Fuse these names, cards or folders of cards, comma-separated; by default the five offline."),
    ] = None,
    strategy: Annotated[
        str, typer.Option(help="Choose the subset so, as `fuseboard search`; `all` takes all and searches nothing.")
    ] = "all",
    classifier: Annotated[str | None, typer.Option(help="Fit a linear-probe (the default) or xgboost.")] = None,
    protocol: Annotated[
        str | None, typer.Option(help="Take classifier, parameters and what is chosen by from this protocol.")
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
    json: Json = False,
) -> None:
    """Embed a dataset, fit a fused classifier, and save it; print what it measures.

    The dataset's own val split chooses and calibrates, and test is left for the score.
    """
    from fuseboard.harness.backbones import pin, registry
    from fuseboard.harness.backbones.cli import confirm
    from fuseboard.harness.datasets import registry as known_datasets
    from fuseboard.harness.fusion.bundle import overview, writing
    from fuseboard.harness.fusion.embed import cards_of
    from fuseboard.harness.fusion.from_dataset import Recipe, train_on
    from fuseboard.harness.protocols import own
    from fuseboard.harness.runtime.device import resolve
    from fuseboard.store.store import Store

    writing.refuse_other(output)
    opened = Store(store, registry.fingerprints)
    pinned = [pin.pinned(card, confirm) for card in cards_of(names(backbones) or registry.OFFLINE)]
    rules = own.get(protocol, opened.root) if protocol is not None else None
    recipe = Recipe(cards_of(pinned, precision), strategy, classifier, rules, budget, seed)
    if not yes:
        recipe.refuse_many()
    dataset = known_datasets.get(data) if group is None else known_datasets.of_path(Path(data), group)
    for remark in dataset.remarks:
        typer.echo(f"{dataset.name}: {remark}", err=True)
    bundle = train_on(dataset, recipe, opened, resolve(device), batch_size, trust)
    bundle.save(output)
    for note in bundle.selection_.notes:
        typer.echo(note, err=True)
    typer.echo(f"saved as {output}", err=True)
    print_rows(overview.metrics(bundle.facts), json)


@cli.command()
def predict(
    model: ModelPath,
    images: Images,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write to this .csv, .jsonl or .parquet; by default to stdout."),
    ] = None,
    form: Format = None,
    bits: Bits = None,
    page: Page = None,
    max_pixels: MaxPixels = None,
    batch_size: BatchSize = None,
    card: Cards = None,
    trust: Trust = False,
    device: Device = None,
) -> None:
    """Predict images: a row each, with its class, the probability of every class, and whether it is unlike training.

    An image that cannot be read has the reason in the column `error` and costs no other; the command then ends with 1.
    """
    from fuseboard.harness.fusion import image_list, tables

    form = tables.format_of(output, form)
    bundle = opening.load(model, card, device, batch_size, trust, bits, page, max_pixels)
    paths, remarks = image_list.find(images)
    opening.say(remarks)
    table = bundle.answers(paths)
    tables.write(table, output, form)
    opening.end(int(table["error"].is_not_null().sum()), len(table))


@cli.command()
def embed(
    model: ModelPath,
    images: Images,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write to this .csv, .jsonl or .parquet; by default to stdout."),
    ] = None,
    form: Format = None,
    bits: Bits = None,
    page: Page = None,
    max_pixels: MaxPixels = None,
    batch_size: BatchSize = None,
    card: Cards = None,
    trust: Trust = False,
    device: Device = None,
) -> None:
    """Embed images with the backbones of a model: the fused vector of each, as a list, in CSV a column per number."""
    from fuseboard.harness.fusion import image_list, tables

    form = tables.format_of(output, form)
    bundle = opening.load(model, card, device, batch_size, trust, bits, page, max_pixels)
    paths, remarks = image_list.find(images)
    opening.say(remarks)
    found = bundle.embed(paths)
    columns = [f"{name}__{place}" for name in bundle.backbones_ for place in range(bundle.model.widths[name])]
    tables.write(
        tables.vectors(found.names, bundle.model.fused(found.blocks), columns, found.faults, form), output, form
    )
    opening.end(len(found.faults), len(found.names))


@cli.command()
def show(model: ModelPath, json: Json = False) -> None:
    """Say what a model is: backbones, licences, training images, scores, and what its choice is worth."""
    from fuseboard.harness.fusion.bundle import overview

    facts = overview.read(model)
    if json:
        print_facts(facts.as_json(), True)
        return
    print_facts(facts.summary, False)
    print_rows(facts.backbones, False)
    print_rows(facts.metrics, False)
    opening.say(facts.notes)
