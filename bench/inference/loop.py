"""One model, run again and again: by the engine, and by ONNX Runtime with nothing around it."""

import json
import os
import subprocess
import time
from pathlib import Path

import numpy
import onnxruntime

# Of each model: its file in the pack, and sizes of what is free.
MODELS = {
    "search_visual": ("search/visual.onnx", ()),
    "search_textual": ("search/textual.onnx", (12,)),
    "faces_embedding": ("faces/embedding.onnx", ()),
    "faces_detector_ssd": ("faces/detector_ssd.onnx", ()),
    "ocr_rec": ("ocr/rec.onnx", (320,)),
}
WARM_UP = 3


def ask(tools, model, *more):
    """What `heirloom-bench infer` says of the engine: items, seconds, seconds of processor time, latencies."""
    _, free = MODELS[model]
    command = [tools, "infer", "--runtime", os.environ["HEIRLOOM__INFERENCE__RUNTIME"], "--models", os.environ["HEIRLOOM__INFERENCE__MODELS"]]
    command += ["--model", model, *more]
    if free:
        command += ["--free", ",".join(map(str, free))]
    return json.loads(subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE).stdout)


def open_session(model, threads, providers=("CPUExecutionProvider",)):
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    path = Path(os.environ["HEIRLOOM__INFERENCE__MODELS"]) / MODELS[model][0]
    session = onnxruntime.InferenceSession(path, settings, providers=list(providers))
    wanted = providers[0] if isinstance(providers[0], str) else providers[0][0]
    if wanted not in session.get_providers():
        raise SystemExit(f"{wanted} does not work here")
    return session


def run(session, model, batch, seconds):
    """The same batch again and again, as `heirloom-bench infer` says it."""
    inputs = noise(session, model, batch)
    for _ in range(WARM_UP):
        session.run(None, inputs)
    start, cpu, items = time.monotonic(), time.process_time(), 0
    while time.monotonic() < start + seconds:
        session.run(None, inputs)
        items += batch
    return {"items": items, "seconds": time.monotonic() - start, "cpu_seconds": time.process_time() - cpu}


def noise(session, model, batch):
    rng = numpy.random.default_rng(1)
    inputs = {}
    for port in session.get_inputs():
        sizes = iter(MODELS[model][1])
        shape = [batch] + [side if isinstance(side, int) else next(sizes, 1) for side in port.shape[1:]]
        if port.type == "tensor(float)":
            inputs[port.name] = rng.uniform(-1, 1, shape).astype(numpy.float32)
        else:
            inputs[port.name] = rng.integers(1, 1000, shape)
    return inputs
