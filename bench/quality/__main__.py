"""`python -m quality --binary HEIRLOOM --photos FOLDER`: measures, prints a table, and writes it into the README."""

import argparse
import functools
import sys
from pathlib import Path

from common import figures
from common.server import Server

from . import cost, duplicates, faces, objects, text

HERE = Path(__file__).parent
# What the server does of vision, one at a time, to save time.
TASKS = ("search", "faces", "text", "objects")
MEASUREMENTS = {"search": objects, "people": faces, "copies": duplicates, "text": text, "cost": cost}


def main():
    parser = argparse.ArgumentParser(prog="quality", description=__doc__)
    parser.add_argument("--binary", required=True, help="the server's program")
    parser.add_argument("--tools", required=True, help="the program of crates/heirloom-bench")
    parser.add_argument("--photos", type=Path, required=True, help="folder with objects/ and faces/")
    parser.add_argument("only", nargs="*", metavar="MEASUREMENT", help=f"of {', '.join(MEASUREMENTS)}; all by default")
    options = parser.parse_args()
    if unknown := set(options.only) - set(MEASUREMENTS):
        parser.error(f"there is no measurement {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}")
    rows = []
    for name, measurement in MEASUREMENTS.items():
        if options.only and name not in options.only:
            continue
        needs_photos = name != "text"
        if needs_photos and not (options.photos / "objects/queries.json").is_file():
            print(f"{name}: left out, because {options.photos} is not there", file=sys.stderr)
            continue
        print(f"measuring {name}", file=sys.stderr, flush=True)
        subject = options.tools if name == "cost" else functools.partial(start, options.binary)
        measured = measurement.measure(subject, options.photos)
        for row in measured:
            print("  ", *row[1:], sep="  ", file=sys.stderr, flush=True)
        rows += measured
    if not options.only and {row[0] for row in rows} == set(MEASUREMENTS):
        figures.write(HERE, ("what", "", "figure"), rows, is_pictured=False)
    return 0 if rows else 1


def start(binary, task):
    """A fresh server that does that task of vision only."""
    options = {f"HEIRLOOM__VISION__{other.upper()}": str(other == task).lower() for other in TASKS}
    return Server(binary, models=True, options=options).sign_up()


if __name__ == "__main__":
    sys.exit(main())
