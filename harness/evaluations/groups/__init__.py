"""Groups: how scores differ between the sites, scanners or sexes of a dataset, and what embeddings see of them."""
