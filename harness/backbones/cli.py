"""`fuseboard backbones`: the models that turn images into vectors."""

from typing import Annotated

import typer

from harness.output import Facts, print_facts, print_rows

cli = typer.Typer(no_args_is_help=True, help="The models that turn images into vectors.")

Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@cli.command("list")
def list_backbones(json: Json = False) -> None:
    """Lists every backbone with a card."""
    from harness.backbones import registry

    cards = [registry.get(name) for name in registry.names()]
    rows: list[Facts] = [
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
    ]
    print_rows(rows, json)


@cli.command()
def show(name: str, json: Json = False) -> None:
    """Prints a card, its resolved preprocessing and its fingerprint."""
    from harness.backbones import registry

    card = registry.get(name)
    if json:
        print_facts({**card.model_dump(mode="json"), "fingerprint": card.fingerprint}, json)
    else:
        typer.echo(f"# fingerprint {card.fingerprint}\n{card.toml()}", nl=False)


@cli.command()
def check(
    name: str,
    device: Annotated[str | None, typer.Option(help="cpu, cuda or cuda:N; the GPU where there is one.")] = None,
    record: Annotated[bool, typer.Option(help="Write the canary of a card you made or meant to change.")] = False,
    json: Json = False,
) -> None:
    """Loads a backbone, runs its canary, and reports width, speed and memory."""
    from harness.backbones import canary, registry
    from harness.backbones.check import check as run
    from harness.device import resolve

    card = registry.get(name)
    report = run(card, resolve(device), against_canary=not record)
    if record:
        typer.echo(f"recorded {canary.record(card, report.vectors)}", err=True)
    print_facts(report.summary(), json)
