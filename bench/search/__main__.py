"""`python -m search --tools HEIRLOOM-BENCH …`: the nearest of a million vectors, exactly, on one core."""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import faiss
import numpy
from usearch.index import Index as UsearchIndex

from common import figures, library
from common.server import scratch

from . import vectors

HERE = Path(__file__).parent
BUDGET_MS, MEMORY_MIB = 25, 1024
# Of a node of the graphs.
LINKS = 16
OURS = "heirloom, exact"


def main():
    parser = argparse.ArgumentParser(prog="search", description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--tools", required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--dimensions", type=int, default=512)
    parser.add_argument("--limit", type=int, default=100, help="assets to find")
    parser.add_argument("--owners", type=int, default=1000, help="owners of 10,000 vectors each")
    options = parser.parse_args()
    models = Path(os.environ["HEIRLOOM__INFERENCE__MODELS"])
    paths = vectors.files(options.vectors, options.queries, options.dimensions, models, options.photos)
    rows = numpy.fromfile(paths[0], "<f4").reshape(-1, options.dimensions)
    queries = numpy.fromfile(paths[1], "<f4").reshape(-1, options.dimensions)
    results = compare(options, paths, rows, queries)
    del rows
    table = [row(name, *result) for name, result in results.items()]
    table.append(end_to_end(options, paths))
    table.append(many_owners(options, paths))
    notes = [f"{options.vectors:,} vectors of {options.dimensions} numbers, {options.queries} queries, the {options.limit} best."]
    header = ("what", "CPU ms, median", "CPU ms, p95", f"recall@{options.limit}", "memory MiB", "build CPU s")
    figures.write(HERE, header, table, notes)
    bars = [(f"{name} (recall {recall:.3f})", numpy.median(spent)) for name, (spent, recall, *_) in results.items()]
    figures.bars(HERE / "search.png", "One search on one core", "CPU milliseconds, median", bars, (BUDGET_MS, "budget, p95"))


def compare(options, paths, rows, queries):
    """Of each way of searching: CPU milliseconds of every query, recall, bytes, CPU seconds of building."""
    faiss.omp_set_num_threads(1)
    flat = faiss.IndexFlatIP(options.dimensions)
    built = fill(flat, rows)
    spent, truth = asked(flat, queries, options.limit)
    del flat
    results = {OURS: ours(options, paths, rows, queries, truth), "faiss flat, exact": (spent, 1.0, rows.nbytes, built)}
    graph = faiss.IndexHNSWFlat(options.dimensions, LINKS, faiss.METRIC_INNER_PRODUCT)
    built = fill(graph, rows)
    for breadth in (64, 256):
        graph.hnsw.efSearch = breadth
        spent, found = asked(graph, queries, options.limit)
        memory = rows.nbytes + len(rows) * 4 * (2 * LINKS + 1)
        results[f"faiss HNSW (M {LINKS}, ef {breadth})"] = (spent, recall(found, truth), memory, built)
    del graph
    results["usearch (int8, its defaults)"] = usearch(options, rows, queries, truth)
    return results


def fill(index, rows):
    start = time.process_time()
    index.add(rows)
    return time.process_time() - start


def asked(index, queries, limit):
    spent, found = [], []
    for query in queries:
        start = time.process_time()
        found.append(index.search(query[None], limit)[1][0])
        spent.append(1000 * (time.process_time() - start))
    return spent, numpy.array(found)


def usearch(options, rows, queries, truth):
    index = UsearchIndex(ndim=options.dimensions, metric="ip", dtype="i8")
    start = time.process_time()
    index.add(numpy.arange(len(rows)), rows, threads=1)
    built = time.process_time() - start
    spent, found = [], []
    for query in queries:
        start = time.process_time()
        found.append(index.search(query, options.limit, threads=1).keys)
        spent.append(1000 * (time.process_time() - start))
    return spent, recall(numpy.array(found), truth), index.memory_usage, built


def ours(options, paths, rows, queries, truth):
    said = run(options, "scan", paths)
    found = numpy.array(said["found"])
    exact = scores(rows, queries, truth)
    # Sums in another order round otherwise, so rows of equal score may trade places.
    if not numpy.allclose(scores(rows, queries, found), exact, atol=2e-6):
        raise SystemExit("the search is not exact")
    return said["cpu_milliseconds"], recall(found, truth), said["memory_bytes"], said["build_seconds"]


def scores(rows, queries, found):
    return numpy.stack([rows[near] @ query for near, query in zip(found, queries)])


def recall(found, truth):
    return float(numpy.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found, truth)]))


def row(name, spent, share, memory, built):
    return (name, f"{numpy.median(spent):.1f}", f"{numpy.percentile(spent, 95):.1f}", f"{share:.4f}", f"{memory / 2**20:,.0f}", f"{built:,.0f}")


def end_to_end(options, paths):
    """As the server searches: the feed's position, the scan, the full vectors out of the database."""
    folder = library.copy_of(options.binary, options.vectors)
    try:
        said = run(options, "recall", paths, "--data", folder)
    finally:
        library.remove(folder)
    name = f"heirloom with its database ({said['load_seconds']:.0f} s to make the index)"
    spent = said["cpu_milliseconds"]
    return (name, f"{numpy.median(spent):.1f}", f"{numpy.percentile(spent, 95):.1f} (≤ {BUDGET_MS})", "", f"{said['memory_bytes'] / 2**20:,.0f}", "")


def many_owners(options, paths):
    """Ten million vectors of a thousand owners within the budget of memory."""
    folder = Path(tempfile.mkdtemp(dir=scratch()))
    try:
        said = run(options, "owners", paths, "--data", folder, "--owners", str(options.owners), "--memory-mib", str(MEMORY_MIB), limit=False)
    finally:
        shutil.rmtree(folder)
    spent = said["milliseconds"]
    memory = f"{said['memory_bytes_most'] / 2**20:,.0f}, resident {said['resident_mib_most']:,.0f} (≤ {MEMORY_MIB:,})"
    name = f"{said['rows']:,} vectors of {options.owners:,} owners (wall time, indexes come and go)"
    return (name, f"{numpy.median(spent):.1f}", f"{numpy.percentile(spent, 95):.1f}", "", memory, "")


def run(options, command, paths, *more, limit=True):
    arguments = [options.tools, command, "--vectors", paths[0], "--queries", paths[1], "--dimensions", str(options.dimensions)]
    if limit:
        arguments += ["--limit", str(options.limit)]
    return json.loads(subprocess.run([*arguments, *more], check=True, stdout=subprocess.PIPE).stdout)


if __name__ == "__main__":
    main()
