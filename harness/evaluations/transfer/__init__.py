"""Transfer: classifiers over embeddings of millions of images, which are read batch by batch and never held."""
