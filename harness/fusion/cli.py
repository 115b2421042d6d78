"""`fuseboard fuse`: one's own images to a saved, fused classifier, and the classifier to images."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from fuseboard.harness.fusion import opening, sharing_cli, train_cli
from fuseboard.harness.fusion.explain import cli as explain_cli
from fuseboard.harness.fusion.options import (
    BatchSize,
    Bits,
    Cards,
    Format,
    Images,
    MaxPixels,
    Metadata,
    ModelPath,
    Page,
    Trust,
)
from fuseboard.harness.fusion.report import cli as report_cli
from fuseboard.harness.terminal.options import Device, Json, Wide
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
    cls=_Group,
    no_args_is_help=True,
    help="Train a fused classifier on images, and predict, embed, explain, report, show, push, pull.",
)
train_cli.add(cli)
explain_cli.add(cli)
report_cli.add(cli)
sharing_cli.add(cli)


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
    metadata: Metadata = None,
    batch_size: BatchSize = None,
    card: Cards = None,
    trust: Trust = False,
    device: Device = None,
) -> None:
    """Predict images: a row each, with its class, the probability of every class, and whether it is unlike training.

    An image that cannot be read has the reason in the column `error` and costs no other; the command then ends with 1.
    """
    from fuseboard.harness.fusion import tables

    form = tables.format_of(output, form)
    paths = opening.find(images)
    bundle = opening.load(model, card, device, batch_size, trust, bits, page, max_pixels, metadata)
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
    metadata: Metadata = None,
    batch_size: BatchSize = None,
    card: Cards = None,
    trust: Trust = False,
    device: Device = None,
) -> None:
    """Embed images with the backbones of a model: the fused vector of each, as a list, in CSV a column per number."""
    from fuseboard.harness.fusion import tables

    form = tables.format_of(output, form)
    paths = opening.find(images)
    bundle = opening.load(model, card, device, batch_size, trust, bits, page, max_pixels, metadata)
    found = bundle.embed(paths)
    columns = [f"{name}__{place}" for name in bundle.backbones_ for place in range(bundle.model.widths[name])]
    tables.write(
        tables.vectors(found.names, bundle.model.fused(found.blocks), columns, found.faults, form), output, form
    )
    opening.end(len(found.faults), len(found.names))


@cli.command()
def show(model: ModelPath, wide: Wide = False, json: Json = False) -> None:
    """Say what a model is: backbones, licences, training images, scores, and what its choice is worth."""
    from fuseboard.harness.fusion.bundle import overview

    facts = overview.read(model)
    if json:
        print_facts(facts.as_json(), True)
        return
    print_facts(facts.summary, False)
    typer.echo()
    print_rows(facts.backbones, False, wide, ("source",))
    typer.echo()
    print_rows(facts.metrics, False, wide)
    opening.say(facts.notes)
