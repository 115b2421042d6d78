"""Logistic regression whose penalty is chosen on folds of training: the linear probe as a protocol may have it."""

from dataclasses import dataclass

from pydantic import Field

from fuseboard.harness.classifiers import classifier
from fuseboard.harness.classifiers.classifier import Blocks, Classifier
from fuseboard.harness.classifiers.heads import Linear, fit_linear
from fuseboard.store.arrays import Labels


class Params(classifier.Params):
    """The penalties that are tried, scikit-learn's C: the powers of ten between two."""

    strongest: int = Field(-5, ge=-8, le=4)
    weakest: int = Field(1, ge=-8, le=4)


@dataclass(frozen=True)
class Logistic(Classifier):
    """Multinomial regression on standardised columns, or one per label, with the lowest log-loss over five folds.

    Each penalty begins where the stronger one ended. Validation is seen by nobody before it judges, as with ridge.
    """

    Params = Params

    def fit(self, features: Blocks, labels: Labels) -> Linear:
        """Fits every penalty on folds, and the best one on all rows."""
        powers = range(self.params["strongest"], self.params["weakest"] + 1)
        return fit_linear(features, labels, self.task, self.n_classes, penalties=[10.0**power for power in powers])
