"""The label matrix: where among the sentences a class of pictures lies."""

import collections
import json

import numpy as np

from .tables import table

# How much a class's first three hypernyms weigh, and all of them beside its own name.
HYPERNYM_WEIGHTS = [1, 0.5, 0.5]
HYPERNYMS_WEIGHT = 0.5
BATCH = 64


def matrix(encoder, tokenizer):
    """A row of length one for each class, and the mean of the rows."""
    labels = json.loads(table("labels.json"))
    names = [", ".join([label["label"], *label["hypernyms"]]) for label in labels]
    texts = dict.fromkeys(names + [hypernym for label in labels for hypernym in label["hypernyms"]])
    vectors = encode(encoder, tokenizer, list(texts))
    rows = []
    for label, name in zip(labels, names):
        weighted = zip(HYPERNYM_WEIGHTS, label["hypernyms"])
        hypernyms = _unit(sum(weight * vectors[hypernym] for weight, hypernym in weighted))
        rows.append(_unit(vectors[name] + HYPERNYMS_WEIGHT * hypernyms))
    rows = np.array(rows)
    return rows, rows.mean(axis=0)


def encode(encoder, tokenizer, texts):
    """The vector of every text; texts of one length go together, so that nothing is padded."""
    lengths = collections.defaultdict(list)
    for text in texts:
        ids = tokenizer.ids(text)
        lengths[len(ids)].append((text, ids))
    vectors = {}
    for group in lengths.values():
        for begin in range(0, len(group), BATCH):
            batch = group[begin : begin + BATCH]
            encoded = encoder.encode([ids for _, ids in batch])
            vectors.update(zip((text for text, _ in batch), encoded))
    return vectors


def _unit(vector):
    return vector / np.linalg.norm(vector)
