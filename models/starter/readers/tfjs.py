"""TensorFlow.js: a manifest that names tensors, and a file with their values back to back."""

import json

import numpy as np


def read(manifest, path):
    """The tensors of one weight file, by name. `manifest` is a weights manifest or a graph model."""
    with open(manifest, "rb") as file:
        groups = json.load(file)
    if isinstance(groups, dict):
        groups = groups["weightsManifest"]
    with open(path, "rb") as file:
        data = file.read()
    tensors, at = {}, 0
    for entry in [weight for group in groups for weight in group["weights"]]:
        values, at = _values(entry, data, at)
        tensors[entry["name"]] = values.reshape(entry["shape"])
    if at != len(data):
        raise ValueError(f"{path} has {len(data)} bytes, its manifest {at}")
    return tensors


def nodes(manifest):
    """The nodes of a graph model, by name."""
    with open(manifest, "rb") as file:
        model = json.load(file)
    return {node["name"]: node for node in model["modelTopology"]["node"]}


def _values(entry, data, at):
    quantization = entry.get("quantization")
    stored = np.dtype((quantization or entry)["dtype"]).newbyteorder("<")
    count = int(np.prod(entry["shape"], dtype=np.int64))
    values = np.frombuffer(data, stored, count, at)
    if quantization and "scale" in quantization:
        values = values.astype(np.float64) * quantization["scale"] + quantization["min"]
    return values.astype(entry["dtype"]), at + count * stored.itemsize
