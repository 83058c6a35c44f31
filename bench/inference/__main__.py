"""`python -m inference --tools HEIRLOOM-BENCH …`: what the engine gets out of the models, beside ONNX Runtime alone."""

import argparse
import json
import os
import statistics
import subprocess
import time
from pathlib import Path

import numpy
import onnxruntime

from common import figures

HERE = Path(__file__).parent
BUDGET_SHARE, BUDGET_LATENCY, BUDGET_GAIN = 0.95, 2.0, 1.5
# Of each model: its file in the pack, its batch, and sizes of what is free.
MODELS = {
    "search_visual": ("search/visual.onnx", 8, ()),
    "search_textual": ("search/textual.onnx", 8, (12,)),
    "faces_embedding": ("faces/embedding.onnx", 8, ()),
    "faces_detector_ssd": ("faces/detector_ssd.onnx", 1, ()),
    "ocr_rec": ("ocr/rec.onnx", 4, (320,)),
}
CLIENTS = 64


def main():
    parser = argparse.ArgumentParser(prog="inference", description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--tools", required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    shares = [share(options, model) for model in MODELS]
    rows = [row for row, _ in shares]
    rows += [latency(options), gain(options, "search_textual"), gain(options, "search_visual"), gain(options, "faces_embedding")]
    figures.write(HERE, ("what", "engine", "peer", "ratio", "budget"), rows)
    bars = [(model, ratio) for model, (_, ratio) in zip(MODELS, shares)]
    figures.bars(HERE / "inference.png", "heirloom's engine beside ONNX Runtime alone", "items a CPU second, engine / bare loop", bars, (BUDGET_SHARE, "budget"))


def share(options, model):
    """Items a second of processor time through the engine, beside a loop that does nothing else."""
    _, batch, _ = MODELS[model]
    ours, theirs = [], []
    session = open_session(options, model)
    for _ in range(options.rounds):
        theirs.append(bare(session, options, model, batch))
        said = ask(options, model, "--items", batch, "--clients", 2, "--max-batch", batch)
        ours.append(said["items"] / said["cpu_seconds"])
    ratio = statistics.median(one / other for one, other in zip(ours, theirs))
    name = f"{model}, batches of {batch}, items a CPU second"
    return (name, figures.spread(ours), figures.spread(theirs), f"{ratio:.2f}", f"≥ {BUDGET_SHARE}"), ratio


def latency(options):
    """How long a text's vector takes when nothing else runs, and when a library is gone through behind it."""
    said = ask(options, "search_visual", "--items", 2, "--clients", 8, "--beside", "search_textual")
    alone, beside = (statistics.median(said[key]) for key in ("alone_milliseconds", "beside_milliseconds"))
    return ("a text's vector during backfill, ms, median", f"{beside:.1f}", f"idle: {alone:.1f}", f"{beside / alone:.2f}", f"≤ {BUDGET_LATENCY}")


def gain(options, model):
    """Single items of many clients, put together and kept apart; and what batches gain in the bare loop at all."""
    together, apart = [], []
    for _ in range(options.rounds):
        for results, most in ((together, 8), (apart, 1)):
            said = ask(options, model, "--clients", CLIENTS, "--max-batch", most)
            results.append(said["items"] / said["cpu_seconds"])
    ratio = statistics.median(one / other for one, other in zip(together, apart))
    session = open_session(options, model)
    possible = bare(session, options, model, 8) / bare(session, options, model, 1)
    name = f"{model}, {CLIENTS} clients of single items, items a CPU second"
    budget = f"≥ {BUDGET_GAIN} where batches gain; the bare loop gains {possible:.2f}"
    return (name, f"together: {figures.spread(together)}", f"apart: {figures.spread(apart)}", f"{ratio:.2f}", budget)


def ask(options, model, *more):
    _, _, free = MODELS[model]
    command = [options.tools, "infer", "--runtime", os.environ["HEIRLOOM__INFERENCE__RUNTIME"], "--models", os.environ["HEIRLOOM__INFERENCE__MODELS"]]
    command += ["--model", model, "--threads", options.threads, "--seconds", options.seconds, *more]
    if free:
        command += ["--free", ",".join(map(str, free))]
    return json.loads(subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE).stdout)


def open_session(options, model):
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    path = Path(os.environ["HEIRLOOM__INFERENCE__MODELS"]) / MODELS[model][0]
    return onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])


def bare(session, options, model, batch):
    """Items a second of processor time of a loop that runs the same batch again and again."""
    free = MODELS[model][2]
    noise = numpy.random.default_rng(1)
    inputs = {}
    for port in session.get_inputs():
        sizes = iter(free)
        shape = [batch] + [side if isinstance(side, int) else next(sizes, 1) for side in port.shape[1:]]
        if port.type == "tensor(float)":
            inputs[port.name] = noise.uniform(-1, 1, shape).astype(numpy.float32)
        else:
            inputs[port.name] = noise.integers(1, 1000, shape)
    for _ in range(3):
        session.run(None, inputs)
    start, until, items = time.process_time(), time.monotonic() + options.seconds, 0
    while time.monotonic() < until:
        session.run(None, inputs)
        items += batch
    return items / (time.process_time() - start)


if __name__ == "__main__":
    main()
