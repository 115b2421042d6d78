"""`fuseboard datasets audit`."""

from pathlib import Path
from typing import Annotated

import typer

from fuseboard.harness.terminal.options import Json, StoreFolder, Wide
from fuseboard.harness.terminal.output import print_facts, print_rows

cli = typer.Typer()


@cli.command()
def audit(
    dataset: Annotated[str, typer.Argument(help="A name, or the folder, table or TOML of your own images.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write a page that shows the images to this file, such as audit.html."),
    ] = None,
    store: StoreFolder = None,
    wide: Wide = False,
    json: Json = False,
) -> None:
    """Look for images that are there twice, wrong labels, small classes and shortcuts.

    Images are compared pixel for pixel; for all else, two backbones or more of the store must have embedded them. What
    is found is no failure: the exit code is 0.
    """
    from fuseboard.harness.audit import as_json, findings, page
    from fuseboard.harness.audit.audit import examine
    from fuseboard.harness.backbones import registry as backbones
    from fuseboard.harness.datasets import registry
    from fuseboard.store.files import atomic
    from fuseboard.store.store import Store

    if output is not None:
        page.require_place(output)
    opened = Store(store, backbones.fingerprints)
    found = examine(registry.get(dataset).as_divided(opened.root), opened)
    for remark in found.remarks:
        typer.echo(remark, err=True)
    if output is not None:
        atomic.write_text(output, page.render(found))
        typer.echo(f"{output}: the page with the images", err=True)
    if json:
        print_facts(as_json.facts(found), as_json=True)
    else:
        print_rows([finding.row() for finding in findings.of(found)], False, wide)
