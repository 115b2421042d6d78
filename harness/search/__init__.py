"""The search: which subset of backbones is best on validation, under a protocol."""
