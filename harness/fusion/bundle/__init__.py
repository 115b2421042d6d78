"""Bundles: a fused classifier as a folder or a zip, written whole, read with distrust, pushed and pulled."""
