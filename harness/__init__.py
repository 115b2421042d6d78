"""What is measured: backbones, datasets, extraction, search and evaluation. Needs the extra `harness` to run."""
