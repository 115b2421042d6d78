"""The board of transfer shows natural images, beside what BioFuse reports of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from fuseboard.leaderboard.boards.transfer import Transfer, TransferRow
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.published import tables
from fuseboard.leaderboard.published.verdicts.model_names import NAMES
from fuseboard.leaderboard.published.verdicts.verdicts import Verdict
from fuseboard.store.results.evaluations import TRANSFER

FILE = "biofuse_2026_imagenet.csv"
IMAGENET = "imagenet"
"""The name here of the dataset that the file calls imagenet-1k."""
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "dataset": pl.String,
    "subset": pl.List(pl.String),
    "classifier": pl.String,
    "setting": pl.String,
    "seed": pl.Int64,
    **dict.fromkeys(("settings", "ties", "images", "features"), pl.Int64),
    **dict.fromkeys(("val_top1", "test_top1", "test_top5", "seconds", "oracle_top1"), pl.Float64),
    "oracle": pl.String,
    "reason": pl.String,
    "test_key": pl.String,
}


@dataclass(frozen=True)
class Reported:
    """It is one published figure with the best of the same weights here, which was measured otherwise."""

    model: str
    backbone: str | None
    """The card with these weights."""
    top1: float
    source: str
    url: str
    note: str
    measured: TransferRow | None
    verdict: str
    reason: str


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the board of transfer."""
    everything = site.transfers
    measured = {each.protocol for each in everything}
    protocols = [name for name in site.protocols if name in measured] + sorted(measured - set(site.protocols))
    by_protocol = {name: [each for each in everything if each.protocol == name] for name in protocols}
    yield Page(
        path="boards/transfer.html",
        template="transfer.html.j2",
        title="Transfer to everyday images",
        description="Top-1 and top-5 on natural images of embeddings that were made for medicine, beside ImageNet's.",
        context={"protocols": by_protocol, "reported": _reported(everything, site.verdicts)},
        tables={f"{TRANSFER.name}-{address.slug(name)}": _frame(own) for name, own in by_protocol.items() if own},
    )


def _reported(everything: Sequence[Transfer], verdicts: Sequence[Verdict]) -> tuple[Reported, ...]:
    words = {verdict.subject: verdict for verdict in verdicts if verdict.file == FILE}
    rows = [row for each in everything if each.dataset == IMAGENET for row in each.rows]
    return tuple(
        Reported(
            model=row["model"],
            backbone=(card := NAMES[row["model"]].backbone),
            top1=row["top1_acc"],
            source=row["source"],
            url=row["url"],
            note=row["note"],
            measured=next((one for one in rows if one.subset == (card,)), None),
            verdict=words[row["model"]].verdict,
            reason=words[row["model"]].reason,
        )
        for row in tables.load(FILE)
    )


def _frame(own: Sequence[Transfer]) -> pl.DataFrame:
    records = [
        {
            **{name: value for name, value in vars(row).items() if name in SCHEMA},
            "dataset": each.dataset,
            "subset": list(row.subset),
            "test_key": row.keys.get("test"),
        }
        for each in own
        for row in each.rows
    ]
    return pl.DataFrame(records, SCHEMA)
