"""Figures as people read them: a table in the README, and a picture beside it."""

import datetime
import platform
import statistics
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


def write(folder, header, rows, notes=(), is_pictured=True):
    """Puts a table where the README keeps it, with the picture that is named like the bench if there is one, and prints it."""
    name = Path(folder).name
    lines = [f"Measured on {datetime.date.today()}, {processor()}.", ""]
    lines += [f"![The same as a picture]({name}.png)", ""] if is_pictured else []
    lines += [f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    lines += ["", *notes] if notes else []
    readme = Path(folder) / "README.md"
    before, rest = readme.read_text().split(BEGIN)
    _, after = rest.split(END)
    readme.write_text(f"{before}{BEGIN}\n{chr(10).join(lines).rstrip()}\n{END}{after}")
    print("\n".join(lines), flush=True)


def processor():
    """What the figures were made on; another machine has others."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} threads of {names[0]}" if names else platform.machine()


def bars(path, title, unit, groups, budget=None):
    """Horizontal bars: `groups` is a list of (name, value); `budget` a line with its label."""
    names, values = zip(*groups)
    figure, axes = plt.subplots(figsize=(8, 0.5 * len(groups) + 1.4), layout="constrained")
    drawn = axes.barh(names, values, color=["#3b6fb6" if "heirloom" in name.lower() else "#b9bec6" for name in names])
    axes.bar_label(drawn, fmt="{:.3g}", padding=3)
    axes.margins(x=0.12)
    if budget:
        axes.axvline(budget[0], color="#c0392b", linestyle="--", label=budget[1])
        axes.legend(loc="lower right")
    axes.invert_yaxis()
    axes.set(title=title, xlabel=unit)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def spread(values):
    """Median, and how far the values lie apart."""
    return f"{statistics.median(values):.3g} ({min(values):.3g} to {max(values):.3g})"
