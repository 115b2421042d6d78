"""Answers say which backbone to use for a dataset and whether fusing pays there, from the rows of its board."""
