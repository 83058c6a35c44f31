"""People found by themselves: photos of a few people, as they are and in variations."""

import json

from . import metrics, pictures


def measure(server_of, photos):
    people = json.loads((photos / "faces/people.json").read_text())
    names = {image: person for person, images in people.items() for image in images}
    plain, varied = {}, {}
    for image in names:
        opened = pictures.opened(photos / "faces" / image)
        plain[image] = (photos / "faces" / image).read_bytes()
        varied |= {f"{kind}-{image}": change(opened) for kind, change in pictures.PORTRAITS.items()}
    rows = _rows(server_of, "photos as they are", plain, names)
    return rows + _rows(server_of, "with variations", plain | varied, names)


def _rows(server_of, what, files, names):
    with server_of("faces") as server:
        assets = {name: server.upload(name, data) for name, data in files.items()}
        server.settle()
        found = {name: _largest(server.get(f"/faces?id={asset}")) for name, asset in assets.items()}
        shown = server.get("/people?withHidden=true")["people"]
    expected = {name: names[name.split("-")[-1]] for name in files}
    precision, recall = metrics.pairwise(found, expected)
    exact = metrics.exact_groups(found, expected)
    title = f"{what} ({len(files)})"
    return [
        ("people", f"{title}: pairwise precision", f"{precision:.3f}"),
        ("people", f"{title}: pairwise recall", f"{recall:.3f}"),
        ("people", f"{title}: people found exactly", f"{exact} of {len(set(names.values()))}"),
        ("people", f"{title}: people shown", str(len(shown))),
    ]


def _largest(faces):
    """The person of the largest face, if it has one."""
    area = lambda face: (face["boundingBoxX2"] - face["boundingBoxX1"]) * (face["boundingBoxY2"] - face["boundingBoxY1"])
    face = max(faces, key=area, default=None)
    return face["person"]["id"] if face and face["person"] else None
