"""The comment: a ranking as one piece of Markdown for a pull request. Everything foreign in it is escaped."""

from collections.abc import Sequence
from importlib.metadata import version

from fuseboard.harness.submissions.ranking.markdown import table, text
from fuseboard.harness.submissions.ranking.numbers import gain, measured, place
from fuseboard.harness.submissions.ranking.rank import Ranking
from fuseboard.harness.submissions.ranking.standing import Standing
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.files.table import MISSING
from fuseboard.store.statistics.resampling import RESAMPLES

LONGEST, CHECK = 60_000, 4_500
"""Characters of a ranking and of a check's table, which go into one comment; a forge takes 65,536."""
MOST = 40
"""Entries of a list or table that a comment shows."""
HEAD = ("", "with it", "test AUC", "test ACC", "without it", "AUC gained", "ACC gained", "ties on validation")


def comment(ranking: Ranking) -> str:
    """The whole ranking, dataset by dataset as far as a comment may be long; what does not fit is said, not dropped."""
    end = _reproduce(ranking)
    said = [_head(ranking)]
    sections = [_section(one) for one in ranking.standings]
    room = LONGEST - len(said[0]) - len(end) - 500
    for number, section in enumerate(sections):
        if len(section) > room:
            left = ", ".join(text(one.dataset) for one in ranking.standings[number:][:10])
            said.append(
                f"{len(sections) - number} more datasets do not fit into a comment, {left} first; run the command"
            )
            break
        said.append(section)
        room -= len(section) + 2
    return "\n\n".join([*said, end]) + "\n"


def checked(name: str, findings: Sequence[Finding]) -> str:
    """What a check found, what is to be mended first; what is well is counted."""
    told = sorted((one for one in findings if one.status != "ok"), key=lambda one: not one.is_bad)
    rows: list[tuple[str, ...]] = []
    room = CHECK
    for one in told:
        row = (one.status, text(one.check), text(one.message), text(one.fix))
        room -= sum(map(len, row)) + 13
        if room < 0:
            break
        rows.append(row)
    parts = [f"## Check of {text(name)}", f"{len(findings) - len(told)} of {len(findings)} rules have nothing to say."]
    if rows:
        parts.append(table(("status", "rule", "what", "how to mend"), rows))
    if left := len(told) - len(rows):
        parts.append(f"and {left} more; run `fuseboard submission check`")
    return "\n\n".join(parts) + "\n"


def _head(ranking: Ranking) -> str:
    manifest, protocol = ranking.version.manifest, ranking.protocol
    ranks = [
        [text(one.dataset), place(one.auc), place(one.acc), f"{one.images['test']:,}", text(_pool(one))]
        for one in ranking.standings[:MOST]
    ]
    return "\n\n".join(
        [
            f"## {text(ranking.submission.card.title)} ({text(manifest.backbone)})",
            f"Protocol {text(protocol.name)} version {protocol.version}, `{protocol.digest}`. "
            f"Fingerprint `{manifest.fingerprint}`. fuseboard {text(version('fuseboard'))}.",
            _list(ranking.summary),
            table(("dataset", "rank by AUC", "rank by ACC", "test images", "among"), ranks),
            *([f"and {left} more"] if (left := len(ranking.standings) - MOST) > 0 else []),
        ]
    )


def _list(notes: Sequence[str]) -> str:
    more = [f"- and {len(notes) - MOST} more; run the command"] if len(notes) > MOST else []
    return "\n".join([*(f"- {text(note)}" for note in notes[:MOST]), *more])


def _section(one: Standing) -> str:
    rows = [
        [
            pair.kind,
            text("+".join(pair.with_it.subset)),
            measured(pair.with_it.auc),
            measured(pair.with_it.acc),
            text("+".join(pair.without.subset)) if pair.without else MISSING,
            gain(pair.auc),
            gain(pair.acc),
            f"{pair.ties[0]}, {pair.ties[1]}" if pair.ties else MISSING,
        ]
        for pair in one.pairs
    ]
    return f"### {text(one.dataset)}\n\n{table(HEAD, rows)}\n\n{_list(one.notes)}"


def _pool(one: Standing) -> str:
    return ", ".join(sorted(one.present.versions)) or "nobody"


def _reproduce(ranking: Ranking) -> str:
    present = sorted({v.spec for one in ranking.standings for v in one.present.versions.values()})
    shown = [f"{text(name)} `{own}`" for name, _, own in (spec.partition("@") for spec in present[:MOST])]
    more = f" and {len(present) - MOST} more" if len(present) > MOST else ""
    command = f"fuseboard submission rank submissions/{ranking.version.manifest.backbone}"
    datasets = "".join(f" --dataset {one.dataset}" for one in ranking.standings[:MOST])
    return "\n\n".join(
        [
            f"Intervals hold 95 % of {RESAMPLES:,} resamples of the test images, and differences are paired. What is "
            "chosen is chosen on validation. Neither the training run nor the choice is in an interval.",
            f"Present versions: {', '.join(shown) or 'none'}{more}.",
            f"```sh\n{command} --protocol {ranking.protocol.name}{datasets}\n```",
        ]
    )
