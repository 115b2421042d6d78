"""The leaderboard ranks the rows of a store, compares them with published numbers, and renders a static site."""
