"""`python -m inference --tools HEIRLOOM-BENCH …`: what the engine gets out of the models, beside ONNX Runtime alone."""

import argparse
import statistics
from pathlib import Path

from common import figures
from inference import loop

HERE = Path(__file__).parent
BUDGET_SHARE, BUDGET_LATENCY, BUDGET_GAIN = 0.95, 2.0, 1.5
# Of each model: its batch.
BATCHES = {"search_visual": 8, "search_textual": 8, "faces_embedding": 8, "faces_detector_ssd": 1, "ocr_rec": 4}
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
    shares = [share(options, model) for model in BATCHES]
    rows = [row for row, _ in shares]
    rows += [latency(options), gain(options, "search_textual"), gain(options, "search_visual"), gain(options, "faces_embedding")]
    figures.write(HERE, ("what", "engine", "peer", "ratio", "budget"), rows)
    bars = [(model, ratio) for model, (_, ratio) in zip(BATCHES, shares)]
    figures.bars(HERE / "inference.png", "heirloom's engine beside ONNX Runtime alone", "items a CPU second, engine / bare loop", bars, (BUDGET_SHARE, "budget"))


def share(options, model):
    """Items a second of processor time through the engine, beside a loop that does nothing else."""
    batch = BATCHES[model]
    ours, theirs = [], []
    session = loop.open_session(model, options.threads)
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
    session = loop.open_session(model, options.threads)
    possible = bare(session, options, model, 8) / bare(session, options, model, 1)
    name = f"{model}, {CLIENTS} clients of single items, items a CPU second"
    budget = f"≥ {BUDGET_GAIN} where batches gain; the bare loop gains {possible:.2f}"
    return (name, f"together: {figures.spread(together)}", f"apart: {figures.spread(apart)}", f"{ratio:.2f}", budget)


def ask(options, model, *more):
    return loop.ask(options.tools, model, "--threads", options.threads, "--seconds", options.seconds, *more)


def bare(session, options, model, batch):
    """Items a second of processor time."""
    ran = loop.run(session, model, batch, options.seconds)
    return ran["items"] / ran["cpu_seconds"]


if __name__ == "__main__":
    main()
