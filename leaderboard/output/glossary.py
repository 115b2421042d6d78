"""The glossary says in a sentence what each word of the site means: beside the word, and all of them on one page."""

from dataclasses import dataclass

from fuseboard.leaderboard.output.plain import DASH


@dataclass(frozen=True)
class Term:
    """It is one word of the site."""

    title: str
    meaning: str
    section: str | None = None
    """The part of the method page that has the formula; None where a sentence says all."""


TERMS = {
    "backbone": Term("Backbone", "A frozen model that turns an image into a vector: its embedding."),
    "subset": Term("Subset", "Several backbones whose embeddings are joined column by column for one classifier."),
    "chosen": Term("Chosen", "The subset that is best on validation; the test set has no say.", "selection"),
    "pool": Term("All of the pool", "All backbones that the search of a dataset joined, in one fit without a choice."),
    "best-single": Term("Best single on validation", "The backbone that is best alone on validation."),
    "oracle": Term(
        "Best test AUC, best test ACC",
        "The subset that is best on test in that metric. Nobody could have chosen it; it is never ranked.",
        "oracle",
    ),
    "ties": Term("Ties", "Subsets with exactly the best validation score; a fixed rule picks one.", "selection"),
    "protocol": Term(
        "Protocol", "A fixed set of choices: classifier, selection metric, tie-break and seeds.", "protocols"
    ),
    "auc": Term("AUC", "How well scores order the images: 1 is perfect, .5 is guessing.", "auc"),
    "acc": Term("ACC", "The share of images that are classified correctly.", "acc"),
    "balanced": Term("Balanced ACC", "Accuracy with every class counting the same.", "balanced-accuracy"),
    "ece": Term("ECE", "How far stated probabilities are from how often they are right; lower is better.", "ece"),
    "brier": Term("Brier score", "The squared error of the stated probabilities; lower is better.", "brier"),
    "interval": Term(
        "95 % interval", "What another draw of the test images could have given, by bootstrap.", "interval"
    ),
    "rank": Term("Rank", "By mean test AUC. Beneath it, the ranks that 95 % of the resamples give.", "rank-interval"),
    "tier": Term("Tier", "Rows of one tier cannot be told apart from its best row.", "tiers"),
    "mean-rank": Term("Mean rank", "The rank on each dataset, averaged. Lower is better.", "aggregates"),
    "borda": Term("Borda", "How many rows it beats, summed over the datasets. Higher is better.", "aggregates"),
    "dim": Term("Embedding dim", "Numbers in the vector of one image."),
    "p": Term("p", "How often chance alone would give such a difference.", "paired"),
    "shapley": Term("Contribution", "What a backbone adds, averaged over every order of joining.", "shapley"),
    "redundant": Term("Most redundant with", "The backbone that overlaps most with it in what it adds.", "shapley"),
    "cka": Term("CKA", "How alike two backbones see the same images: 1 is the same, 0 unrelated.", "cka"),
    "optimism": Term("Selection optimism", "By how much the best validation score promises too much.", "bbc-cv"),
    "frequency": Term("Selection frequency", "How often it wins on resampled validation images.", "bbc-cv"),
    "pareto": Term("Pareto front", "Rows that none beats in score and in cost at once.", "pareto"),
    "corruption-error": Term("BE and rBE", "Errors on corrupted images, in all and beyond the clean ones.", "be-rbe"),
    "fingerprint": Term("Fingerprint", "A hash of everything that decides a backbone's vectors.", "fingerprint"),
    "canary": Term("Canary", "Vectors of generated images that show changed weights at once.", "canary"),
    "reported": Term("Reported", "Published by others. Shown with its source, in no ranking."),
    "reported-only": Term("reported only", "Others published figures of it; nothing was measured here."),
    "random-weights": Term("random weights", "The same network untrained: what its weights learned is the difference."),
    "gated": Term("gated", "The weights are handed out only to those who agree to terms."),
    "non-commercial": Term("non-commercial", "Its licence forbids commercial use."),
    "trained-on": Term("trained on", "Its training data held images of this dataset: its score may be too good."),
    "pp": Term("Percentage points", "Differences of shares: from .90 to .92 is 2 points."),
    "dash": Term(DASH, "Not measured, or not measurable; the reason stands beside it or below. Never a zero."),
}
"""Name -> word, in the order in which a reader meets them."""
