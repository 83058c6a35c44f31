"""Photos for measurements: distinct files of a wanted kind, made from real pictures."""

import io
import random
import sys
from pathlib import Path

from PIL import Image

from .server import scratch

MODELS = [("Apple", "iPhone 13"), ("Google", "Pixel 7"), ("samsung", "SM-G991B"), ("Canon", "Canon EOS 80D")]
TILES = 8


def small(folder):
    """The pictures as they are, about 0.1 MB each."""
    found = sorted((folder / "objects").glob("*.JPEG"))
    if not found:
        sys.exit(f"there are no pictures in {folder}/objects")
    return found


def large(folder, count):
    """12-megapixel JPEGs (4000 x 3000), each a mosaic of 64 real pictures in their own resolution, so that every pixel
    has a photo's detail; quality 88, colours halved both ways, with a camera's metadata. Kept between runs."""
    made = scratch() / "photos-12mp"
    made.mkdir(exist_ok=True)
    paths = [made / f"{number:04}.jpg" for number in range(count)]
    missing = [(number, path) for number, path in enumerate(paths) if not path.is_file()]
    sources = small(folder) if missing else []
    for number, path in missing:
        part = path.with_suffix(".part")
        part.write_bytes(_mosaic(sources, number))
        part.rename(path)
    return paths


def _mosaic(sources, number):
    chance = random.Random(number)
    width, height = 4000 // TILES, 3000 // TILES
    picture = Image.new("RGB", (4000, 3000))
    for place in range(TILES * TILES):
        with Image.open(chance.choice(sources)) as tile:
            # Cut, not enlarged, where the picture is large enough.
            tile = tile.convert("RGB")
            if tile.width < width or tile.height < height:
                scale = max(width / tile.width, height / tile.height)
                tile = tile.resize((round(tile.width * scale) + 1, round(tile.height * scale) + 1), Image.LANCZOS)
            left, top = (tile.width - width) // 2, (tile.height - height) // 2
            tile = tile.crop((left, top, left + width, top + height))
        picture.paste(tile, (place % TILES * width, place // TILES * height))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88, subsampling="4:2:0", exif=_exif(chance))
    return out.getvalue()


def _exif(chance):
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = chance.choice(MODELS)
    # Every fourth was taken upright.
    exif[0x0112] = 6 if chance.random() < 0.25 else 1
    details = exif.get_ifd(0x8769)
    details[0x9003] = f"20{chance.randrange(10, 25)}:{chance.randrange(1, 13):02}:{chance.randrange(1, 29):02} 12:30:00"
    details[0x829A], details[0x829D], details[0x8827] = 0.004, 1.8, 100
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (chance.randrange(36, 60), chance.randrange(60), 30.0)
    place[3], place[4] = "E", (chance.randrange(0, 30), chance.randrange(60), 30.0)
    return exif
