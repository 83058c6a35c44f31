"""What reading text costs in a photo without any, in one with some and in a page, and what the first, cheap look misses."""

import json
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from . import pictures, text

# The longer side of what the server looks at.
SIDE = 1440


def measure(program, photos):
    rows = []
    with tempfile.TemporaryDirectory(prefix="heirloom-cost-") as folder:
        photos_folder, pages_folder = Path(folder, "photos"), Path(folder, "pages")
        photos_folder.mkdir()
        pages_folder.mkdir()
        for path in [*sorted((photos / "objects").glob("*.JPEG")), *sorted((photos / "faces").glob("*.jpg"))]:
            _put(photos_folder / f"{path.stem}.jpg", pictures.opened(path))
        for name, data in text.pages():
            _put(pages_folder / name, pictures.opened(data))
        seen = _read(program, photos_folder)
        pages = _read(program, pages_folder)
    plain = [one for one in seen if not one["thoroughLines"]]
    written = [one for one in seen if one["thoroughLines"]]
    for what, some in (("photos without text", plain), ("photos with text", written), ("pages", pages)):
        rows += _costs(f"{len(some)} {what}", some)
    return rows + [_kept("photos", written), _kept("pages", pages)]


def _put(path, image):
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    path.write_bytes(pictures.jpeg(image, 95))


def _read(program, folder):
    printed = subprocess.run([program, "read", folder], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in printed.splitlines()]


def _costs(title, seen):
    seconds = sorted(one["seconds"] for one in seen)
    mean, high = sum(seconds) / len(seconds), seconds[int(len(seconds) * 0.95)]
    thorough = sum(one["thoroughSeconds"] for one in seen) / len(seen)
    figures = f"{mean:.2f}, {high:.2f} ({thorough:.2f})"
    return [("cost", f"{title}: CPU seconds, mean, 95th of 100 (mean without the cheap look)", figures)]


def _kept(title, seen):
    all_lines = sum(len(one["thoroughLines"]) for one in seen)
    kept = sum(len(one["lines"]) for one in seen)
    return ("cost", f"{title}: lines kept by the cheap look, of {all_lines}", f"{kept / all_lines:.3f}")
