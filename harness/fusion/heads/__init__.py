"""Heads: what turns the blocks of a subset into an answer. Linear ones in few dimensions, and trees."""

from fuseboard.harness.classifiers.gram import Gram, gram
from fuseboard.harness.fusion.heads.linear import Linear
from fuseboard.harness.fusion.heads.logistic import fit_linear
from fuseboard.harness.fusion.heads.ridge import fit_ridge
from fuseboard.harness.fusion.heads.trees import Trees, fit_trees

__all__ = ["Gram", "Linear", "Trees", "fit_linear", "fit_ridge", "fit_trees", "gram"]
