"""`python -m thumbnails --binary HEIRLOOM --photos FOLDER`: thumbnails of an account, beside nginx with the same files."""

import argparse
import statistics
import subprocess
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

from common import figures, photos, wrk
from common.server import Server

HERE = Path(__file__).parent
BUDGET = 0.7
# One core serves, the other asks.
SERVING, ASKING = 0, 1
# Workers and modules as Debian sets them, but for one core, and without the log that nobody reads.
NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 768; }}
http {{
  sendfile on; tcp_nopush on; types {{ image/webp webp; }} access_log off; keepalive_requests 1000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def main():
    parser = argparse.ArgumentParser(prog="thumbnails", description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--tools")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--port", type=int, default=28431, help="for nginx")
    options = parser.parse_args()
    rates, costs, size = side_by_side(options)
    rows = [(name, figures.spread(rates[name]), figures.spread(costs[name])) for name in rates]
    ratio = statistics.median(one / other for one, other in zip(rates["heirloom"], rates["nginx"]))
    cost = statistics.median(one / other for one, other in zip(costs["heirloom"], costs["nginx"]))
    rows.append(("heirloom / nginx", f"{ratio:.2f} (≥ {BUDGET})", f"{cost:.2f}"))
    notes = [f"Files of {size:.1f} KiB on average, 16 connections that stay."]
    figures.write(HERE, ("server", "requests a second, one core", "CPU µs a request"), rows, notes)
    bars = [(name, statistics.median(rates[name])) for name in rates]
    figures.bars(HERE / "thumbnails.png", "Thumbnails, one core", "requests a second", bars, (BUDGET * bars[1][1], "budget"))


def side_by_side(options):
    rates, costs = {"heirloom": [], "nginx": []}, {"heirloom": [], "nginx": []}
    with ExitStack() as stack:
        server = stack.enter_context(Server(options.binary)).sign_up()
        identities = [server.upload(path.name, path.read_bytes()) for path in photos.small(options.photos)]
        server.settle()
        subprocess.run(["taskset", "--all-tasks", "--cpu-list", "--pid", str(SERVING), str(server.process.pid)], check=True, stdout=subprocess.DEVNULL)
        files = {path: path.stat().st_size for path in server.folder.rglob("*.webp")}
        nginx, address = stack.enter_context(run_nginx(server.folder, options.port))
        ours = [f"/api/assets/{identity}/thumbnail" for identity in identities]
        theirs = [f"/{path.relative_to(server.folder)}" for path in files]
        same_bytes(server, ours, address, theirs)
        # A client asks for the thumbnails of what it was shown.
        months = [month["timeBucket"] for month in server.get("/timeline/buckets?visibility=timeline")]
        shown = [server.get(f"/timeline/bucket?timeBucket={month}&visibility=timeline")["id"] for month in months]
        if sum(map(len, shown)) != len(ours):
            raise SystemExit("the timeline does not show what was uploaded")
        peers = [
            ("heirloom", server.address, ours, server.process.pid, server.headers),
            ("nginx", address, theirs, nginx.pid, {}),
        ]
        for _ in range(options.rounds):
            for name, where, paths, pid, headers in peers:
                result = wrk.measure(where, paths, pid, headers, options.seconds, core=ASKING)
                rates[name].append(result.rate)
                costs[name].append(result.cpu_micros)
            print({name: round(costs[name][-1], 1) for name in costs}, {name: round(rates[name][-1]) for name in rates}, flush=True)
    return rates, costs, sum(files.values()) / len(files) / 1024


@contextmanager
def run_nginx(root, port):
    with tempfile.TemporaryDirectory(prefix="heirloom-nginx-") as folder:
        settings = Path(folder) / "nginx.conf"
        settings.write_text("user root;" + NGINX.format(folder=folder, root=root, port=port))
        process = subprocess.Popen(["taskset", "--cpu-list", str(SERVING), "nginx", "-p", folder, "-c", settings])
        time.sleep(1)
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def same_bytes(server, ours, address, theirs):
    """Both serve the same, or nothing is compared."""
    sent = sorted(server.raw("GET", path.removeprefix("/api")) for path in ours)
    if sent != sorted(urllib.request.urlopen(address + path).read() for path in theirs):
        raise SystemExit("the two do not serve the same files")


if __name__ == "__main__":
    main()
