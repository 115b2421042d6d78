"""Remotes: the Hugging Face Hub, Zenodo and folders, where versions are pulled from and pushed to."""
