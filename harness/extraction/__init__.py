"""Extraction: the images of a dataset become the shards of a backbone's embeddings."""
