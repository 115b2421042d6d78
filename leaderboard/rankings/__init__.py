"""Rankings order backbones and subsets over several datasets, with intervals and tiers."""
