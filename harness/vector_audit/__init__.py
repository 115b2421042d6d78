"""The audit of vectors that lie anywhere: which versions a place holds, which card is loaded, what is said of them."""
