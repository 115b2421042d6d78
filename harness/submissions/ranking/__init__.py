"""Where a submission would stand among the backbones that a store has."""
