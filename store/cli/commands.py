"""`fuseboard store`: what the store holds, whether it is sound, questions to it, and what of it can go."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fuseboard.store.cli import clearing, importing, publishing, remotes
from fuseboard.store.cli.options import Json, StoreFolder, Wide, note
from fuseboard.store.errors import UsageError
from fuseboard.store.files.table import show, text

if TYPE_CHECKING:
    from fuseboard.store.embeddings.current import Cards as Fingerprints
    from fuseboard.store.embeddings.dataset_protocol import Cards, Catalogues, Datasets, Official
    from fuseboard.store.remotes.publication import Origins
    from fuseboard.store.store import Store

# DuckDB, Polars, pyarrow and the Hub's client are imported by the commands that need them, so that help is quick.


SPLITS = ("train", "val", "test")
MOST_CHARACTERS, MOST_ITEMS = 400, 16
"""Of a cell of an answer that are shown unless all are asked for."""


def commands(datasets: "Catalogues", current: "Fingerprints", origin: "Origins", cards: "Cards") -> typer.Typer:
    """Returns the store's commands.

    Args:
        datasets: finds a dataset by name, for commands that hold embeddings against it.
        current: backbone -> fingerprint of its present card, the version that its name means.
        origin: says whose images a dataset's name means.
        cards: finds a backbone's card. All four come from outside because the store must not know the harness.
    """
    app = typer.Typer(help="Stored embeddings: list, verify, query, pull, push, import.", no_args_is_help=True)
    app.command()(sql)

    @app.command("list")
    def list_versions(store: StoreFolder = None, wide: Wide = False, as_json: Json = False) -> None:
        """Show every version: what it holds, whether it is current, where it came from, where its licence stands."""
        from fuseboard.store.store import Store

        _list(Store(store, current), wide, as_json)

    @app.command()
    def verify(
        spec: Annotated[str | None, typer.Argument(help="BACKBONE or BACKBONE@FINGERPRINT; else everything.")] = None,
        dataset: Annotated[
            str | None,
            typer.Option("--dataset", "-d", help="Only this dataset: a name, or your own folder, table or TOML."),
        ] = None,
        store: StoreFolder = None,
        wide: Wide = False,
        as_json: Json = False,
    ) -> None:
        """Re-hash and read every shard, against manifest and dataset; exit with 1 when something is not as it says."""
        from fuseboard.store.embeddings.dataset_protocol import by_stored_name
        from fuseboard.store.store import Store

        opened = Store(store)
        own = datasets(dataset).as_divided(opened.root) if dataset else None
        _verify(opened, spec, own, by_stored_name(datasets, origin), wide, as_json)

    clearing.add(app, current)
    remotes.add(app, datasets)
    importing.add(app, datasets, cards)
    publishing.add(app, origin)
    return app


def _list(opened: "Store", wide: bool, as_json: bool) -> None:
    facts = [_facts(version, opened.current.is_current(version.manifest)) for version in opened.versions]
    if as_json:
        print(json.dumps(facts, indent=1))
    elif facts:
        _print_versions(facts, wide)
    elif not opened.broken_versions:
        note(f"the store {opened.root} is empty: fill it with `fuseboard extract` or `fuseboard store pull ORG/NAME`")


def _verify(
    store: "Store", spec: str | None, own: "Official | None", stored: "Datasets", wide: bool, as_json: bool
) -> None:
    from dataclasses import asdict, replace

    from rich.console import Console

    from fuseboard.store.embeddings import verify as verification
    from fuseboard.store.results import damaged

    with Console(stderr=True).status("verifying"):
        if own is None:
            report = verification.verify(store.root, spec, stored)
        else:
            report = verification.verify(store.root, spec, lambda _: own, own.name)
    if spec is None:
        report = replace(report, findings=(*report.findings, *damaged.findings(store.root, own.name if own else None)))
    if as_json:
        findings = [asdict(finding) for finding in report.findings]
        print(json.dumps({"findings": findings, "not_compared": report.not_compared}, indent=1))
    elif report.findings:
        rows = [[f.version, f.dataset, f.split, f.file, f.problem] for f in report.findings]
        show(["version", "dataset", "split", "file", "problem"], rows, wide=wide)
    else:
        print(f"{store.root}: everything is as the manifests say")
    for name, reason in report.not_compared.items():
        mend = "; --dataset PATH compares your own images" if reason == verification.UNKNOWN else ""
        note(f"{name}: ids and labels were not compared with the dataset itself ({reason}{mend})")
    for spec in report.stale_readmes:
        note(
            f"{spec}: its README.md is of an earlier release, and load_dataset may answer with rows of another store; "
            "extract or pull it again, which computes and transfers nothing, and it is written anew"
        )
    if report.findings:
        raise typer.Exit(1)


def sql(
    query: Annotated[str, typer.Argument(help="One SELECT over versions, shards, embeddings and results.")],
    store: StoreFolder = None,
    wide: Wide = False,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Ask the catalog one SELECT; it reads the store and changes nothing. In JSON, NaN and infinities are null."""
    import csv

    import duckdb

    from fuseboard.store.files import strict_json
    from fuseboard.store.store import Store

    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other; give one")
    try:
        answer = Store(store).sql(query)
        names, rows = answer.columns, answer.fetchall()
    except duckdb.Error as error:
        raise UsageError(f"SQL: {' '.join(str(error).split())}") from error
    if as_json:
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise UsageError(f"SQL: two columns are called {twice!r}, of which JSON keeps one; name one with AS")
        print(strict_json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=1))
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        nested = (list, tuple, dict)
        writer.writerows([strict_json.dumps(c) if isinstance(c, nested) else c for c in row] for row in rows)
    elif not rows:
        note(f"no row; its columns are {', '.join(names)}")
    else:
        show(names, rows if wide else [[_short(cell) for cell in row] for row in rows], wide=wide)


def _facts(version: Any, is_current: bool) -> dict[str, Any]:
    from fuseboard.store.embeddings import history
    from fuseboard.store.files import damage

    manifest, folder = version.manifest, version.folder
    events, damaged = damage.readable([folder], history.read)
    damage.tell(damaged.values())
    splits = [split for entry in manifest.datasets.values() for split in entry.splits.values()]
    return {
        "backbone": manifest.backbone,
        "fingerprint": manifest.fingerprint,
        "current": is_current,
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
        "origins": history.origins(events.get(folder, ())),
        "published": [
            event.doi or event.where for event in events.get(folder, ()) if event.what in ("pushed", "published")
        ],
        "unknown_order": [
            f"{name} {split}"
            for name, entry in manifest.datasets.items()
            for split, facts in entry.splits.items()
            if facts.numbering != "official"
        ],
        "folder": str(version.folder),
    }


def _print_versions(facts: list[dict[str, Any]], wide: bool) -> None:
    table = [
        {
            "backbone": f["backbone"],
            "version": f["fingerprint"][:12],
            "current": f["current"],
            "dim": f["dim"],
            "rows": f"{f['rows']:,}",
            "MB": f"{f['bytes'] / 1e6:,.1f}",
            "created": f["created"][:10],
            "licence": f["licence"],
            "came from": "; ".join(f["origins"]) or "no record",
            "datasets": "\n".join(_held(name, splits, f["unknown_order"]) for name, splits in f["datasets"].items()),
        }
        for f in facts
    ]
    wide_only = ("rows", "MB", "created", "licence", "came from")
    rows = [list(row.values()) for row in table]
    show(list(table[0]), rows, wide_only=wide_only, wide=wide, right={"rows", "MB"})


def _held(dataset: str, splits: list[str], unknown_order: list[str]) -> str:
    marked = [f"{split} (order: unknown)" if f"{dataset} {split}" in unknown_order else split for split in splits]
    return dataset if marked == [*SPLITS] else f"{dataset}: {' '.join(marked)}"


def _short(cell: object) -> object:
    """What is longer than anybody reads, such as a vector, is cut in the middle."""
    half = MOST_CHARACTERS // 2
    if isinstance(cell, str) and len(cell) > MOST_CHARACTERS:
        return f"{cell[:half]}…{cell[-half:]}"
    if isinstance(cell, list) and len(cell) > MOST_ITEMS:
        return f"{text(cell[:3])}, … {text(cell[-2:])} ({len(cell):,} items)"
    return cell
