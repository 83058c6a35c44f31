"""Libraries of any size. Rows are written as a backup of the server's, and restored by the server's own program into
either database; the files that they name do not exist."""

import datetime
import gzip
import hashlib
import json
import os
import random
import shutil
import subprocess
import tempfile
from pathlib import Path

from .server import Server, scratch

# Raised when what is made here changes.
EDITION = 4
FIRST_MONTH, MONTHS = 2005 * 12, 240
# A month that has a thousand assets in a library of any size; year * 12 + month - 1.
THE_MONTH = 2012 * 12 + 5
THE_MONTH_COUNT = 1000
# A city that has a thousand, too: what is asked about it costs the same in every library, if it costs what it finds.
THE_CITY = ("Longyearbyen", "Svalbard", "Norway", 78.22, 15.63)
THE_CITY_COUNT = 1000
ALBUMS, ALBUM_ASSETS = 1000, 40
CAMERAS = [("Apple", "iPhone 13"), ("Google", "Pixel 7"), ("samsung", "SM-G991B"), ("Canon", "Canon EOS 80D"), ("NIKON", "D750")]
COUNTRIES = ["Germany", "France", "Italy", "Spain", "Japan", "Norway", "Peru", "Kenya", "Canada", "Iceland"]
THUMBHASH = "3018020d0288977787a7878779887878778708"
ASSETS = (
    "owner_id id kind visibility original_name original_path size_bytes sha1 blake3 created_at updated_at file_created_at "
    "file_modified_at local_date_time local_month is_favorite duration_ms width height thumbhash renditions"
)
EXIF = (
    "owner_id asset_id image_width image_height orientation date_time_original time_zone latitude longitude city state "
    "country make model exposure_time f_number focal_length_mm iso description"
)
OURS = {"assets", "exif", "words", "asset_stages", "albums", "album_users", "album_assets"}


def backup(binary, count):
    """A backup of a library of that many assets of one owner; made once."""
    made = scratch() / f"library-{EDITION}-{count}.jsonl.gz"
    if made.is_file():
        return made
    print(f"writing a library of {count:,} assets", flush=True)
    head, tables = _of_fresh_server(binary)
    owner = next(dict(zip(columns, rows[0])) for name, columns, rows in tables if name == "users")["id"]
    part = made.with_suffix(".part")
    with gzip.open(part, "wt", compresslevel=1, encoding="utf-8") as out:
        out.write(head)
        total = 0
        for name, columns, rows in tables:
            if name not in OURS:
                out.write(json.dumps({"table": name, "columns": columns}) + "\n")
                out.writelines(json.dumps(row) + "\n" for row in rows)
                total += len(rows)
        for name, columns, rows in _rows(owner, count):
            out.write(json.dumps({"table": name, "columns": columns.split()}) + "\n")
            for row in rows:
                out.write(row + "\n")
                total += 1
        out.write(json.dumps({"end": total}) + "\n")
    part.rename(made)
    return made


def copy_of(binary, count):
    """A data folder with that library in the embedded database, to be used up; `remove` it afterwards."""
    base = scratch() / f"library-{EDITION}-{count}"
    if not base.is_dir():
        part = Path(tempfile.mkdtemp(dir=scratch()))
        restore(binary, count, part)
        part.rename(base)
    folder = Path(tempfile.mkdtemp(prefix="heirloom-bench-", dir=scratch()))
    for file in base.glob("heirloom.db*"):
        shutil.copy(file, folder)
    return folder


def restore(binary, count, folder, database=None):
    """Restores that library into the embedded database of a folder, or into an empty one of PostgreSQL."""
    command = [binary, "admin", "--data", folder, "restore", backup(binary, count)]
    subprocess.run(command, check=True, env=_environment(database))


def remove(folder):
    shutil.rmtree(folder, ignore_errors=True)


def _environment(database):
    extra = {"HEIRLOOM__DATABASE__URL": database} if database else {}
    return dict(os.environ, HEIRLOOM__VISION__ENABLED="false", **extra)


def _of_fresh_server(binary):
    """What a new server's backup holds: its first line, and its tables with their rows."""
    with tempfile.TemporaryDirectory(dir=scratch()) as folder:
        with Server(binary, folder) as server:
            server.sign_up()
        to = Path(folder) / "fresh.jsonl.gz"
        subprocess.run([binary, "admin", "--data", folder, "backup", "--to", to], check=True, env=_environment(None))
        lines = gzip.open(to, "rt", encoding="utf-8").read().splitlines()
    tables = []
    for line in lines[1:-1]:
        value = json.loads(line)
        if isinstance(value, dict):
            tables.append((value["table"], value["columns"], []))
        else:
            tables[-1][2].append(value)
    # A night that has passed since would have its work done while calls are measured.
    tables = [(name, columns, [row for row in rows if not _is_of_schedule(name, row)]) for name, columns, rows in tables]
    return lines[0] + "\n", tables


def _is_of_schedule(table, row):
    return table == "system_settings" and row[0].startswith("schedule.")


def _rows(owner, count):
    """Tables with their columns and rows, as lines of JSON."""
    facts = _in_order(_facts(count))
    yield "assets", ASSETS, (_asset(owner, *fact) for fact in facts)
    yield "exif", EXIF, (_exif(owner, *fact) for fact in facts)
    columns = "owner_id word asset_id source"
    names = (("img", f"{number:07}", identity) for number, identity, *_ in facts)
    yield "words", columns, (f'["{owner}","{word}","{last}","name"]' for *words, last in names for word in words)
    columns = "owner_id asset_id stage wanted_version done_version attempts"
    stages = (("metadata", 2), ("render", 1))
    yield "asset_stages", columns, (f'["{owner}","{fact[1]}","{stage}",{version},{version},0]' for fact in facts for stage, version in stages)
    yield from _albums(owner, [fact[1] for fact in facts])


def _albums(owner, assets):
    chance = random.Random(2)
    now = "2024-01-01T00:00:00+00:00"
    albums = [(_identity(chance, 1_600_000_000_000 + number), number) for number in range(ALBUMS)]
    columns = "id name description asset_order is_activity_enabled created_at updated_at"
    yield "albums", columns, (f'["{album}","Album {number}","","desc",1,"{now}","{now}"]' for album, number in albums)
    yield "album_users", "album_id user_id role", (f'["{album}","{owner}","owner"]' for album, _ in albums)
    members = ((album, asset) for album, _ in albums for asset in chance.sample(assets, min(ALBUM_ASSETS, len(assets))))
    columns = "album_id owner_id asset_id added_at"
    yield "album_assets", columns, (f'["{album}","{owner}","{asset}","{now}"]' for album, asset in members)


def _facts(count):
    """Of each asset its number, id, time, month, place and chance; the same in every run."""
    chance = random.Random(1)
    cities = [
        (f"Town {number}", f"Region {number % 60}", chance.choice(COUNTRIES), chance.uniform(-50, 65), chance.uniform(-170, 170))
        for number in range(500)
    ]
    others = [month for month in range(FIRST_MONTH, FIRST_MONTH + MONTHS) if month != THE_MONTH]
    for number in range(count):
        month = THE_MONTH if number < THE_MONTH_COUNT else others[int(len(others) * chance.random())]
        start = datetime.datetime(month // 12, month % 12 + 1, 1, tzinfo=datetime.timezone.utc)
        taken = start + datetime.timedelta(seconds=int(chance.random() * 28 * 86400))
        if THE_MONTH_COUNT <= number < THE_MONTH_COUNT + THE_CITY_COUNT:
            place = THE_CITY
        else:
            # Newer towns have more, as in any library; two of five have no position.
            place = cities[int(len(cities) * chance.random() ** 2)] if chance.random() < 0.6 else None
        yield number, _identity(chance, int(taken.timestamp() * 1000)), taken.strftime("%Y-%m-%dT%H:%M:%S+00:00"), month, place, chance.random()


def _in_order(facts):
    """By time, as people take photos, and numbered anew."""
    facts = sorted(facts, key=lambda fact: fact[1])
    return [(number, *rest) for number, (_, *rest) in enumerate(facts)]


def _identity(chance, millis):
    noise = chance.getrandbits(80)
    return f"{millis:012x}4{noise >> 68 & 0xFFF:03x}{0x8000 | noise >> 52 & 0x3FFF:04x}{noise & 0xFFFFFFFFFFFF:012x}"


def _asset(owner, number, identity, taken, month, _place, luck):
    kind, duration = ("video", "12000") if luck < 0.05 else ("image", "null")
    extension = "mp4" if luck < 0.05 else "jpg"
    path = f"originals/bench/{taken[:4]}/{taken[:10]}/IMG_{number:07}.{extension}"
    favorite = int(luck > 0.98)
    # Checksums lie anywhere, as those of files do.
    sha1 = hashlib.sha1(path.encode()).hexdigest()
    return (
        f'["{owner}","{identity}","{kind}","timeline","IMG_{number:07}.{extension}","{path}",{3000000 + number},'
        f'"{sha1}","{number:064x}","{taken}","{taken}","{taken}","{taken}","{taken}",{month},{favorite},{duration},'
        f'4000,3000,"{THUMBHASH}",3]'
    )


def _exif(owner, number, identity, taken, _month, place, luck):
    make, model = CAMERAS[number * 7919 % 13 % len(CAMERAS)]
    if place:
        city, state, country, latitude, longitude = place
        where = f'"{latitude + luck / 50:.6f}","{longitude + luck / 40:.6f}","{city}","{state}","{country}"'
    else:
        where = "null,null,null,null,null"
    return (
        f'["{owner}","{identity}",4000,3000,1,"{taken}","UTC",{where},"{make}","{model}","1/250","1.8","4.2",{100 + number % 8 * 100},""]'
    )
