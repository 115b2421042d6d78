"""`fuseboard protocols`: the frozen sets of choices that results are measured under."""

import typer

from fuseboard.harness.terminal.options import Json, StoreFolder, Wide
from fuseboard.harness.terminal.output import print_facts, print_rows

cli = typer.Typer(no_args_is_help=True, help="List and show protocols.")


@cli.command("list")
def list_protocols(store: StoreFolder = None, wide: Wide = False, json: Json = False) -> None:
    """List every protocol, those of one's own that the store knows too."""
    from fuseboard.harness.protocols import own, protocol
    from fuseboard.store.files.location import store_root

    known = [*map(protocol.get, protocol.names()), *own.known(store_root(store))]
    print_rows([{"name": one.name, "classifier": one.classifier, "title": one.title} for one in known], json, wide)


@cli.command()
def show(protocol: str, store: StoreFolder = None, json: Json = False) -> None:
    """Show the choices of a protocol, or of a TOML file of your own, and its digest."""
    from fuseboard.harness.protocols import own
    from fuseboard.store.files.location import store_root

    rules = own.get(protocol, store_root(store))
    facts = {**rules.model_dump(mode="json", exclude_none=True), "digest": rules.digest}
    print_facts(facts if json else {**facts, "description": " ".join(rules.description.split())}, json)
