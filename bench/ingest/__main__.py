"""`python -m ingest --binary HEIRLOOM --tools HEIRLOOM-BENCH --photos FOLDER`: what taking in a photo costs."""

import argparse
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

from common import figures, library, photos
from common.peer import Peer
from common.server import Server, scratch

HERE = Path(__file__).parent
BUDGET_SHARP, BUDGET_DECODE, BUDGET_SMALL_MS, BUDGET_GROWTH = 0.4, 2.0, 25, 0.2
OURS = "heirloom, whole server"


def main():
    parser = argparse.ArgumentParser(prog="ingest", description=__doc__)
    parser.add_argument("--binary", required=True, help="the server's program")
    parser.add_argument("--tools", required=True, help="the program of crates/heirloom-bench")
    parser.add_argument("--photos", type=Path, required=True, help="folder with objects/")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--per-round", type=int, default=15, help="photos of one round")
    parser.add_argument("--grown", type=int, nargs=2, default=[10_000, 100_000], help="assets that are there before")
    options = parser.parse_args()
    costs = side_by_side(options)
    rows = compared(costs) + [small(options)] + growth(options)
    figures.write(HERE, ("what", "CPU ms a photo", "ratio", "budget"), rows)
    bars = [(name, statistics.median(spent)) for name, spent in costs.items()]
    figures.bars(HERE / "ingest.png", "Taking in a 12-megapixel JPEG", "CPU milliseconds, all processes", bars)


def side_by_side(options):
    """CPU milliseconds a photo in each round: the server and its peers take turns over the same photos."""
    files = photos.large(options.photos, 1 + options.rounds * options.per_round)
    costs = {}
    with ExitStack() as stack:
        server = stack.enter_context(Server(options.binary)).sign_up()
        ingest(server, files[:1])
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=scratch()))
        peers = [stack.enter_context(peer) for peer in start_peers(options.tools, folder, files[0])]
        for start in range(1, len(files), options.per_round):
            part = files[start : start + options.per_round]
            costs.setdefault(OURS, []).append(ingest(server, part))
            for peer in peers:
                spent, _ = peer.round(" ".join(map(str, part)))
                costs.setdefault(peer.name, []).append(1000 * spent / len(part))
            print({name: round(spent[-1], 1) for name, spent in costs.items()}, flush=True)
    return costs


def start_peers(tools, folder, warm_up):
    node = [HERE / "node_modules/.bin/node", HERE / "pipeline.mjs", folder]
    yield Peer("sharp, decoded once, and exiftool", node, warm_up)
    yield Peer("sharp, each from the file, and exiftool", [*node, "--apart"], warm_up)
    yield Peer("scaled decoding and one resize alone", [tools, "decode"], warm_up)


def ingest(server, files):
    """Uploads the files one after the other; CPU milliseconds a photo until all of them are processed."""
    before = server.cpu_seconds()
    for path in files:
        server.upload(path.name, path.read_bytes())
    server.settle()
    return 1000 * (server.cpu_seconds() - before) / len(files)


def compared(costs):
    """A row for everything that was measured; the ratio is the median over the rounds."""
    ours = costs[OURS]
    best_sharp = min((name for name in costs if name.startswith("sharp")), key=lambda name: statistics.median(costs[name]))
    budgets = {best_sharp: f"≤ {BUDGET_SHARP}", "scaled decoding and one resize alone": f"≤ {BUDGET_DECODE}"}
    rows = [(f"12 MP: {OURS}", figures.spread(ours), "", "")]
    for name, theirs in list(costs.items())[1:]:
        ratio = statistics.median(one / other for one, other in zip(ours, theirs))
        rows.append((f"12 MP: {name}", figures.spread(theirs), f"{ratio:.2f}", budgets.get(name, "")))
    return rows


def small(options):
    """Files of 0.1 MB."""
    files = photos.small(options.photos)
    with Server(options.binary) as server:
        server.sign_up()
        ingest(server, files[:20])
        spent = [ingest(server, files[start : start + 40]) for start in range(20, 300, 40)]
    return ("0.1 MB: heirloom, whole server", figures.spread(spent), "", f"≤ {BUDGET_SMALL_MS} ms")


def growth(options):
    """The same small files into libraries that have assets already, in turns."""
    files = photos.small(options.photos)
    spent = {}
    with ExitStack() as stack:
        servers = {}
        for count in options.grown:
            folder = library.copy_of(options.binary, count)
            stack.callback(library.remove, folder)
            servers[count] = stack.enter_context(Server(options.binary, folder)).log_in()
            ingest(servers[count], files[:20])
        for start in range(20, 300, 40):
            for count, server in servers.items():
                spent.setdefault(count, []).append(ingest(server, files[start : start + 40]))
    few, many = (spent[count] for count in options.grown)
    ratio = statistics.median(after / before for before, after in zip(few, many))
    names = [f"0.1 MB into {count:,} assets" for count in options.grown]
    bounds = f"{1 - BUDGET_GROWTH:.1f} to {1 + BUDGET_GROWTH:.1f}"
    return [(names[0], figures.spread(few), "", ""), (names[1], figures.spread(many), f"{ratio:.2f}", bounds)]


if __name__ == "__main__":
    main()
