"""What an answer becomes: one row per split, without the scores."""

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.evaluations.setting import Variant
from fuseboard.harness.evaluations.transfer.task import Answer
from fuseboard.harness.runtime import profiling
from fuseboard.harness.runtime.profiling import Meter
from fuseboard.harness.search.pool import Pool
from fuseboard.store.embeddings import manifest
from fuseboard.store.results.rows import Result

SELECTION = ("acc",)
"""Transfer is chosen by top-1 on validation, whatever the protocol chooses a search's subsets by."""


def rows_of(
    pool: Pool, subset: Subset, variant: Variant, answer: Answer, device: str, meter: Meter, peak_vram_mb: float | None
) -> list[Result]:
    """The rows of one setting on one subset.

    Args:
        pool: the subset's.
        subset: that was measured.
        variant: the setting.
        answer: what came of it.
        device: where it ran.
        meter: running since the classifier's first setting began; settings that are fitted together share its peaks.
        peak_vram_mb: of the same time; None without a GPU.
    """
    return [
        Result(
            inputs=variant.inputs(pool, subset, split),
            params=variant.params,
            selection=SELECTION,
            auc=None,
            acc=tally.top1,
            top5=tally.top5,
            log_loss=tally.log_loss,
            reason=tally.reason,
            rows=tally.rows,
            features=pool.features(subset),
            fit_s=answer.fit_s,
            predict_s=answer.predict_s[split],
            peak_rss_mb=meter.peak_rss_mb,
            peak_vram_mb=peak_vram_mb,
            jobs=1,
            device=device,
            hardware=profiling.hardware(device),
            libraries=profiling.libraries(),
            created=manifest.now(),
            right=tally.right,
            scores=None,  # 50,000 images x 1,000 classes are 200 MB a row, and every setting has two
        )
        for split, tally in answer.tallies.items()
    ]
