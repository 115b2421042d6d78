"""Rankings: backbones and subsets ranked over several datasets, with intervals and tiers."""
