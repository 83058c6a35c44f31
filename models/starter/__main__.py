"""`python -m starter --into FOLDER`: makes the starter pack, unless it is there already."""

import argparse
import shutil
import sys
from pathlib import Path

from . import pack, sources


def main():
    parser = argparse.ArgumentParser(prog="starter", description=__doc__)
    parser.add_argument("--into", type=Path, required=True, help="folder of the pack")
    parser.add_argument("--cache", type=Path, help="keep what is taken out of the packages in this folder")
    parser.add_argument("--check", action="store_true", help="only say, by the exit status, whether the pack is there")
    options = parser.parse_args()
    if pack.is_current(options.into):
        return 0
    if options.check:
        return 1
    cache = options.cache or options.into.with_name(f".{options.into.name}-sources")
    try:
        pack.make(options.into, cache, lambda text: print(f"   {text}", file=sys.stderr, flush=True))
    except (pack.PackError, sources.SourceError) as error:
        print(f"starter: {error}", file=sys.stderr)
        return 1
    if options.cache is None:
        shutil.rmtree(cache, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
