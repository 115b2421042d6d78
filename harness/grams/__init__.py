"""Fusing without sharing rows: sums and products of embeddings that several parties add up, and what they can score."""
