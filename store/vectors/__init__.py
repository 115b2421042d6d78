"""Vectors that somebody else computed: files that hold them, their join with a dataset, their way into the store."""
