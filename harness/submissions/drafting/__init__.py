"""A new submission to be filled in, by hand or from what the Hub knows of a model."""
