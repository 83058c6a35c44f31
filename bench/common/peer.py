"""Programs that are measured in rounds: for each line they read they do a round and say `done …`."""

import subprocess

from . import cpu


class Peer:
    """Starts the command and lets it do a first round, which does not count. `name` is what figures call it."""

    def __init__(self, name, command, warm_up, **options):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)
        self.round(warm_up)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def round(self, line):
        """Does one round; its processor seconds, those of descendants included, and what the program said of it."""
        before = cpu.seconds(self.process.pid)
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline().strip()
        if not said.startswith("done"):
            raise SystemExit(f"{self.name} ended or said {said!r} instead of done")
        return cpu.seconds(self.process.pid) - before, said.removeprefix("done").strip()
