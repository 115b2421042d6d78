"""Heads: what turns the blocks of a subset into an answer. Linear ones in few dimensions, and trees."""

from fuseboard.harness.classifiers.gram import Gram, gram
from fuseboard.harness.classifiers.heads.linear import Linear
from fuseboard.harness.classifiers.heads.logistic import fit_linear
from fuseboard.harness.classifiers.heads.ridge import fit_ridge
from fuseboard.harness.classifiers.heads.trees import Trees, fit_trees

__all__ = ["Gram", "Linear", "Trees", "fit_linear", "fit_ridge", "fit_trees", "gram"]
