"""These are the statistics that only rankings need: ranks, tiers, fronts and intervals of proportions."""
