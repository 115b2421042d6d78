"""The comment: a ranking as one piece of Markdown for a pull request. Everything foreign in it is escaped."""

from collections.abc import Sequence
from importlib.metadata import version

from fuseboard.harness.submissions.ranking.markdown import table, text
from fuseboard.harness.submissions.ranking.numbers import gained, measured, ranked
from fuseboard.harness.submissions.ranking.rank import Ranking
from fuseboard.harness.submissions.ranking.standing import Standing
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.files.table import MISSING
from fuseboard.store.statistics.resampling import RESAMPLES

MAX_RANKING, MAX_CHECK = 60_000, 4_500
"""Characters of a ranking and of a check's table, which go into one comment; a forge takes 65,536."""
MAX_LISTED = 40
"""Entries of a list or table that a comment shows."""
HEADINGS = ("", "with it", "test AUC", "test ACC", "without it", "AUC gained", "ACC gained", "ties on validation")


def comment(ranking: Ranking) -> str:
    """The whole ranking, dataset by dataset as far as a comment may be long; what does not fit is said, not dropped."""
    end = _reproduce(ranking)
    parts = [_head(ranking)]
    sections = [_section(one) for one in ranking.standings]
    room = MAX_RANKING - len(parts[0]) - len(end) - 500
    for number, section in enumerate(sections):
        if len(section) > room:
            left = ", ".join(text(one.dataset) for one in ranking.standings[number:][:10])
            parts.append(
                f"{len(sections) - number} more datasets do not fit into a comment, {left} first; run the command"
            )
            break
        parts.append(section)
        room -= len(section) + 2
    return "\n\n".join([*parts, end]) + "\n"


def checked(name: str, findings: Sequence[Finding]) -> str:
    """What a check found, what is to be corrected first; what is well is counted."""
    unwell = sorted((one for one in findings if one.status != "ok"), key=lambda one: not one.is_bad)
    rows: list[tuple[str, ...]] = []
    room = MAX_CHECK
    for one in unwell:
        row = (one.status, text(one.check), text(one.message), text(one.fix))
        room -= sum(map(len, row)) + 13
        if room < 0:
            break
        rows.append(row)
    parts = [
        f"## Check of {text(name)}",
        f"{len(findings) - len(unwell)} of {len(findings)} rules have nothing to say.",
    ]
    if rows:
        parts.append(table(("status", "rule", "what", "how to fix it"), rows))
    if left := len(unwell) - len(rows):
        parts.append(f"and {left} more; run `fuseboard submission check`")
    return "\n\n".join(parts) + "\n"


def _head(ranking: Ranking) -> str:
    manifest, protocol = ranking.version.manifest, ranking.protocol
    ranks = [
        [text(one.dataset), ranked(one.auc), ranked(one.acc), f"{one.images['test']:,}", text(_pool(one))]
        for one in ranking.standings[:MAX_LISTED]
    ]
    return "\n\n".join(
        [
            f"## {text(ranking.submission.card.title)} ({text(manifest.backbone)})",
            f"Protocol {text(protocol.name)} version {protocol.version}, `{protocol.digest}`. "
            f"Fingerprint `{manifest.fingerprint}`. fuseboard {text(version('fuseboard'))}.",
            _list(ranking.summary),
            table(("dataset", "rank by AUC", "rank by ACC", "test images", "among"), ranks),
            *([f"and {left} more"] if (left := len(ranking.standings) - MAX_LISTED) > 0 else []),
        ]
    )


def _list(notes: Sequence[str]) -> str:
    more = [f"- and {len(notes) - MAX_LISTED} more; run the command"] if len(notes) > MAX_LISTED else []
    return "\n".join([*(f"- {text(note)}" for note in notes[:MAX_LISTED]), *more])


def _section(one: Standing) -> str:
    rows = [
        [
            comparison.kind,
            text("+".join(comparison.with_it.subset)),
            measured(comparison.with_it.auc),
            measured(comparison.with_it.acc),
            text("+".join(comparison.without.subset)) if comparison.without else MISSING,
            gained(comparison.auc),
            gained(comparison.acc),
            f"{comparison.ties[0]}, {comparison.ties[1]}" if comparison.ties else MISSING,
        ]
        for comparison in one.comparisons
    ]
    return f"### {text(one.dataset)}\n\n{table(HEADINGS, rows)}\n\n{_list(one.notes)}"


def _pool(one: Standing) -> str:
    return ", ".join(sorted(one.pool.versions)) or "nobody"


def _reproduce(ranking: Ranking) -> str:
    versions = sorted({v.spec for one in ranking.standings for v in one.pool.versions.values()})
    shown = [f"{text(name)} `{own}`" for name, _, own in (spec.partition("@") for spec in versions[:MAX_LISTED])]
    more = f" and {len(versions) - MAX_LISTED} more" if len(versions) > MAX_LISTED else ""
    command = f"fuseboard submission rank submissions/{ranking.version.manifest.backbone}"
    datasets = "".join(f" --dataset {one.dataset}" for one in ranking.standings[:MAX_LISTED])
    return "\n\n".join(
        [
            f"Intervals hold 95 % of {RESAMPLES:,} resamples of the test images, and differences are paired. What is "
            "chosen is chosen on validation. Neither the training run nor the choice is in an interval.",
            f"Present versions: {', '.join(shown) or 'none'}{more}.",
            f"```sh\n{command} --protocol {ranking.protocol.name}{datasets}\n```",
        ]
    )
