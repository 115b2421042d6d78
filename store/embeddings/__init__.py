"""Embeddings: versions, their manifests and shards, and how they are read, verified and removed."""
