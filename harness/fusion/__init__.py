"""Fused models of one's own images: calibrated heads over embeddings, and a flag for images unlike the training set."""
