"""What systemd does for a service, as far as the program can tell: sockets that are passed on, notices, a watchdog, credentials.

sd_notify(3), sd_listen_fds(3) and systemd.exec(5) say what is expected of both sides.
"""
import os
import pathlib
import socket
import subprocess
import threading
import time

import daemon
import registry

FIRST_SOCKET = 3  # SD_LISTEN_FDS_START


class Supervised(daemon.Daemon):
    """A daemon under a supervisor. `sockets` are listening ones; with `watchdog` it has to give a sign of life so often, in seconds."""

    def __init__(self, program, folder, settings, environment=(), sockets=(), watchdog=None):
        super().__init__(program, folder, settings, environment)
        self.sockets, self.watchdog = list(sockets), watchdog
        self.notices, self.lock = [], threading.Lock()
        self.notify_path = self.folder / "notify"
        self.notify_path.unlink(missing_ok=True)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(self.notify_path))
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            text = self.notify.recv(65536).decode()
            with self.lock:
                self.notices.append((time.monotonic(), dict(line.split("=", 1) for line in text.splitlines())))

    def told(self, name):
        """Time and value of each notice of this name."""
        with self.lock:
            return [(when, notice[name]) for when, notice in self.notices if name in notice]

    def spawn(self, arguments=(), wrong_pid=False):
        """Starts it and waits for nothing."""
        self.write_config()
        environment = {**self.environment, "NOTIFY_SOCKET": str(self.notify_path)}
        if self.watchdog:
            environment["WATCHDOG_USEC"] = str(int(self.watchdog * 1e6))
        # The process must know its own id, so a shell becomes it. The sockets' numbers begin at FIRST_SOCKET.
        high = [os.dup(each.fileno()) for each in self.sockets]
        moves = "".join(f" {FIRST_SOCKET + i}<&{number} {number}<&-" for i, number in enumerate(high))
        script = f"export LISTEN_PID={'1' if wrong_pid else '$$'} LISTEN_FDS={len(high)}; exec \"$@\"{moves}" if high else 'exec "$@"'
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(["bash", "-c", script, "bash", self.program, "serve", "--config", str(self.config), *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=environment, pass_fds=high, preexec_fn=registry.end_with_parent)
        for number in high:
            os.close(number)

    def start(self, wait=True, arguments=()):
        before = len(self.told("READY"))
        self.spawn(arguments)
        if wait and not daemon.wait_for(lambda: len(self.told("READY")) > before or self.process.poll() is not None, 30, 0.005):
            raise RuntimeError(f"it never said READY=1:\n{self.log()[-2000:]}")
        if wait and self.process.poll() is not None:
            raise RuntimeError(f"the daemon ended with status {self.process.returncode}:\n{self.log()[-2000:]}")
        return self


def listening_tcp():
    return socket.create_server(("127.0.0.1", 0))


def listening_unix(path):
    pathlib.Path(path).unlink(missing_ok=True)
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    found.bind(str(path))
    found.listen(16)
    return found
