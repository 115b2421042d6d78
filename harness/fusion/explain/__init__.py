"""Explaining: shares of backbones, near training images, and pictures of where an image speaks for its answer."""
