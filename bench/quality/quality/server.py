"""A server of its own for one measurement, and the calls that a client makes."""

import json
import os
import subprocess
import tempfile
import time
import urllib.request
import uuid

PERSON = {"email": "bench@example.org", "name": "Bench", "password": "only for a bench"}
STARTED = "Heirloom is at "
# Nothing is waited for longer than this without any progress.
PATIENCE_SECONDS = 600


class Server:
    """Runs the binary on a fresh folder. `task` is what of vision it shall do; the rest is off, to save time."""

    def __init__(self, binary, task):
        self.folder = tempfile.TemporaryDirectory(prefix="heirloom-quality-")
        environment = dict(os.environ, HEIRLOOM__LOG__LEVEL="error")
        for other in ("search", "faces", "text", "objects"):
            environment[f"HEIRLOOM__VISION__{other.upper()}"] = str(other == task).lower()
        command = [binary, "serve", "--listen", "127.0.0.1:0", "--data", self.folder.name]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline().strip()
        if not line.startswith(STARTED):
            raise SystemExit("the server did not start; see what it says above")
        self.address = line.removeprefix(STARTED)
        self.headers = {}
        self.post("/auth/admin-sign-up", PERSON)
        token = self.post("/auth/login", PERSON)["accessToken"]
        self.headers = {"authorization": f"Bearer {token}"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()

    def get(self, path):
        return self._call(urllib.request.Request(f"{self.address}/api{path}", headers=self.headers))

    def post(self, path, body):
        headers = {**self.headers, "content-type": "application/json"}
        data = json.dumps(body).encode()
        return self._call(urllib.request.Request(f"{self.address}/api{path}", data, headers))

    def upload(self, name, data):
        """Sends a photo as phones do, and gives its asset's id."""
        boundary = uuid.uuid4().hex
        parts = [f'--{boundary}\r\ncontent-disposition: form-data; name="assetData"; filename="{name}"\r\n\r\n'.encode()]
        parts += [data, b"\r\n"]
        for field in ("fileCreatedAt", "fileModifiedAt"):
            disposition = f'content-disposition: form-data; name="{field}"'
            parts.append(f"--{boundary}\r\n{disposition}\r\n\r\n2020-01-02T03:04:05.000Z\r\n".encode())
        parts.append(f"--{boundary}--\r\n".encode())
        headers = {**self.headers, "content-type": f"multipart/form-data; boundary={boundary}"}
        request = urllib.request.Request(f"{self.address}/api/assets", b"".join(parts), headers)
        return self._call(request)["id"]

    def settle(self):
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
            time.sleep(0.5)

    @staticmethod
    def _call(request):
        with urllib.request.urlopen(request) as response:
            text = response.read()
            return json.loads(text) if text else None
