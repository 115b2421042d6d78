"""Sentences say what a table holds; each is made from the rows, and tests hold it against them."""

import re

from fuseboard.leaderboard.output.plain import NAMED, listed, score
from fuseboard.leaderboard.rankings.table import DatasetRanking, RankingTable

PLURAL = ("all ", "votes ")
"""How the names of rows begin that are several things."""


def best_sentence(table: RankingTable, dataset: str, kind: str) -> str:
    """Say which row is best on a dataset, and how many cannot be told from it.

    Args:
        table: of the rows.
        dataset: one of its columns.
        kind: what a row is, such as `method`.
    """
    ranking = table.on[dataset]
    if not ranking.places:
        return f"No {kind} has a test AUC."
    row = next(row for row in table.rows if row.name == ranking.best[0])
    auc, interval = row.scores[dataset].auc or 0.0, row.scores[dataset].interval
    value = score(auc) + (f" ({score(interval[0])} to {score(interval[1])})" if interval else "")
    names, count = _list(table, dataset, ranking.best), len(ranking.places)
    if count == 1:
        return f"{_capital(table, names)} is the only {kind} with a test AUC, {value}."
    verb = "share" if len(ranking.best) > 1 else "have" if names.startswith(PLURAL) else "has"
    others = "" if len(ranking.best) == count else f"; {_others(table, ranking)}"
    return f"{_capital(table, names)} {verb} the highest test AUC of {count} {kind}s, {value}{others}."


def mean_sentence(table: RankingTable, kind: str) -> str:
    """Say which row is best in the mean over datasets, and how many cannot be told from it; empty where none is ranked.

    Args:
        table: of the rows.
        kind: what a row is, such as `method`.
    """
    ranked = [row for row in table.rows if row.rank is not None]
    if not ranked:
        return ""
    best = [row for row in ranked if row.rank == 1]
    names = listed([_called(table.title(row.name)) for row in best], rest="more")
    several = len(best) > 1 or names.startswith(PLURAL)
    interval = best[0].mean_interval
    value = score(best[0].mean_auc) + (f" ({score(interval[0])} to {score(interval[1])})" if interval else "")
    where = f"test AUC on {table.counted[0]}" if len(table.counted) == 1 else f"mean test AUC over {_counted(table)}"
    if len(ranked) == 1:
        return f"{_capital(table, names)} is the only ranked {kind}, with a {where} of {value}."
    tied = [_called(table.title(row.name)) for row in ranked if row.tier == 1 and row.rank != 1]
    others = f"; {listed(tied, rest='more')} cannot be told from {'them' if several else 'it'}" if tied else ""
    return f"{_capital(table, names)} {'have' if several else 'has'} the highest {where}, {value}{others}."


def _counted(table: RankingTable) -> str:
    return f"{len(table.counted)} datasets" if len(table.counted) > NAMED else listed(table.counted)


def _others(table: RankingTable, ranking: DatasetRanking) -> str:
    several = len(ranking.best) > 1 or table.title(ranking.best[0], ranking.dataset).startswith(PLURAL)
    them = "them" if several else "it"
    if ranking.no_tiers:
        return f"whether the others differ from {them} is not known, because {ranking.no_tiers}"
    if not ranking.tied:
        rest = len(ranking.places) - len(ranking.best)
        return f"all {rest} others are worse beyond chance" if rest > 1 else "the other is worse beyond chance"
    number = f"{len(ranking.tied)} other{'s'[: len(ranking.tied) - 1]}"
    return f"{number} cannot be told from {them}: {_list(table, ranking.dataset, ranking.tied)}"


def _list(table: RankingTable, dataset: str, names: tuple[str, ...]) -> str:
    return listed([_called(table.title(name, dataset)) for name in names], rest="more")


def _called(title: str) -> str:
    """Return what a sentence calls a row whose title is short, as a table has it."""
    return re.sub(r"^chosen\b", "the chosen subset", title).replace("best single ", "the best single backbone ")


def _capital(table: RankingTable, names: str) -> str:
    """Begin a sentence: names of methods with a capital, those of backbones as they are."""
    return names if table.criterion is None else names[0].upper() + names[1:]
