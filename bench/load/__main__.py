"""`python -m load --binary HEIRLOOM --photos FOLDER`: two hundred people at once, who look, scroll, search and upload."""

import argparse
import json
import random
import threading
from pathlib import Path

from common import cpu, figures, library, photos, wrk
from common.server import Server

HERE = Path(__file__).parent
ASSETS = 100_000
SMALL = 300
# Parts of a thousand requests, as a client makes them that scrolls and now and then opens something.
MIX = {
    "thumbnail": 860,
    "month": 60,
    "asset": 40,
    "buckets": 15,
    "search": 15,
    "albums": 5,
    "random": 5,
}


def main():
    parser = argparse.ArgumentParser(prog="load", description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--tools")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--think-ms", type=int, default=2000, help="longest pause of a person between two requests")
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    folder = library.copy_of(options.binary, ASSETS)
    try:
        with Server(options.binary, folder) as server:
            rows = measure(options, server.log_in())
    finally:
        library.remove(folder)
    figures.write(HERE, ("who", "requests a second", "p50 ms", "p99 ms", "CPU µs a request", "uploads in that time"), rows)
    figures.bars(HERE / "load.png", "Latency, p99", "milliseconds", [(row[0], float(row[3])) for row in rows])


def measure(options, server):
    uploaded = [server.upload(path.name, path.read_bytes()) for path in photos.small(options.photos)[:SMALL]]
    server.settle()
    requests = mix(server, uploaded)
    rows = []
    for people, is_uploading in ((1, False), (options.people, False), (options.people, True)):
        sender = Uploads(server, options) if is_uploading else None
        result = wrk.measure(server.address, requests, server.process.pid, server.headers, options.seconds, people, think_ms=options.think_ms)
        sent = sender.stop() if sender else 0
        name = f"{people} people" + " and uploads" * is_uploading
        rows.append((name, f"{result.rate:.0f}", f"{result.latency[50]:.1f}", f"{result.latency[99]:.1f}", f"{result.cpu_micros:.0f}", sent))
        print(rows[-1], f"{cpu.resident_mib(server.process.pid):.0f} MiB", flush=True)
    return rows


def mix(server, uploaded):
    """A thousand requests in the order of chance; what they ask for is spread over the library."""
    chance = random.Random(1)
    months = [bucket["timeBucket"] for bucket in server.get("/timeline/buckets?visibility=timeline")]
    towns = [f"Town {number}" for number in range(500)]
    make = {
        "thumbnail": lambda: f"/api/assets/{chance.choice(uploaded)}/thumbnail",
        "month": lambda: f"/api/timeline/bucket?timeBucket={chance.choice(months)}&visibility=timeline",
        "asset": lambda: f"/api/assets/{chance.choice(uploaded)}",
        "buckets": lambda: "/api/timeline/buckets?visibility=timeline",
        "search": lambda: "/api/search/metadata " + json.dumps({"city": chance.choice(towns), "size": 100}),
        "albums": lambda: "/api/albums",
        "random": lambda: "/api/search/random " + json.dumps({"size": 50}),
    }
    requests = [make[kind]() for kind, parts in MIX.items() for _ in range(parts)]
    chance.shuffle(requests)
    return requests


class Uploads:
    """Somebody who sends one photo after the other; a byte at the end makes each another."""

    def __init__(self, server, options):
        self.server = Uploads._logged_in(server)
        self.files = [path.read_bytes() for path in photos.small(options.photos)]
        self.stopped, self.sent = threading.Event(), 0
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    @staticmethod
    def _logged_in(server):
        """The same server over a connection of its own."""
        other = object.__new__(Server)
        other.address, other.headers, other.connection = server.address, server.headers, None
        return other

    def _run(self):
        while not self.stopped.is_set():
            self.server.upload(f"{self.sent}.jpg", self.files[self.sent % len(self.files)] + self.sent.to_bytes(8))
            self.sent += 1

    def stop(self):
        self.stopped.set()
        self.thread.join()
        return self.sent


if __name__ == "__main__":
    main()
