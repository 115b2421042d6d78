"""The attention ablation: widths by heads over all backbones of the pool, XGBoost of the protocol on the output."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import product

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.evaluations import hyperparameters
from fuseboard.harness.evaluations.attention.plan import Plan
from fuseboard.harness.evaluations.hyperparameters import Answer
from fuseboard.harness.evaluations.setting import Variant
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.runtime import executor, profiling
from fuseboard.harness.search.report import Chosen
from fuseboard.harness.search.search import Search
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.errors import UsageError
from fuseboard.store.results.evaluations import ATTENTION_RANDOM, ATTENTION_TRAINED
from fuseboard.store.results.selection import choose

RANDOM, TRAINED = ATTENTION_RANDOM.name, ATTENTION_TRAINED.name
WIDTHS, HEADS = (256, 512, 768), (4, 8, 12)
"""Dimensions and heads of the paper; the narrowest with the fewest heads wins among equals."""


def evaluate(search: Search, kind: str) -> Chosen:
    """Measures every possible width and number of heads, and picks one on validation.

    The subset is given, not chosen: all backbones of the pool. So the choice has no oracle among subsets; that among
    widths and heads is in the notes.

    Args:
        search: whose pool, protocol and device are meant.
        kind: `attention-random`, or `attention-trained`.

    Raises:
        UsageError: one backbone.
    """
    from fuseboard.harness.evaluations.attention.fit import Fit, one_thread_each

    if len(search.pool.versions) < 2:
        raise UsageError(
            f"{kind} of {next(iter(search.pool.versions))} alone: a single token can but attend to itself; name two "
            "backbones or more"
        )
    variants = variants_of(kind, search.protocol)
    _, impossible = possible(WIDTHS, HEADS)

    def answers(subset: Subset, asked: Sequence[Variant]) -> Iterator[Answer]:
        parts = {str(split): search.pool.all_blocks(split) for split in SPLITS}
        blocks = {split: [part.features[name] for name in subset] for split, part in parts.items()}
        fit = Fit(kind == TRAINED, blocks, parts["train"].labels, parts["val"].labels, search.classifier)
        meter = profiling.Meter(search.device)
        jobs = search.jobs or profiling.cores() if search.device == "cpu" else 1
        sizes = [(variant.setting["width"], variant.setting["heads"]) for variant in asked]
        with one_thread_each():
            for number, outcome in executor.run(fit, sizes, jobs, address=None):
                of_torch, vram = meter.peak_vram_mb, outcome.peak_vram_mb
                peak = of_torch if vram is None else vram
                yield Answer(asked[number], outcome, sizes[number][0], peak, search.device, jobs)

    selected = hyperparameters.select(search, [tuple(search.pool.versions)], variants, answers)
    # A subset that was given and not searched for is best among none.
    given = replace(choose(selected.rows), oracle=(), best_on_test={}, all_backbones=())
    left_out = [f"left out: {', '.join(impossible)} (width x heads), the heads do not divide the width"]
    return Chosen(given, selected.rows, [*(left_out if impossible else []), *selected.notes])


def variants_of(kind: str, protocol: Protocol) -> list[Variant]:
    """Every possible width and number of heads, the preferred among equals first."""
    training = Plan().setting if kind == TRAINED else {}
    return [
        Variant(
            protocol,
            fusion=f"{kind} {width}x{heads}",
            under=kind,
            name=f"{width}x{heads}",
            classifier=protocol.classifier,
            setting={"kind": kind, "width": width, "heads": heads, **training},
        )
        for width, heads in possible(WIDTHS, HEADS)[0]
    ]


def possible(widths: Sequence[int], heads: Sequence[int]) -> tuple[list[tuple[int, int]], list[str]]:
    """Pairs of width and heads that can be, in order, and the names of those that cannot."""
    pairs = list(product(widths, heads))
    impossible = [f"{width}x{count}" for width, count in pairs if width % count]
    return [(width, count) for width, count in pairs if width % count == 0], impossible


untrained = partial(evaluate, kind=RANDOM)
"""Random weights before XGBoost, which is what the released code of BioFuse did."""
trained = partial(evaluate, kind=TRAINED)
"""Trained projections and attention before XGBoost, which the paper's text lets one expect."""
