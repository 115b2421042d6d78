"""`fuseboard store`: what the store holds, whether it is sound, questions to it, and the way to and from remotes."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from store.errors import UsageError
from store.location import store_root
from store.table import show

# DuckDB, Polars, pyarrow and the Hub's client are imported by the commands that need them, so that help is quick.
cli = typer.Typer(name="store", help="Stored embeddings: list, verify, query, pull, push.", no_args_is_help=True)

Store = Annotated[Path | None, typer.Option("--store", help="The store's folder; $FUSEBOARD_STORE otherwise.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@cli.command("list")
def list_versions(store: Store = None, as_json: Json = False) -> None:
    """Show every version: what it holds, how large it is, where its licence stands."""
    from store import versions

    root = store_root(store)
    found, broken = versions.survey(root)
    facts = [_facts(version) for version in found]
    if as_json:
        print(json.dumps(facts, indent=1))
    elif facts:
        _print_versions(facts)
    elif not broken:
        _note(f"the store {root} is empty: fill it with `fuseboard extract` or `fuseboard store pull ORG/NAME`")
    for error in broken.values():
        _note(f"error: {error}")
    if broken:
        raise typer.Exit(1)


@cli.command()
def verify(
    spec: Annotated[str | None, typer.Argument(help="BACKBONE or BACKBONE@FINGERPRINT; everything otherwise.")] = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Re-hash and read every shard; exit with 1 when something is not as its manifest says."""
    from dataclasses import asdict

    from rich.console import Console

    from store import verification

    root = store_root(store)
    with Console(stderr=True).status("verifying"):
        findings = verification.verify(root, spec)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1))
    elif findings:
        rows = [[f.version, f.dataset, f.split, f.file, f.problem] for f in findings]
        show(["version", "dataset", "split", "file", "problem"], rows)
    else:
        print(f"{root}: everything is as the manifests say")
    if findings:
        raise typer.Exit(1)


@cli.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT over versions, shards, embeddings and results.")],
    store: Store = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Ask the catalog one SELECT; it reads the store and changes nothing."""
    import csv

    import duckdb

    from store.catalog import Catalog

    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other; give one")
    try:
        answer = Catalog(store_root(store)).sql(query)
        names, rows = answer.columns, answer.fetchall()
    except duckdb.Error as error:
        raise UsageError(f"SQL: {' '.join(str(error).split())}") from error
    if as_json:
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=1, default=str))
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([json.dumps(cell) if isinstance(cell, list) else cell for cell in row] for row in rows)
    else:
        show(names, [[_short(cell) for cell in row] for row in rows])


@cli.command()
def pull(
    name: Annotated[str, typer.Argument(help="ORG/NAME on the Hub, or a Zenodo record: its number or DOI.")],
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    split: Annotated[str | None, typer.Option(help="Only this split.")] = None,
    revision: Annotated[str | None, typer.Option(help="Fingerprint, tag or commit on the Hub.")] = None,
    store: Store = None,
) -> None:
    """Bring a backbone's embeddings into the store, every file checked."""
    from store import zenodo

    root = store_root(store)
    _note(f"pulling {name} into {root}")
    if zenodo.is_record(name):
        if revision is not None:
            raise UsageError("--revision is the Hub's; a Zenodo record is one version already")
        landed = zenodo.pull(root, name, dataset, split)
    else:
        from store import hub

        landed = hub.pull(root, name, dataset, split, revision)
    print(f"{landed.version.spec}: {landed.files} files, {landed.bytes / 1e6:.1f} MB transferred")


@cli.command()
def push(
    backbone: Annotated[str, typer.Argument(help="BACKBONE or BACKBONE@FINGERPRINT.")],
    repository: Annotated[str, typer.Argument(help="ORG/NAME on the Hub; it is made where it does not exist.")],
    store: Store = None,
) -> None:
    """Publish a version on the Hugging Face Hub, where its licence allows it."""
    from store import hub, versions

    version = versions.find(store_root(store), backbone)
    _note(f"pushing {version.spec} to {repository}")
    print(hub.push(version, repository))


def _facts(version: Any) -> dict[str, Any]:
    manifest = version.manifest
    splits = [split for entry in manifest.datasets.values() for split in entry.splits.values()]
    return {
        "backbone": manifest.backbone,
        "fingerprint": manifest.fingerprint,
        "dim": manifest.dim,
        "dtype": manifest.dtype,
        "datasets": {
            name: {split: facts.rows for split, facts in entry.splits.items()}
            for name, entry in manifest.datasets.items()
        },
        "rows": sum(split.rows for split in splits),
        "bytes": sum(shard.bytes for split in splits for shard in split.shards),
        "created": manifest.created.isoformat(),
        "licence": manifest.about.licence,
        "folder": str(version.folder),
    }


def _print_versions(facts: list[dict[str, Any]]) -> None:
    names = ["backbone", "fingerprint", "dim", "rows", "MB", "created", "licence", "datasets"]
    rows = [
        [
            f["backbone"],
            f["fingerprint"][:12],
            str(f["dim"]),
            f"{f['rows']:,}",
            f"{f['bytes'] / 1e6:,.1f}",
            f["created"][:10],
            f["licence"],
            "\n".join(f"{name}: {' '.join(splits)}" for name, splits in f["datasets"].items()),
        ]
        for f in facts
    ]
    show(names, rows, right={"dim", "rows", "MB"}, whole={"backbone", "fingerprint", "created"})


def _short(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _note(text: str) -> None:
    print(text, file=sys.stderr)
