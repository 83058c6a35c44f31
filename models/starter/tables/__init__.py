"""Small tables of our own: class names with hypernyms, names of objects, the mean of the face descriptors."""

from pathlib import Path


def table(name):
    """The text of a table."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
