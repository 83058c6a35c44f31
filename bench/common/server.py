"""A server for one measurement, and the calls that a client makes."""

import http.client
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.parse
import uuid
from pathlib import Path

from . import cpu

PERSON = {"email": "bench@example.org", "name": "Bench", "password": "only for a bench"}
STARTED = "Heirloom is at "
# Nothing is waited for longer than this without any progress.
PATIENCE_SECONDS = 600


class Server:
    """Runs the binary. Without `folder` on a fresh one, which goes away with it; without models unless `models`."""

    def __init__(self, binary, folder=None, database=None, models=False, options=()):
        self.is_temporary = folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix="heirloom-bench-", dir=scratch()))
        environment = dict(os.environ, HEIRLOOM__LOG__LEVEL="error", HEIRLOOM__VISION__ENABLED=str(models).lower())
        environment.update(options)
        if database:
            environment["HEIRLOOM__DATABASE__URL"] = database
        command = [binary, "serve", "--listen", "127.0.0.1:0", "--data", self.folder]
        started = time.monotonic()
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline().strip()
        if not line.startswith(STARTED):
            raise SystemExit("the server did not start; see what it says above")
        self.address = line.removeprefix(STARTED)
        self.headers = {}
        self.connection = None
        self.get("/server/ping")
        # From the start of the process to the first answer.
        self.start_seconds = time.monotonic() - started

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        if self.is_temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def sign_up(self):
        """Makes the only account and logs in."""
        self.post("/auth/admin-sign-up", PERSON)
        return self.log_in()

    def log_in(self, person=PERSON):
        self.headers = {}
        token = self.post("/auth/login", person)["accessToken"]
        self.headers = {"authorization": f"Bearer {token}"}
        return self

    def cpu_seconds(self):
        """Of the server and everything it started."""
        return cpu.seconds(self.process.pid)

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body):
        return self.call("POST", path, json.dumps(body), {"content-type": "application/json"})

    def call(self, method, path, body=None, headers=()):
        """One call over the connection that is kept; the answer's JSON, or its bytes."""
        text = self.raw(method, path, body, headers)
        try:
            return json.loads(text) if text else None
        except ValueError:
            return text

    def raw(self, method, path, body=None, headers=()):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.address).netloc)
        self.connection.request(method, f"/api{path}", body, {**self.headers, **dict(headers)})
        response = self.connection.getresponse()
        text = response.read()
        if response.status >= 400:
            raise SystemExit(f"{method} {path}: {response.status} {text[:300]}")
        return text

    def upload(self, name, data):
        """Sends a photo as phones do, and gives its asset's id."""
        boundary = uuid.uuid4().hex
        parts = [f'--{boundary}\r\ncontent-disposition: form-data; name="assetData"; filename="{name}"\r\n\r\n'.encode()]
        parts += [data, b"\r\n"]
        for field in ("fileCreatedAt", "fileModifiedAt"):
            disposition = f'content-disposition: form-data; name="{field}"'
            parts.append(f"--{boundary}\r\n{disposition}\r\n\r\n2020-01-02T03:04:05.000Z\r\n".encode())
        parts.append(f"--{boundary}--\r\n".encode())
        headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
        answer = self.call("POST", "/assets", b"".join(parts), headers)
        if answer["status"] != "created":
            raise SystemExit(f"{name} was there already; the files of a bench must differ")
        return answer["id"]

    def settle(self, pause=0.1):
        """Waits until no queue has anything left."""
        before, since = None, time.monotonic()
        while True:
            counts = [queue["jobCounts"] for queue in self.get("/jobs").values()]
            left = sum(count["active"] + count["waiting"] for count in counts)
            if left == 0:
                return
            if left != before:
                before, since = left, time.monotonic()
            if time.monotonic() - since > PATIENCE_SECONDS:
                raise SystemExit(f"the server does not go on; {left} jobs are left")
            time.sleep(pause)


def scratch():
    """Where large files of benches lie: kept between runs, and removed with the build."""
    folder = Path(os.environ.get("CARGO_TARGET_DIR", Path(__file__).parents[2] / "target")) / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
