"""The rows of a store are made valid, current, explained and reproducible, as a board may use them."""
