"""A subset and a classifier for images that nobody has searched on, from what others' searches have shown."""
