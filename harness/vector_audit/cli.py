"""`fuseboard store audit`: embeds a sample of anybody's published vectors again and says what they are."""

from typing import TYPE_CHECKING, Annotated

import typer

from fuseboard.harness.terminal.options import Device, Json, StoreFolder, Wide
from fuseboard.store.cli.importing import ByPosition, IdsName, LabelName, Pool, Split, VectorsName
from fuseboard.store.cli.options import Sandbox
from fuseboard.store.errors import FuseboardError

if TYPE_CHECKING:
    from pathlib import Path

    from fuseboard.harness.datasets.dataset import Dataset
    from fuseboard.harness.terminal.report import Facts
    from fuseboard.harness.vector_audit.place import Asked
    from fuseboard.store.embeddings.versions import Version


def audit(
    place: Annotated[
        str,
        typer.Argument(
            help="A backbone of the store, a version's folder or another store, ORG/NAME on the Hub, a Zenodo record, "
            "or a file or folder of vectors as `store import` takes it."
        ),
    ],
    card: Annotated[
        str | None,
        typer.Option(help="Hold them against this model, a backbone's name or a card's path; else the one they name."),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", "-d", help="Only this one: a name, or the TOML of your own images.")
    ] = None,
    split: Split = None,
    revision: Annotated[str | None, typer.Option(help="Fingerprint, tag or commit on the Hub.")] = None,
    sandbox: Sandbox = False,
    by_position: ByPosition = False,
    vectors: VectorsName = None,
    ids: IdsName = None,
    labels: LabelName = None,
    pool: Pool = None,
    trust: Annotated[
        bool, typer.Option("--trust-remote-code", help="Let code of the repository of --card run.")
    ] = False,
    device: Device = None,
    store: StoreFolder = None,
    wide: Wide = False,
    json: Json = False,
) -> None:
    """Embed a sample of the images of published vectors again; exit with 1 where these are not the same.

    The answer is: the same, another precision, another transform, rows in another order, or another model.
    """
    from fuseboard.harness.backbones import registry
    from fuseboard.harness.runtime.device import resolve
    from fuseboard.harness.terminal.output import print_rows
    from fuseboard.harness.vector_audit.place import Asked, versions
    from fuseboard.store.store import Store
    from fuseboard.store.vectors.importing import Naming

    naming = Naming(vectors, ids, labels, split, by_position, pool)
    asked = Asked(place, card, dataset, naming, revision, sandbox)
    opened = Store(store, registry.fingerprints)
    with versions(asked, opened) as found:
        made = [version for version in found if _is_of_a_model(version, is_alone=len(found) == 1)]
        rows = [row for version in made for row in _audited(version, asked, resolve(device), trust, opened.root)]
    if not rows:
        raise FuseboardError(f"{place}: no version there was made by a model, so nothing can be embedded again")
    if json:
        print_rows(rows, as_json=True)
    else:
        kept = ("version", "dataset", "verdict", "certainty", "images", "difference", "cka", "why")
        print_rows([{key: _short(row[key]) for key in kept} for row in rows], False, wide, ("certainty", "cka"))
    raise typer.Exit(int(any(row["verdict"] != "same" for row in rows)))


def _is_of_a_model(version: "Version", is_alone: bool) -> bool:
    """Whether a version can be embedded again; of one that cannot why is told, and raised where it is alone."""
    from fuseboard.store.embeddings import derived, private

    why = None
    if (origin := derived.source_of(version.manifest)) is not None:
        why = f"it is derived from {origin[0]}@{origin[1][:12]}; audit that, and `fuseboard store verify` compares both"
    elif private.is_metadata(version.manifest):
        why = "it is of a table, and no model made it; `fuseboard store verify` reads it"
    if why is not None and is_alone:
        raise FuseboardError(f"{version.spec} cannot be embedded again: {why}")
    if why is not None:
        typer.echo(f"{version.spec} is left out: {why}", err=True)
    return why is None


def _audited(version: "Version", asked: "Asked", device: str, trust: bool, root: "Path") -> "list[Facts]":
    """One row for every dataset of a version whose images are here."""
    from fuseboard.harness.backbones import canary
    from fuseboard.harness.reproduction.audit import audit as run
    from fuseboard.harness.reproduction.verdict import Verdict
    from fuseboard.harness.vector_audit.model import card_of

    images = _images(version, asked, root)
    model, remark = card_of(version, asked.card)
    if remark:
        typer.echo(remark, err=True)
    if model.dim != version.manifest.dim:
        why = f"{version.manifest.dim:,} numbers per image, {model.id} makes {model.dim:,}"
        verdicts = {name: Verdict("other model", "certain", why, 0) for name in images}
    else:
        encoder, _ = canary.load(model, device, trust)
        verdicts = {name: run(version, name, model, encoder, one) for name, one in images.items()}
    about = {"version": version.spec, "card": model.id}
    return [{**about, "dataset": name, **verdict.facts()} for name, verdict in verdicts.items()]


def _images(version: "Version", asked: "Asked", root: "Path") -> "dict[str, Dataset]":
    """Name -> images of every dataset that is to be audited; what is left out is said."""
    from fuseboard.harness.datasets import registry
    from fuseboard.harness.reproduction import sampling

    if asked.dataset is not None:
        named = registry.get(asked.dataset).as_divided(root)
        if why := sampling.unlike(named, version.manifest.dataset(named.name)):
            raise FuseboardError(f"{version.spec}: {named.name} cannot be embedded again: {why}")
        return {named.name: named}
    found = {}
    for name, entry in version.manifest.datasets.items():
        images, why = sampling.images_at_hand(name, entry)
        if images is None:
            typer.echo(f"{version.spec}: {name} is not embedded again: {why}", err=True)
        else:
            found[name] = images
    if not found:
        raise FuseboardError(f"{version.spec}: none of its datasets can be embedded again here; say --dataset")
    return found


def _short(cell: object) -> object:
    return f"{cell:.2g}" if isinstance(cell, float) else cell
