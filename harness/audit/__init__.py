"""The audit of a dataset: what is wrong with its images, labels and splits before anything is measured on them."""
