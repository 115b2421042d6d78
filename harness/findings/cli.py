"""`fuseboard backbones findings`, `accept` and `checklist`: from whoever may read weights to the cards that ship."""

from pathlib import Path
from typing import Annotated

import typer

from fuseboard.harness.terminal.options import Device, Json, Wide
from fuseboard.harness.terminal.output import print_findings, print_rows
from fuseboard.harness.terminal.report import Facts
from fuseboard.store.errors import UsageError

cli = typer.Typer()


@cli.command()
def findings(
    cards: Annotated[
        list[str] | None, typer.Argument(help="Pinned cards, or folders of them, such as `backbones pin` writes.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the findings to this new file.")] = Path(
        "findings.json"
    ),
    authors: Annotated[
        Path | None,
        typer.Option(
            "--authors", metavar="DIR", help="Compare with the authors' own vectors: NAME.npy or NAME.csv in DIR."
        ),
    ] = None,
    canary_images: Annotated[
        Path | None,
        typer.Option("--canary-images", metavar="DIR", help="Only write the canary's images, for the authors' code."),
    ] = None,
    device: Device = None,
    trust: Annotated[
        bool,
        typer.Option("--trust-remote-code", help="Let code from a model's repository run, where its card says so."),
    ] = False,
    wide: Wide = False,
    json: Json = False,
) -> None:
    """Compute the canaries of pinned backbones and write pins, canaries and parity as one file to send in.

    The file holds cards, vectors, the device and library versions; no token, no path and no image.
    """
    from fuseboard.harness.backbones import parity, pin, registry
    from fuseboard.harness.findings import collect
    from fuseboard.harness.runtime.device import resolve
    from fuseboard.store.files import atomic

    if canary_images is not None:
        for path in parity.write_images(canary_images):
            typer.echo(str(path))
        return
    if not cards:
        raise UsageError("name pinned cards, or the folder of `fuseboard backbones pin --paper`")
    pin.require_room(out)
    chosen = registry.get_all(cards)
    collect.check(chosen)
    theirs = {} if authors is None else parity.read_all(authors, chosen)
    where, seen = resolve(device), list[collect.Seen]()
    for one in collect.collect(chosen, where, trust, theirs):
        typer.echo(f"{len(seen) + 1} of {len(chosen)}: {one.backbone}", err=True)
        seen.append(one)
    atomic.write_text(out, collect.report(seen, where).model_dump_json(indent=1) + "\n")
    rows: list[Facts] = [
        {
            "backbone": one.backbone,
            "status": "failed" if one.observation is None else "written",
            "max_relative_difference": one.parity and one.parity.max_relative_difference,
            "cosine": one.parity and one.parity.cosine,
            "message": one.message,
        }
        for one in seen
    ]
    print_rows(rows, json, wide)
    typer.echo(f"{out}: send this file in, as an issue or a pull request", err=True)
    raise typer.Exit(int(any(one.is_bad for one in seen)))


@cli.command()
def accept(
    file: Annotated[Path, typer.Argument(help="A file of `backbones findings`, of anybody.")],
    wide: Wide = False,
    json: Json = False,
) -> None:
    """Hold a file of findings against cards, the weights' own place and known canaries, and fill in what passes.

    For maintainers, in a checkout: it writes the shipped cards and canaries. Exit with 1 where one did not pass.
    """
    from fuseboard.harness.findings.accept import accept as take
    from fuseboard.harness.findings.accept import read

    if not file.is_file():
        raise UsageError(f"{file}: there is no such file")
    report, found = read(file)
    if report is not None:
        found += take(report)
    print_findings(found, json, wide)


@cli.command()
def checklist(
    names: Annotated[list[str] | None, typer.Argument(help="Names or cards; by default the paper's nine.")] = None,
) -> None:
    """Print what the first person with access should verify, card by card, in Markdown."""
    from fuseboard.harness.backbones import registry
    from fuseboard.harness.findings.checklist import markdown

    typer.echo(markdown(registry.get_all(names or registry.PAPER)), nl=False)
