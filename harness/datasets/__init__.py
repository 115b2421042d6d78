"""Datasets: labelled images in official splits, every image known by its row number there."""
