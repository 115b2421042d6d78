"""When the streamed probe's minimisation ends: a part of its rows' digests, which are read without PyTorch."""

HISTORY = 10
"""Steps that are remembered, as in SciPy."""
TOLERANCE = 1e-5
"""The length of the gradient at which it ends, as a share of the first."""
HALVINGS = 10
"""Halvings after which a step is beyond float32."""
RULES = {"solver": "L-BFGS, whole gradient", "history": HISTORY, "tolerance": TOLERANCE}
"""What decides the numbers of a minimisation, but for its steps."""
