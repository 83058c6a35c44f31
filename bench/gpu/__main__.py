"""`python -m gpu --tools HEIRLOOM-BENCH`: the engine on a graphics card, beside ONNX Runtime's CUDA provider alone."""

import argparse
import statistics
import subprocess
from pathlib import Path

from common import figures
from inference import loop

HERE = Path(__file__).parent
BUDGET = 0.95
CUDA = ("CUDAExecutionProvider", {"cudnn_conv_algo_search": "HEURISTIC"})
# Of each model that the engine gives to a card: its batch.
BATCHES = {"search_visual": 32, "search_textual": 32, "faces_embedding": 32}
CLIENTS = 64


def main():
    parser = argparse.ArgumentParser(prog="gpu", description=__doc__)
    parser.add_argument("--tools", required=True)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    shares = [share(options, model) for model in BATCHES]
    rows = [row for row, _ in shares]
    rows += [gain(options, "search_visual"), gain(options, "faces_embedding"), latency(options)]
    figures.write(HERE, ("what", "engine", "peer", "ratio", "budget"), rows, notes=[f"On {card()}."])
    bars = [(model, ratio) for model, (_, ratio) in zip(BATCHES, shares)]
    figures.bars(HERE / "gpu.png", "heirloom's engine beside ONNX Runtime on CUDA alone", "items a second, engine / bare loop", bars, (BUDGET, "budget"))


def share(options, model):
    """Items a second through the engine, beside a loop that does nothing else."""
    batch = BATCHES[model]
    session = loop.open_session(model, 1, [CUDA])
    ours, theirs = [], []
    for _ in range(options.rounds):
        theirs.append(rate(loop.run(session, model, batch, options.seconds)))
        ours.append(rate(ask(options, model, "--items", batch, "--clients", 4, "--max-batch", batch)))
    ratio = statistics.median(one / other for one, other in zip(ours, theirs))
    return (f"{model}, batches of {batch}, items a second", figures.spread(ours), figures.spread(theirs), f"{ratio:.2f}", f"≥ {BUDGET}"), ratio


def gain(options, model):
    """Single items of many clients, put together and kept apart."""
    together, apart = [], []
    for _ in range(options.rounds):
        for results, most in ((together, CLIENTS), (apart, 1)):
            results.append(rate(ask(options, model, "--clients", CLIENTS, "--max-batch", most)))
    ratio = statistics.median(one / other for one, other in zip(together, apart))
    name = f"{model}, {CLIENTS} clients of single items, items a second"
    return (name, f"together: {figures.spread(together)}", f"apart: {figures.spread(apart)}", f"{ratio:.2f}", "≥ 1.5")


def latency(options):
    """How long a text's vector takes when nothing else runs, and while the card is full."""
    said = ask(options, "search_visual", "--items", 32, "--clients", 4, "--max-batch", 32, "--beside", "search_textual")
    alone, beside = (statistics.median(said[key]) for key in ("alone_milliseconds", "beside_milliseconds"))
    return ("a text's vector while the card is full, ms, median", f"{beside:.1f}", f"idle: {alone:.1f}", f"{beside / alone:.2f}", "≤ 2.0")


def ask(options, model, *more):
    return loop.ask(options.tools, model, "--provider", "cuda", "--seconds", options.seconds, "--instances", 2, *more)


def rate(ran):
    return ran["items"] / ran["seconds"]


def card():
    asked = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    return subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__":
    main()
