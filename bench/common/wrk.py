"""Requests as fast as they are answered: wrk, over a list of addresses, with the headers of an account."""

import re
import subprocess
import tempfile
from pathlib import Path

from . import cpu

# wrk calls `request` for each; addresses come in turns.
SCRIPT = """
local paths = {{}}
for line in io.lines("{paths}") do paths[#paths + 1] = line end
local at = 0
function request()
  at = at % #paths + 1
  local path, body = paths[at]:match("^(%S+) ?(.*)$")
  if body == "" then return wrk.format("GET", path) end
  local headers = {{["content-type"] = "application/json"}}
  for name, value in pairs(wrk.headers) do headers[name] = value end
  return wrk.format("POST", path, headers, body)
end
{delay}
"""
# A person looks at what came before they ask for more.
DELAY = "function delay() return math.random(0, {most}) end"


class Result:
    """What wrk said, and what it cost the server."""

    def __init__(self, said, cpu_seconds):
        self.requests = int(re.search(r"(\d+) requests in", said)[1])
        self.rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
        self.cpu_micros = 1e6 * cpu_seconds / self.requests
        # Milliseconds by percentile.
        found = re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s)\b", said)
        self.latency = {int(part): float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit] for part, value, unit in found}


def measure(address, paths, pid, headers=(), seconds=5, connections=16, core=None, think_ms=0):
    """Asks for the paths in turns (`PATH BODY` is posted). `pid` is the server, whose CPU time is taken with that of its
    descendants; `core` is the one that wrk keeps to; `think_ms` the longest pause of a connection."""
    with tempfile.TemporaryDirectory() as folder:
        listed, script = Path(folder) / "paths", Path(folder) / "requests.lua"
        listed.write_text("\n".join(paths))
        script.write_text(SCRIPT.format(paths=listed, delay=DELAY.format(most=think_ms) if think_ms else ""))
        command = [] if core is None else ["taskset", "--cpu-list", str(core)]
        command += ["wrk", "--latency", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
        for name, value in dict(headers).items():
            command += ["--header", f"{name}: {value}"]
        before = cpu.seconds(pid)
        said = subprocess.run([*command, "--script", script, address], check=True, stdout=subprocess.PIPE, text=True).stdout
        spent = cpu.seconds(pid) - before
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(said)
    return Result(said, spent)
