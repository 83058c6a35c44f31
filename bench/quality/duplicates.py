"""Copies of one photo found; different photos left alone."""

from . import metrics, pictures


def measure(server_of, photos, sample=100):
    # Copies of some, among all: the others must not be taken for copies. Portraits look most alike of what is none.
    portraits = sorted((photos / "faces").glob("*.jpg"))
    paths = sorted((photos / "objects").glob("*.JPEG"))
    copied = paths[:: max(1, len(paths) // sample)][:sample] + portraits
    paths += portraits
    with server_of("search") as server:
        originals = {server.upload(path.name, path.read_bytes()): path.name for path in paths}
        copies = {}
        for path in copied:
            image = pictures.opened(path)
            for kind, change in pictures.COPIES.items():
                copies[server.upload(f"{kind}-{path.name}", change(image))] = (kind, path.name)
        server.settle()
        groups = {}
        for group in server.get("/duplicates"):
            groups |= {asset["id"]: group["duplicateId"] for asset in group["assets"]}
    of = originals | {asset: name for asset, (_, name) in copies.items()}
    together = metrics.pairs(groups)
    false = sum(of[one] != of[other] for one, other in together)
    by_name = {name: asset for asset, name in originals.items()}
    rows = []
    for kind in pictures.COPIES:
        mine = [asset for asset, (made, _) in copies.items() if made == kind]
        found = sum(asset in groups and groups[asset] == groups.get(by_name[of[asset]]) for asset in mine)
        rows.append(("copies", f"{kind}: found, of {len(mine)}", f"{found / len(mine):.3f}"))
    return [*rows, ("copies", f"pairs of different photos, among {len(of)} photos", str(false))]
