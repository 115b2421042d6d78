"""The cache that BioFuse published as pickles, and what it takes to read it safely."""
