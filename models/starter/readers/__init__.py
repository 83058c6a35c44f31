"""Formats that weights are published in."""
