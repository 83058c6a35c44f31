"""`python -m quality --binary HEIRLOOM --photos FOLDER`: measures, prints a table, and writes it into the README."""

import argparse
import datetime
import functools
import sys
from pathlib import Path

from . import cost, duplicates, faces, objects, text
from .server import Server

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
MEASUREMENTS = {"search": objects, "people": faces, "copies": duplicates, "text": text, "cost": cost}


def main():
    parser = argparse.ArgumentParser(prog="quality", description=__doc__)
    parser.add_argument("--binary", required=True, help="the server's program")
    parser.add_argument("--reading", required=True, help="the program that reads text with and without its first look")
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
        subject = options.reading if name == "cost" else functools.partial(Server, options.binary)
        measured = measurement.measure(subject, options.photos)
        for row in measured:
            print("  ", *row[1:], sep="  ", file=sys.stderr, flush=True)
        rows += measured
    if not options.only and {row[0] for row in rows} == set(MEASUREMENTS):
        _write(rows)
    return 0 if rows else 1


def _write(rows):
    """Puts the table where the README keeps it. Only a whole run does, so that its figures are of one program."""
    table = [f"Measured on {datetime.date.today()}.", "", "| what | | figure |", "|---|---|---|"]
    table += [f"| {' | '.join(row)} |" for row in rows]
    before, rest = README.read_text().split(BEGIN)
    _, after = rest.split(END)
    README.write_text(f"{before}{BEGIN}\n{chr(10).join(table)}\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main())
