"""Search by words: 300 pictures of one object each, and which of them a query means."""

import json

from . import metrics

# Nothing like it is among the photos.
NONSENSE = """unicorn, helicopter, xyzzy, asdfgh, my grandmother, tax return, quantum physics, birthday party, rainbow, moon,
astronaut, robot, ghost, passport, tattoo, hot air balloon, parachute, stock market, love, happiness, the year 1995,
algebra homework, selfie, receipt, invoice, wedding, dinosaur, giraffe, sushi, penguin, owl, umbrella, camera, airplane,
bridge, phone call""".replace("\n", " ").split(", ")

def measure(server_of, photos):
    queries = json.loads((photos / "objects/queries.json").read_text())["queries"]
    paths = sorted((photos / "objects").glob("*.JPEG"))
    with server_of("search") as server:
        classes = {server.upload(path.name, path.read_bytes()): int(path.name.split("_")[0]) for path in paths}
        server.settle()
        precisions, firsts, sizes = [], [], []
        for query, relevant in queries.items():
            answer = server.post("/search/smart", {"query": query, "size": len(paths)})
            found = [classes[asset["id"]] for asset in answer["assets"]["items"]]
            precisions.append(metrics.average_precision(found, relevant))
            firsts.append(metrics.precision_at_10(found, relevant))
            sizes.append(len(found))
        answers = {query: server.post("/search/smart", {"query": query, "size": len(paths)}) for query in NONSENSE}
    mean = lambda values: sum(values) / len(values)
    return [
        ("search", f"mAP, {len(queries)} queries over {len(paths)} photos", f"{mean(precisions):.3f}"),
        ("search", "P@10", f"{mean(firsts):.3f}"),
        ("search", "queries with a hit among the first ten", f"{mean([value > 0 for value in firsts]):.3f}"),
        ("search", "photos in an answer, mean", f"{mean(sizes):.0f}"),
        ("search", f"answered of {len(NONSENSE)} questions that no photo answers", _named(answers)),
    ]


def _named(answers):
    found = [query for query, answer in answers.items() if answer["assets"]["items"]]
    return f"{len(found)}: {', '.join(found)}" if found else "0"
