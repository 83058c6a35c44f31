"""Run with `python -m unittest discover` in the folder above."""
