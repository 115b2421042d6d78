"""Robustness: what the corruptions of MedMNIST-C do to a subset of backbones."""
