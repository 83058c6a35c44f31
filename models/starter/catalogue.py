"""What the catalogue says of the starter pack."""

import hashlib
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "catalogue.toml"


def starter():
    """The entry of the starter pack."""
    with open(CATALOGUE, "rb") as file:
        packs = tomllib.load(file)["pack"]
    return next(pack for pack in packs if pack["name"] == "starter")


def recipe():
    """A digest of everything that decides what the pack becomes: a pack of another recipe is made again."""
    digest = hashlib.sha256(repr(starter()).encode())
    for path in sorted((ROOT / "starter").rglob("*")):
        if path.suffix in {".py", ".json", ".txt"}:
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    digest.update((ROOT / "requirements.txt").read_bytes())
    return digest.hexdigest()


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
