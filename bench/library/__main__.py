"""`python -m library --binary HEIRLOOM …`: what a library of a million assets costs to open, show, search and sync."""

import argparse
import http.client
import json
import statistics
import subprocess
import time
import urllib.parse
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy

from common import cpu, figures, library
from common.server import Server

HERE = Path(__file__).parent
BUDGET_MS, BUDGET_MIB, BUDGET_START, BUDGET_ROWS = 20, 150, 0.5, 50_000
QUIET_SECONDS = 8
MONTH = f"{library.THE_MONTH // 12}-{library.THE_MONTH % 12 + 1:02}-01"
CITY, _, COUNTRY, LATITUDE, LONGITUDE = library.THE_CITY
AREA = f"{LONGITUDE - 1},{LATITUDE - 1},{LONGITUDE + 1},{LATITUDE + 1}"
# What is asked, as clients ask it: a method, a path, a body.
CALLS = {
    "bucket list": ("GET", "/timeline/buckets?visibility=timeline&withStacked=true", None),
    "one month, 1,000 assets": ("GET", f"/timeline/bucket?timeBucket={MONTH}&visibility=timeline&withStacked=true", None),
    "page of a search: city, camera, time": ("POST", "/search/metadata", {"city": CITY, "make": "Apple", "takenAfter": "2006-01-01T00:00:00Z", "size": 100, "withExif": True}),
    "page of a search: country, camera, no favourite": ("POST", "/search/metadata", {"country": COUNTRY, "model": "D750", "isFavorite": False, "size": 100}),
    "page of a search: part of a name, kind, time": ("POST", "/search/metadata", {"originalFileName": "IMG_00001", "type": "IMAGE", "takenBefore": "2020-01-01T00:00:00Z", "size": 100}),
    "albums, 1,000 of them": ("GET", "/albums", None),
    "months of a part of the map": ("GET", f"/timeline/buckets?bbox={AREA}", None),
    "a month of a part of the map": ("GET", f"/timeline/bucket?timeBucket={MONTH}&bbox={AREA}", None),
    "random pictures": ("POST", "/search/random", {"size": 50}),
    "statistics": ("GET", "/assets/statistics", None),
}
TYPES = ["AssetsV2", "AssetExifsV1", "AlbumsV2", "AlbumToAssetsV1"]


def main():
    parser = argparse.ArgumentParser(prog="library", description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--tools")
    parser.add_argument("--photos")
    parser.add_argument("--postgres", help="a server on which databases may be made")
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--times", type=int, default=60, help="how often each call is made")
    options = parser.parse_args()
    databases = ["SQLite"] + ["PostgreSQL"] * bool(options.postgres)
    measured, growth = {}, {}
    for name in databases:
        with ExitStack() as stack:
            libraries = {size: stack.enter_context(opened(options, name, size)) for size in options.sizes}
            for size, (folder, database) in libraries.items():
                print(f"{name}, {size:,} assets", flush=True)
                measured[name, size] = measure(options, folder, database)
            growth[name] = grown(options, libraries)
    columns = list(measured)
    header = ["p95 of a call in ms (CPU of the server)"] + [f"{name}, {size:,}" for name, size in columns]
    header += [f"{name}, growth (0.8 to 1.2)" for name in databases]
    rows = [[call] + [shown(measured[column], call) for column in columns] for call in CALLS]
    for row, call in zip(rows, CALLS):
        row += [f"{growth[name][call]:.2f}" for name in databases]
    rows.append([f"first sync, rows/s (≥ {BUDGET_ROWS:,})"] + [f"{measured[column]['sync']:,.0f}" for column in columns])
    rows.append([f"start to first answer, s (≤ {BUDGET_START})"] + [f"{measured[column]['start']:.2f}" for column in columns])
    rows.append(["from the first search until its columns are loaded, s"] + [f"{measured[column]['columns']:.1f}" for column in columns])
    rows.append([f"memory after the start, MiB (≤ {BUDGET_MIB})"] + [f"{measured[column]['idle']:.0f}" for column in columns])
    rows.append(["memory after all calls, MiB"] + [f"{measured[column]['used']:.0f}" for column in columns])
    rows.append(["memory after the sync, MiB"] + [f"{measured[column]['synced']:.0f}" for column in columns])
    figures.write(HERE, header, rows, [f"Budget of every call: {BUDGET_MS} ms; memory is PSS of all processes."])
    largest = measured["SQLite", max(options.sizes)]
    bars = [(call, numpy.percentile(largest[call][0], 95)) for call in CALLS]
    figures.bars(HERE / "library.png", f"{max(options.sizes):,} assets, SQLite", "milliseconds, p95", bars, (BUDGET_MS, "budget"))


def grown(options, libraries):
    """How many times longer each call takes in the largest library than in the smallest, both asked in turns."""
    with ExitStack() as stack:
        servers = []
        for size in (min(libraries), max(libraries)):
            server = stack.enter_context(Server(options.binary, *libraries[size])).log_in()
            first_search(server)
            servers.append(server)
        growth = {call: ratio(servers, asked) for call, asked in CALLS.items()}
    print(growth, flush=True)
    return growth


def ratio(servers, asked, turns=10, times=10):
    """The median over turns of what the second takes, divided by what the first does."""
    took = [[statistics.median(timed(server, *asked, times)[0]) for server in servers] for _ in range(turns)]
    return statistics.median(many / few for few, many in took)


def shown(result, call):
    times, spent = result[call]
    return f"{numpy.percentile(times, 95):.1f} ({spent:.1f})"


def measure(options, folder, database):
    # The first start makes what an older version lacked; it is not the one that counts.
    with Server(options.binary, folder, database):
        pass
    starts = []
    for _ in range(4):
        with Server(options.binary, folder, database) as server:
            starts.append(server.start_seconds)
    with Server(options.binary, folder, database) as server:
        server.log_in()
        time.sleep(2)
        result = {"start": statistics.median(starts), "idle": cpu.resident_mib(server.process.pid)}
        result["columns"] = first_search(server)
        for call, asked in CALLS.items():
            result[call] = timed(server, *asked, options.times)
            print(f"  {call}: {shown(result, call)}", flush=True)
        result["used"] = cpu.resident_mib(server.process.pid)
        result["sync"] = sync(server)
        result["synced"] = cpu.resident_mib(server.process.pid)
    print({key: value for key, value in result.items() if isinstance(value, float)}, flush=True)
    return result


@contextmanager
def opened(options, name, size):
    """A library of that size: its data folder, and the database's address if it is not in the folder."""
    folder = library.copy_of(options.binary, size)
    try:
        if name == "SQLite":
            yield folder, None
            return
        server, _ = options.postgres.rsplit("/", 1)
        database = f"{server}/bench_library_{size}"
        make = ["psql", "--quiet", options.postgres, "--command"]
        subprocess.run([*make, f"drop database if exists bench_library_{size}"], check=True)
        subprocess.run([*make, f"create database bench_library_{size}"], check=True)
        library.restore(options.binary, size, folder, database)
        subprocess.run(["psql", "--quiet", database, "--command", "vacuum analyze"], check=True)
        yield folder, database
        subprocess.run([*make, f"drop database bench_library_{size} with (force)"], check=True)
    finally:
        library.remove(folder)


def first_search(server):
    """Seconds from a first search, which the database answers, until what it had loaded is there: until the server has
    done nothing for as long as a database may think before it gives the first row."""
    start, before = time.monotonic(), server.cpu_seconds()
    server.post("/search/metadata", {"size": 1})
    worked = time.monotonic()
    while time.monotonic() - worked < QUIET_SECONDS:
        time.sleep(0.5)
        spent = server.cpu_seconds()
        if spent - before >= 0.05:
            worked = time.monotonic()
        before = spent
    return worked - start


def timed(server, method, path, body, times):
    """Milliseconds of each of many calls, and the server's CPU milliseconds of one."""
    text = json.dumps(body) if body else None
    headers = {"content-type": "application/json"} if body else {}
    for _ in range(3):
        answer = server.raw(method, path, text, headers)
    if len(answer) < 40:
        raise SystemExit(f"{path} finds nothing: {answer}")
    took, before = [], server.cpu_seconds()
    for _ in range(times):
        start = time.monotonic()
        server.raw(method, path, text, headers)
        took.append(1000 * (time.monotonic() - start))
    return took, 1000 * (server.cpu_seconds() - before) / times


def sync(server):
    """Rows a second of a phone's first sync."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.address).netloc)
    start, lines = time.monotonic(), 0
    headers = {**server.headers, "content-type": "application/json"}
    connection.request("POST", "/api/sync/stream", json.dumps({"types": TYPES}), headers)
    response = connection.getresponse()
    last = b""
    while chunk := response.read1(1 << 20):
        lines += chunk.count(b"\n")
        last = chunk
    if b"SyncCompleteV1" not in last:
        raise SystemExit(f"the sync was cut: {last[-200:]}")
    return lines / (time.monotonic() - start)


if __name__ == "__main__":
    main()
