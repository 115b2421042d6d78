"""ImageNet-1K, from a folder of one's own or from the Hub."""
