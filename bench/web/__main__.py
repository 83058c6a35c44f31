"""`python -m web --binary HEIRLOOM --photos FOLDER`: the client in Chromium, by Lighthouse and over a large timeline."""

import argparse
import json
import os
import subprocess
from pathlib import Path

from common import figures, library
from common.server import PERSON, Server

HERE = Path(__file__).parent
CLIENT = HERE.parents[1] / "web"
ASSETS = 100_000


def main():
    parser = argparse.ArgumentParser(prog="web", description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--tools")
    parser.add_argument("--photos", type=Path, required=True)
    options = parser.parse_args()
    rows = by_lighthouse(options) + over_many_photos(options)
    figures.write(HERE, ("what", "figure", "wanted"), rows, is_pictured=False)


def by_lighthouse(options):
    """Of the pages that people see first, in a library as `cargo xtask demo` fills it."""
    with Server(options.binary, models=True) as server:
        node(CLIENT / "demo/fill.mjs", server, PHOTOS=options.photos)
        return said(node(HERE / "lighthouse.mjs", server))


def over_many_photos(options):
    folder = library.copy_of(options.binary, ASSETS)
    try:
        with Server(options.binary, folder) as server:
            return said(node(HERE / "scroll.mjs", server, EMAIL=PERSON["email"], PASSWORD=PERSON["password"]))
    finally:
        library.remove(folder)


def node(script, server, **variables):
    environment = {**os.environ, "BASE": server.address, **{name: str(value) for name, value in variables.items()}}
    return subprocess.run(["node", script], cwd=script.parent, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def said(output):
    """The figures are the last line; what is missed is marked."""
    rows = json.loads(output.splitlines()[-1])
    return [(row["what"], row["figure"] if row["isMet"] else f"**{row['figure']}**", row["wanted"]) for row in rows]


if __name__ == "__main__":
    main()
