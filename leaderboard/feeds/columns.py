"""This documents every column of a published row."""

from collections.abc import Mapping

from fuseboard.store.results.evaluations import EVALUATIONS
from fuseboard.store.results.metrics import FIELDS

MEANINGS: Mapping[str, str] = {
    "key": "names the row: a hash of everything that decides it, from evaluation to metric_set",
    "evaluation": f"what was done: {', '.join(EVALUATIONS)}",
    "protocol": "the frozen set of choices it was done by; rows of different protocols are not to be ranked together",
    "protocol_digest": "a hash of those choices",
    "dataset": "the images, with their size in pixels; -c are the corrupted test images of MedMNIST-C",
    "source_md5": "MD5 of the file the images came in",
    "split": "val or test; a fold of tuning; on corrupted images corruption and severity, such as pixelate-3",
    "subset": "the backbones, by name",
    "fingerprints": "the version of each of them, in the same order",
    "fusion": "how their embeddings become features",
    "classifier": "what learned from the features",
    "params": "the classifier's parameters as JSON; null in old rows",
    "seed": "of the classifier",
    "metric_set": "whose metrics AUC and ACC are",
    "selection": "how the protocol chooses: the metric on validation, then the tie-breaks",
    **{name: str(field.description) for name, field in FIELDS.items()},
    "reason": "why a metric is null; null when none is",
    "rows": "images that were scored",
    "features": "width of the features",
    "fit_s": "seconds of the fit",
    "predict_s": "seconds of the prediction",
    "peak_rss_mb": "largest resident memory of the process so far, in MB",
    "peak_vram_mb": "largest GPU memory in MB; null without a GPU",
    "jobs": "fits that ran at once in that process",
    "device": "cpu or cuda",
    "hardware": "the machine",
    "libraries": "versions as JSON",
    "created": "when, in UTC",
    "superseded": "why a newer row stands in its place on the boards; null where none does",
    "origin": "store where the store that the site was built from measured it, project where it came with fuseboard",
}
"""Name -> meaning, in the order of the columns."""
