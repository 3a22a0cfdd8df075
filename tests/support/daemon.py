"""The daemon as tests use it: its configuration, its process, its API, and somebody who receives its notices."""
import hashlib
import hmac
import http.client
import http.server
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

import registry

SECRET = "a secret of the tests"


class Receiver(http.server.ThreadingHTTPServer):
    """Takes notices and keeps them, with the time and whether their signature holds."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), ReceiverHandler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/notices"
        self.notices, self.lock, self.status = [], threading.Lock(), 200
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """Whoever sent it went away."""

    def taken(self):
        with self.lock:
            return list(self.notices)


class ReceiverHandler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        with self.server.lock:
            if self.server.status == 200:
                self.server.notices.append({"time": time.monotonic(), "signed": hmac.compare_digest(signature, self.headers.get("X-Veritag-Signature-256", "")),
                                            "delivery": self.headers.get("X-Veritag-Delivery"), "body": json.loads(body)})
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Daemon:
    """`settings` is the configuration as a Python value (YAML reads JSON)."""

    def __init__(self, program, folder, settings, environment=()):
        self.program, self.folder, self.settings = str(pathlib.Path(program).resolve()), pathlib.Path(folder), settings
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = registry.free_port()
        self.store = self.folder / "store.sqlite"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8", "SECRET": SECRET, **dict(environment)}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.process, self.token = None, None

    @property
    def config(self):
        return self.folder / "veritag.yaml"

    def write_config(self, settings=None):
        whole = {"listen": f"127.0.0.1:{self.port}", "store": str(self.store), "log": {"level": "info", "format": "json"}, **(settings or self.settings)}
        self.config.write_text(json.dumps(whole, indent=1, ensure_ascii=False), encoding="utf-8")

    def start(self, wait=True, arguments=()):
        self.write_config()
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([self.program, "serve", "--config", str(self.config), *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                                            preexec_fn=registry.end_with_parent)
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self, seconds=30):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the daemon ended with status {self.process.returncode}:\n{self.log()[-2000:]}")
            try:
                if self.get("/readyz", token=None)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise RuntimeError(f"the daemon is not ready:\n{self.log()[-2000:]}")

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=30):
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def make_token(self, name, role):
        done = subprocess.run([self.program, "token", "create", name, "--role", role, "--store", str(self.store)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=self.environment, check=True)
        return done.stdout.strip()

    def request(self, method, path, body=None, headers=None, token=""):
        """Status, headers, body. `token` is the daemon's own where it is "", and none where it is None."""
        token = self.token if token == "" else token
        headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def get(self, path, token="", headers=None):
        return self.request("GET", path, headers=headers, token=token)

    def read(self, path):
        status, _, body = self.get(path)
        if status != 200:
            raise RuntimeError(f"GET {path}: HTTP {status} {body[:300]!r}")
        return json.loads(body)

    def post(self, path, value=None, token=""):
        return self.request("POST", path, json.dumps(value).encode() if value is not None else b"", {"Content-Type": "application/json"}, token)

    def images(self, **query):
        return self.read("/api/v1/images?limit=5000" + "".join(f"&{name}={value}" for name, value in query.items()))["images"]

    def jobs(self, **query):
        return self.read("/api/v1/jobs?limit=1000" + "".join(f"&{name}={value}" for name, value in query.items()))["jobs"]


def wait_for(condition, seconds=20, every=0.02):
    """What `condition` gives once it is true; else its last answer."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(every)
