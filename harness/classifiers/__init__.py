"""Classifiers over embeddings, how backbones are fused into their features, and the official metrics."""
