#!/usr/bin/env python3
"""The daemon as whoever runs it meets it: under a supervisor that speaks systemd's protocols, reloaded, with certificates that change, on a
full disk, and stopped in the middle of things.

usage: operations_test.py --veritag PROGRAM [--work DIR] [--verbose]
"""
import argparse
import contextlib
import hashlib
import http.client
import json
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import daemon  # noqa: E402
import registry  # noqa: E402
import run_matrix  # noqa: E402
import supervisor  # noqa: E402

wait_for = daemon.wait_for
HOOK_SECRET = "a-secret-that-nobody-guesses-1234"
WATCHDOG = 0.8  # seconds


def hook(name="plain", kind="generic", authentication="bearer"):
    return {"name": name, "kind": kind, "registry": "registry.invalid", "authentication": authentication, "secret_env": "HOOK"}


def push(number):
    """The body of a webhook of the plain form."""
    return json.dumps({"repository": "openeuler/app", "tag": f"1.{number}-oe2203sp4"}).encode()


BEARER = {"Authorization": f"Bearer {HOOK_SECRET}", "Content-Type": "application/json"}


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def get_over(connection, path):
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()


class Silent(threading.Thread):
    """A registry that takes connections and never says a word."""

    def __init__(self):
        super().__init__(daemon=True)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self.server.getsockname()[1]}"
        self.taken = []
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                self.taken.append(self.server.accept()[0])


class Operations:
    def __init__(self, options):
        self.work = pathlib.Path(options.work).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.tally = run_matrix.Tally(options.verbose)
        self.program = str(pathlib.Path(options.veritag).resolve())

    def supervised(self, name, settings, environment=(), **more):
        return supervisor.Supervised(self.program, self.work / name, settings, {"HOOK": HOOK_SECRET, **dict(environment)}, **more)

    @contextlib.contextmanager
    def running(self, each, arguments=()):
        each.start(arguments=arguments)
        try:
            yield each
        finally:
            each.stop()

    def serve(self, *arguments, environment=()):
        done = subprocess.run([self.program, "serve", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                              env={"PATH": "/usr/bin", "HOME": str(self.work / "home"), **dict(environment)}, timeout=60)
        return done.returncode, done.stdout, done.stderr

    @staticmethod
    def listens(port):
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            return True
        except OSError:
            return False

    # ---- configuration ----

    def check_config(self):
        example = SOURCE / "etc/veritag.example.yaml"
        status, out, errors = self.serve("--check-config", "--config", str(example))
        self.tally.check("the example is right", [] if status == 0 and " is right: 0 targets" in out and not errors else [f"status {status}: {out} {errors}"])
        self.tally.check("to check a configuration leaves nothing behind", [] if not (self.work / "home").exists() else ["there is something"])
        broken = self.work / "broken.yaml"
        broken.write_text(example.read_text(encoding="utf-8").replace("#jobs: 2", "joobs: 2"), encoding="utf-8")
        line = broken.read_text(encoding="utf-8").splitlines().index("joobs: 2") + 1
        for arguments in (["--check-config"], []):
            status, out, errors = self.serve(*arguments, "--config", str(broken))
            self.tally.check(f"a wrong one is refused {'' if arguments else 'at the start '}with its line", [] if status == 2 and not out and f"broken.yaml:{line}:1: \"joobs\" is unknown" in errors and
                             'did you mean "jobs"?' in errors else [f"status {status}: {out} {errors}"])
        credentials = self.work / "of-the-readme"
        credentials.mkdir()
        (credentials / "secrets_hub").write_text(HOOK_SECRET, encoding="utf-8")
        section = (SOURCE / "README.md").read_text(encoding="utf-8").split("\n## The daemon\n")[1]
        (credentials / "veritag.yaml").write_text(re.search(r"```yaml\n(.*?)```", section, re.DOTALL).group(1), encoding="utf-8")
        status, out, errors = self.serve("--check-config", "--config", str(credentials / "veritag.yaml"), environment={"CREDENTIALS_DIRECTORY": str(credentials)})
        self.tally.check("that of the README is right", [] if status == 0 and "1 targets, 0 registries, 1 hooks, 1 notification channels" in out else [f"status {status}: {out} {errors}"])
        status, _, errors = self.serve("--check-config", "--config", str(self.work / "none.yaml"))
        self.tally.check("one that is not there", [] if status == 2 and "No such file or directory" in errors else [f"status {status}: {errors}"])

    def named_files(self):
        """What the configuration names is opened: by --check-config, at a start, and at a reload."""
        self.certificate("named")
        self.certificate("stranger")
        good, nowhere = str(self.work / "named.crt"), str(self.work / "nowhere")
        auth, bad_auth = self.work / "auth.json", self.work / "bad-auth.json"
        auth.write_text('{"auths": {"a.example": {"auth": "bWU6c2VjcmV0"}}}', encoding="utf-8")
        bad_auth.write_text('{"auths": {"a.example": {"auth": "bm8gY29sb24="}}}', encoding="utf-8")
        text = self.work / "no-certificate"
        text.write_text("no certificate\n", encoding="utf-8")
        tls = lambda certificate, key, **more: {"tls": {"certificate_file": certificate, "key_file": key, **more}}  # noqa: E731
        mail = {"name": "m", "kind": "email", "host": "mail.example", "from": "a@b.example", "to": "a@b.example"}
        key = str(self.work / "named.key")
        whole = {**tls(good, key, client_ca_file=good), "registries": [{"registry": "a.example", "authfile": str(auth), "ca_file": good}], "notifications": [{**mail, "ca_file": good}]}
        table = [("all good", whole, None), ("a certificate that is not there", tls(nowhere, key), "nowhere"), ("a key that is none", tls(good, str(text)), "no-certificate"),
                 ("a key of another certificate", tls(good, str(self.work / "stranger.key")), "stranger.key"), ("a client CA that is none", tls(good, key, client_ca_file=str(text)), "no-certificate"),
                 ("a registry's authority", {"registries": [{"registry": "b.example"}, {"registry": "a.example", "ca_file": nowhere}]}, "registries[1].ca_file"),
                 ("an authority that is none", {"registries": [{"registry": "a.example", "ca_file": str(text)}]}, "registries[0].ca_file"),
                 ("an auth file that is not there", {"registries": [{"registry": "a.example", "authfile": nowhere}]}, "registries[0].authfile"),
                 ("an auth file that is no JSON", {"registries": [{"registry": "a.example", "authfile": str(text)}]}, "registries[0].authfile"),
                 ("a login that cannot be read", {"registries": [{"registry": "a.example", "authfile": str(bad_auth)}]}, "registries[0].authfile"),
                 ("a mail server's authority", {"notifications": [{**mail, "ca_file": nowhere}]}, "notifications[0].ca_file"),
                 ("a webhook's authority", {"notifications": [{"name": "w", "kind": "webhook", "url": "https://a.example/", "ca_file": nowhere}]}, "notifications[0].ca_file"),
                 ("a forge's authority", {"notifications": [{"name": "i", "kind": "issue", "forge": "gitee", "repository": "a/b", "token_env": "HOOK", "ca_file": nowhere}]}, "notifications[0].ca_file"),
                 ("rule packs that are not there", {"rules": [nowhere]}, "nowhere")]
        path = self.work / "names.yaml"
        for what, settings, told in table:
            path.write_text(json.dumps(settings), encoding="utf-8")
            status, out, errors = self.serve("--check-config", "--config", str(path), environment={"HOOK": HOOK_SECRET})
            fits = status == 0 and " is right" in out and not errors if told is None else status == 2 and not out and told in errors
            self.tally.check(f"--check-config opens what is named: {what}", [] if fits else [f"status {status}: {out} {errors}"])
        path.write_text(json.dumps(table[5][1]), encoding="utf-8")
        status, _, errors = self.serve("--config", str(path), environment={"STATE_DIRECTORY": str(self.work)})
        self.tally.check("so does a start", [] if status == 2 and "registries[1].ca_file" in errors else [f"status {status}: {errors}"])
        each = self.supervised("named", {})
        with self.running(each):
            each.settings = table[5][1]
            each.write_config()
            done = self.reload(each)
            self.tally.check("and a reload, which keeps the old settings then", [] if done and "reload refused" in each.log() and "registries[1].ca_file" in each.log() and "reload was refused" in each.told("STATUS")[-1][1] else [
                f"{each.told('STATUS')}", each.log()[-500:]])

    def credentials(self):
        """A credential of systemd, where there is no systemd."""
        path = self.work / "credential.yaml"
        store = self.work / "credential" / "store.sqlite"
        path.write_text(json.dumps({"store": str(store), "registries": [{"registry": "a.example", "username": "me", "password_credential": "secrets_registry"}]}), encoding="utf-8")
        status, _, errors = self.serve("--check-config", "--config", str(path))
        helps = all(each in errors for each in ("credential.yaml:1:", "CREDENTIALS_DIRECTORY is not set", "LoadCredential=", "systemd-run"))
        self.tally.check("a credential outside of systemd: what it is, and how to check", [] if status == 2 and helps else [f"status {status}: {errors}"])
        empty = self.work / "no-credentials"
        empty.mkdir()
        status, _, errors = self.serve("--check-config", "--config", str(path), environment={"CREDENTIALS_DIRECTORY": str(empty)})
        self.tally.check("one that is missing: what makes it", [] if status == 2 and "/etc/veritag/secrets/registry" in errors else [f"status {status}: {errors}"])
        (empty / "secrets_registry").write_text("a secret\n", encoding="utf-8")
        status, out, errors = self.serve("--check-config", "--config", str(path), environment={"CREDENTIALS_DIRECTORY": str(empty)})
        self.tally.check("and by hand it can be given", [] if status == 0 and " is right" in out else [f"status {status}: {errors}"])
        status, out, errors = self.token("create", "ci", "--config", str(path))
        listed = self.token("list", "--config", str(path))
        self.tally.check("`veritag token` reads no secret of the configuration", [] if status == 0 and out.startswith("vt_") and listed[0] == 0 and "ci " in listed[1] else [f"status {status}: {errors}", f"{listed}"])

    def token(self, *arguments, environment=()):
        done = subprocess.run([self.program, "token", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                              env={"PATH": "/usr/bin", "HOME": str(self.work / "home"), **dict(environment)}, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def token_stores(self):
        """A store that is not there is made for a first token where it was named, and nowhere else."""
        folder = self.work / "tokens"
        typo = folder / "typo.sqlite"
        unnamed = self.work / "unnamed.yaml"
        unnamed.write_text('{"jobs": 2}', encoding="utf-8")
        table = [(["list", "--store", str(typo)], typo), (["revoke", "ci", "--store", str(typo)], typo), (["list"], self.work / "home"), (["create", "ci"], self.work / "home"), (["create", "ci", "--config", str(unnamed)], self.work / "home")]
        problems = []
        for arguments, place in table:
            status, out, errors = self.token(*arguments)
            problems += [f"token {' '.join(arguments[:2])}: status {status} {out} {errors}"] if status != 2 or out or "there is none" not in errors or "--store" not in errors else []
            problems += [f"token {' '.join(arguments[:2])} made {place}"] if place.exists() else []
        self.tally.check("a store that is not there is an error", problems)
        good = folder / "store.sqlite"
        status, out, errors = self.token("create", "ci", "--store", str(good))
        again = self.token("create", "cd", "--store", str(good))
        self.tally.check("the first token makes it, and says so", [] if status == 0 and out.startswith("vt_") and "a new store is made" in errors and again[0] == 0 and "a new store" not in again[2] else [f"status {status}: {errors}", f"{again}"])
        in_state = self.token("create", "ce", environment={"STATE_DIRECTORY": str(folder)})
        listed = self.token("list", "--store", str(good))
        revoked = [self.token("revoke", name, "--store", str(good))[0] for name in ("ci", "ci")]
        self.tally.check("it is listed and revoked there", [] if in_state[0] == 0 and all(name in listed[1] for name in ("ci ", "cd ", "ce ")) and revoked == [0, 2] else [f"{in_state}, {listed}, {revoked}"])
        status, out, _ = self.token("--help")
        self.tally.check("--help says what roles may do", [] if status == 0 and all(f"  {role} " in out for role in ("read", "scan", "admin")) else [out])

    # ---- systemd's protocols ----

    def supervision(self):
        tcp, unix = supervisor.listening_tcp(), supervisor.listening_unix(self.work / "api.sock")
        each = self.supervised("supervised", {"hooks": [hook()]}, sockets=[tcp, unix], watchdog=WATCHDOG)
        # Whoever knocks before it is there waits.
        early = http.client.HTTPConnection(*tcp.getsockname(), timeout=20)
        early.request("GET", "/healthz")
        with self.running(each):
            self.tally.check("who knocked before the start is answered", [] if early.getresponse().status == 200 else ["no"])
            early.close()
            self.tally.check("READY=1 comes once it serves", [] if [value for _, value in each.told("READY")] == ["1"] and each.told("STATUS") else [f"{each.notices}"])
            self.tally.check("the passed TCP socket serves", [] if get_over(http.client.HTTPConnection(*tcp.getsockname(), timeout=20), "/readyz")[0] == 200 else ["no"])
            status, body = get_over(UnixConnection(self.work / "api.sock"), "/api/v1/jobs")
            self.tally.check("the passed Unix socket serves, and its own user is admin", [] if status == 200 else [f"HTTP {status}: {body[:300]!r}"])
            self.tally.check("the configured address is not listened on beside them", [] if not self.listens(each.port) else ["it is"])
            time.sleep(4 * WATCHDOG)
            signs = [when for when, value in each.told("WATCHDOG") if value == "1"]
            gaps = [later - sooner for sooner, later in zip(signs, signs[1:])]
            self.tally.check("signs of life come within the watchdog's time", [] if len(signs) >= 4 and max(gaps) < WATCHDOG else [f"{gaps}"])
            limits = pathlib.Path(f"/proc/{each.process.pid}/limits").read_text(encoding="utf-8")
            self.tally.check("it leaves no core", [] if re.search(r"Max core file size +0 +0 ", limits) else [limits])
        self.tally.check("STOPPING=1 is told, and it ends with 0", [] if each.told("STOPPING") and each.process.returncode == 0 else [f"{each.told('STOPPING')}, status {each.process.returncode}"])
        self.tally.check("the socket's file stays systemd's", [] if (self.work / "api.sock").exists() else ["it is gone"])

        # Sockets for another process are none of ours.
        each.spawn(wrong_pid=True)
        try:
            served = wait_for(lambda: len(each.told("READY")) == 2, 20)
            self.tally.check("with another's LISTEN_PID the configured address serves", [] if served and each.get("/healthz", token=None)[0] == 200 else [each.log()[-500:]])
        finally:
            each.stop()
        tcp.close()
        unix.close()

    def directories(self):
        """State and credentials where systemd puts them."""
        state, credentials = self.work / "state", self.work / "credentials"
        state.mkdir()
        credentials.mkdir()
        (credentials / "secrets_hook").write_text(HOOK_SECRET + "\n", encoding="utf-8")
        secret = {key: value for key, value in hook().items() if key != "secret_env"}
        each = self.supervised("directories", {"hooks": [{**secret, "secret_credential": "secrets_hook"}]}, {"STATE_DIRECTORY": str(state), "CREDENTIALS_DIRECTORY": str(credentials)})
        each.store = ""
        with self.running(each):
            status = each.request("POST", "/hooks/plain", push(1), BEARER, token=None)[0]
            modes = {path.name: oct(path.stat().st_mode & 0o777) for path in state.iterdir()}
            self.tally.check("the store is in STATE_DIRECTORY, for its user alone", [] if modes.get("store.sqlite") == "0o600" and set(modes.values()) == {"0o600"} else [f"{modes}"])
            self.tally.check("a secret comes from CREDENTIALS_DIRECTORY", [] if status == 202 else [f"HTTP {status}"])

    # ---- reload ----

    def metric(self, each, name, **labels):
        """The sum of its samples that have these labels."""
        text = each.get("/metrics", token=None)[2].decode()
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}[{{ ]", line) and all(each in line for each in wanted))

    def reload(self, each):
        ready = len(each.told("READY"))
        each.process.send_signal(signal.SIGHUP)
        return wait_for(lambda: len(each.told("READY")) > ready, 20, 0.005)

    def reloads(self):
        each = self.supervised("reloads", {"hooks": [hook()]})
        with self.running(each):
            status = each.request("POST", "/hooks/second", push(1), BEARER, token=None)[0]
            each.settings = {"hooks": [hook(), hook("second")], "log": {"level": "warn", "format": "json"}}
            each.write_config()
            done = self.reload(each)
            when, usec = (each.told("MONOTONIC_USEC") or [(0, "0")])[-1]
            near = abs(when - int(usec) / 1e6) < 5
            self.tally.check("RELOADING=1, with its time, then READY=1", [] if done and near and each.told("RELOADING")[0][0] <= each.told("READY")[-1][0] else [f"{each.notices}"])
            again = each.request("POST", "/hooks/second", push(2), BEARER, token=None)[0]
            self.tally.check("a new sender is known after it", [] if (status, again) == (404, 202) else [f"HTTP {status}, then {again}"])
            size = len(each.log())
            each.get("/healthz", token=None)
            time.sleep(0.1)
            self.tally.check("the log's level changes with it", [] if len(each.log()) == size else [each.log()[size:]])
            self.tally.check("it needs no restart", [] if "at a restart only" not in each.log() and each.told("STATUS")[-1][1] == "serving" else [f"{each.told('STATUS')}", each.log()[-500:]])
            before = dict(each.settings)
            each.settings = {**before, "listen": "127.0.0.1:1", "store": str(each.folder / "other.sqlite"), "workers": 5, "http": {"idle_time": "5s"}, "queue": {"most_waiting": 7}, "jobs": 3}
            each.write_config()
            done = self.reload(each)
            told = "changed, and waiting for a restart: listen, http, store, workers, queue"
            self.tally.check("what needs a restart is named", [] if done and "listen, http, store, workers, queue" in each.log() and told in each.told("STATUS")[-1][1] and each.get("/healthz", token=None)[0] == 200 and
                             not (each.folder / "other.sqlite").exists() else [f"{each.told('STATUS')[-1]}", each.log()[-600:]])
            each.settings = before
            each.write_config()
            self.reload(each)
            self.tally.check("and no more once it is as before", [] if each.told("STATUS")[-1][1] == "serving" else [f"{each.told('STATUS')[-1]}"])
            good = each.config.read_text(encoding="utf-8")
            each.config.write_text(good.replace('"hooks"', '"hoooks"'), encoding="utf-8")
            done = self.reload(each)
            line = good[:good.index('"hooks"')].count("\n") + 1
            told = re.search(rf'veritag.yaml:{line}:\d+: \\"hoooks\\" is unknown', each.log())
            kept = each.request("POST", "/hooks/second", push(3), BEARER, token=None)[0]
            counts = [self.metric(each, "veritag_reloads_total", result=result) for result in ("done", "refused")]
            self.tally.check("a wrong file is told with its line, and the old settings go on", [] if done and told and kept == 202 and counts == [3, 1] else [f"done {done}, HTTP {kept}, {counts}", each.log()[-600:]])
            each.config.unlink()
            done = self.reload(each)
            self.tally.check("so it is with one that is gone", [] if done and each.request("POST", "/hooks/second", push(4), BEARER, token=None)[0] == 202 else [each.log()[-600:]])
            lines = [json.loads(line) for line in each.log().splitlines()]
            self.tally.check("each line of the log is an object with time, level and message", [json.dumps(line) for line in lines if not {"time", "level", "message"} <= set(line)])

    def certificate(self, name):
        """A key and a certificate that it signed itself; returns its fingerprint."""
        key, certificate = self.work / f"{name}.key", self.work / f"{name}.crt"
        registry.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
                     "-keyout", str(key), "-out", str(certificate))
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text(encoding="utf-8"))).hexdigest()

    def install(self, certificate, key=None):
        shutil.copy(self.work / f"{certificate}.crt", self.work / "server.crt")
        shutil.copy(self.work / f"{key or certificate}.key", self.work / "server.key")

    def certificates(self):
        first, second, third = (self.certificate(name) for name in ("first", "second", "third"))
        self.install("first")
        each = self.supervised("tls", {})
        each.settings = {"listen": [{"address": f"127.0.0.1:{each.port}", "tls": True}], "tls": {"certificate_file": str(self.work / "server.crt"), "key_file": str(self.work / "server.key")}}

        def served():
            with socket.create_connection(("127.0.0.1", each.port), 20) as plain:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                with context.wrap_socket(plain) as secured:
                    return hashlib.sha256(secured.getpeercert(binary_form=True)).hexdigest()

        with self.running(each):
            context = ssl._create_unverified_context()
            lasting = http.client.HTTPSConnection("127.0.0.1", each.port, timeout=20, context=context)
            lasting.request("GET", "/healthz")
            lasting.getresponse().read()
            before = served()
            self.install("second")
            self.reload(each)
            after = wait_for(lambda: served() == second)
            self.tally.check("a reload serves the new certificate", [] if before == first and after else [f"{before} then {served()}, expected {first} then {second}", each.log()[-500:]])
            lasting.request("GET", "/healthz")
            self.tally.check("connections that stand go on", [] if lasting.getresponse().read() == b"ok\n" else ["no"])
            lasting.close()
            for what, spoil in (("a certificate of another key", lambda: self.install("third", "first")), ("a broken certificate", lambda: (self.work / "server.crt").write_text("-----BEGIN", encoding="utf-8")),
                                ("a key that is gone", lambda: (self.work / "server.key").unlink())):
                spoil()
                said = each.log().count("the certificates could not be read")
                self.reload(each)
                told = wait_for(lambda: each.log().count("the certificates could not be read") > said, 10)
                self.tally.check(f"{what}: the old one stays, and the log says why", [] if told and served() == second else [served(), each.log()[-500:]])
            self.install("third")
            self.reload(each)
            self.tally.check("and with good ones it goes on", [] if wait_for(lambda: served() == third) else [served(), each.log()[-500:]])

    # ---- a full disk ----

    @contextlib.contextmanager
    def small_disk(self):
        folder = self.work / "disk"
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "veritag-test", str(folder)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            self.tally.skip("a full disk", f"a tmpfs cannot be mounted: {done.stderr.strip()}")
            yield None
            return
        try:
            yield folder
        finally:
            subprocess.run(["umount", str(folder)], check=True)

    def full_disk(self):
        with self.small_disk() as folder:
            if folder is None:
                return
            each = self.supervised("full", {"hooks": [hook()], "settle": "1h"})
            each.store = folder / "store.sqlite"
            each.token = each.make_token("tests", "admin")
            with self.running(each):
                taken = [0] if each.request("POST", "/hooks/plain", push(0), BEARER, token=None)[0] == 202 else []
                ballast = folder / "ballast"
                with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as out:
                    while True:
                        out.write(b"x" * 4096)
                answers = []
                for number in range(1, 400):  # what room the log of the store has left is used up first
                    status = each.request("POST", "/hooks/plain", push(number), BEARER, token=None)[0]
                    answers.append(status)
                    if status == 202:
                        taken.append(number)
                    elif answers[-3:] == [503] * 3:
                        break
                self.tally.check(f"on a full disk webhooks are answered 503 (after {len(answers) - 3} more were taken)", [] if answers[-3:] == [503] * 3 and set(answers) <= {202, 503} else [f"{answers[-10:]}"])
                status, headers, body = each.get("/readyz", token=None)
                problem = json.loads(body) if status == 503 else {}
                self.tally.check("/readyz says 503, for how long, and not why to everybody", [] if status == 503 and headers["Content-Type"] == "application/problem+json" and headers["Retry-After"] and
                                 problem.get("status") == 503 and "sqlite" not in json.dumps(problem) else [f"HTTP {status} {body[:300]!r}"])
                self.tally.check("metrics say that the store cannot be written", [] if self.metric(each, "veritag_store_writable") == 0 and self.metric(each, "veritag_store_failures_total", part="state") >= 3 else [
                    each.get("/metrics", token=None)[2].decode()[:2000]])
                self.tally.check("/healthz and /metrics go on", [] if each.get("/healthz", token=None)[0] == 200 and self.metric(each, "veritag_hooks_total", result="not taken") >= 3 else [
                    each.get("/metrics", token=None)[2].decode()[:2000]])
                self.tally.check("the log says what is the matter", [] if "full" in each.log() else [each.log()[-600:]])
                status = each.post("/api/v1/scans", {"image": "registry.invalid/a/b:1"})[0]
                self.tally.check("an order is answered 503, too", [] if status == 503 else [f"HTTP {status}"])
                ballast.unlink()
                ready = wait_for(lambda: each.get("/readyz", token=None)[0] == 200, 10)
                status = each.request("POST", "/hooks/plain", push(1000), BEARER, token=None)[0]
                self.tally.check("and that it can again", [] if wait_for(lambda: self.metric(each, "veritag_store_writable") == 1, 10) else [each.log()[-500:]])
                self.tally.check("with room everything works again", [] if ready and status == 202 else [f"ready {ready}, HTTP {status}", each.log()[-500:]])
                waiting = {job["about"].rsplit(":", 1)[1] for job in each.jobs(state="waiting")}
                expected = {f"1.{number}-oe2203sp4" for number in [*taken, 1000]}
                self.tally.check("what was taken is there, and nothing else", [] if waiting == expected else [f"lost {sorted(expected - waiting)}, too many {sorted(waiting - expected)}"])

    # ---- the end ----

    def open_request(self, each, body):
        """A webhook of which the first half was sent."""
        connection = socket.create_connection(("127.0.0.1", each.port), 20)
        connection.sendall(f"POST /hooks/plain HTTP/1.1\r\nHost: x\r\nAuthorization: {BEARER['Authorization']}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:10])
        time.sleep(0.2)
        return connection

    def stopping(self):
        each = self.supervised("stopping", {"hooks": [hook()], "settle": "1h"})
        each.token = each.make_token("tests", "admin")
        each.start(arguments=["--drain-seconds", "10"])
        body = push(7)
        connection = self.open_request(each, body)
        each.process.send_signal(signal.SIGTERM)
        stopping = wait_for(lambda: each.told("STOPPING"), 5)
        time.sleep(0.3)
        refused = not self.listens(each.port)
        alive = each.process.poll() is None
        connection.sendall(body[10:])
        answer = connection.recv(4096).decode()
        connection.close()
        status = each.process.wait(10)
        self.tally.check("SIGTERM lets a request end, and takes no new one", [] if stopping and refused and alive and answer.startswith("HTTP/1.1 202") and status == 0 else [
            f"stopping {bool(stopping)}, refused {refused}, alive {alive}, status {status}: {answer[:100]!r}"])
        each.start()
        kept = [job for job in each.jobs(state="waiting") if job["about"].endswith(":1.7-oe2203sp4")]
        each.stop()
        self.tally.check("and what it asked for is done after the restart", [] if len(kept) == 1 else [f"{kept}"])

        each.start(arguments=["--drain-seconds", "1"])
        connection = self.open_request(each, body)
        started = time.monotonic()
        each.process.send_signal(signal.SIGTERM)
        status = each.process.wait(15)
        took = time.monotonic() - started
        connection.close()
        self.tally.check(f"a request that never ends holds it no longer than it may ({took:.1f} s of 1 s)", [] if status == 0 and 0.8 < took < 4 else [f"status {status} after {took:.1f} s"])

    def job_given_back(self):
        silent = Silent()
        each = self.supervised("job", {"registries": [{"registry": silent.host, "plain_http": True, "internal": True}]})
        each.token = each.make_token("tests", "admin")
        with self.running(each):
            each.post("/api/v1/scans", {"image": f"{silent.host}/openeuler/app:1.0-oe2203sp4"})
            runs = wait_for(lambda: silent.taken and each.jobs(state="running"), 10)
            started = time.monotonic()
            status = each.stop()
            took = time.monotonic() - started
        with contextlib.closing(sqlite3.connect(each.store)) as connection:
            rows = connection.execute("SELECT state, attempts, lost FROM jobs").fetchall()
        self.tally.check(f"a job under way is given back unharmed ({took:.1f} s)", [] if runs and status == 0 and rows == [(0, 0, 0)] and took < 10 else [f"ran {bool(runs)}, status {status}, {rows}, {took:.1f} s",
                                                                                                                                                          each.log()[-500:]])

    # ---- containers ----

    def container(self):
        """What the Containerfile does to the configuration, and its own check of health."""
        text = (SOURCE / "Containerfile").read_text(encoding="utf-8")
        changed = self.work / "container.yaml"
        shutil.copy(SOURCE / "etc/veritag.example.yaml", changed)
        command = re.search(r"sed -i '([^']+)' /etc/veritag/veritag.yaml", text).group(1)
        registry.run("sed", "-i", command, str(changed))
        each = self.supervised("container", {})
        changed.write_text(changed.read_text(encoding="utf-8").replace("- :8080", f"- :{each.port}"), encoding="utf-8")
        check = json.loads(re.search(r"^HEALTHCHECK .*CMD (\[.*\])$", text, re.MULTILINE).group(1))
        check = [part.replace("8080", str(each.port)) for part in check]
        each.write_config = lambda *_: shutil.copy(changed, each.config)
        each.environment["STATE_DIRECTORY"] = str(each.folder)
        asked = subprocess.run(check, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=20).returncode
        with self.running(each, re.search(r'^CMD \["serve", "--config", "[^"]+", (.*)\]$', text, re.MULTILINE).group(1).replace('"', "").split(", ")):
            healthy = subprocess.run(check, stdin=subprocess.DEVNULL, check=False, timeout=20).returncode
        everywhere = re.search(r"listening address=(\[::\]|0\.0\.0\.0):", each.log())
        self.tally.check("a container's daemon listens everywhere, and its check of health sees it", [] if asked != 0 and healthy == 0 and everywhere else [f"{asked} before, {healthy} then", each.log()[:500]])

    # ---- what is written down ----

    def log_keeps_secrets(self):
        each = self.supervised("secrets", {"hooks": [hook(), hook("quay", "quay", "path")]})
        each.token = each.make_token("tests", "admin")
        with self.running(each):
            json_body = {"Content-Type": "application/json"}
            answers = [each.request("POST", "/hooks/plain", push(1), BEARER, token=None)[0], each.request("POST", f"/hooks/plain?access_token={HOOK_SECRET}", push(2), json_body, token=None)[0],
                       each.request("POST", "/hooks/plain", push(3), {**json_body, "Authorization": "Bearer a-wrong-one-of-somebody"}, token=None)[0], each.get("/api/v1/images")[0],
                       each.get("/api/v1/images", token="vt_a-wrong-one-of-somebody")[0], each.request("POST", f"/hooks/quay/{HOOK_SECRET}", b"{", json_body, token=None)[0],
                       each.request("POST", "/hooks/quay/a-wrong-one-of-somebody", b"{", json_body, token=None)[0]]
            each.config.write_text(each.config.read_text(encoding="utf-8").replace('"plain"', '"pla in"'), encoding="utf-8")
            self.reload(each)
            time.sleep(0.1)
            secrets = {"the sender's secret": HOOK_SECRET, "the token": each.token, "a wrong one": "a-wrong-one-of-somebody"}
            found = [f"{name} is there" for name, text in secrets.items() if text in each.log()]
            self.tally.check("no secret of a header, a query or a path is in the log, right or wrong", [] if answers == [202, 202, 401, 200, 401, 400, 401] and not found else [f"HTTP {answers}", *found])
            lines = [json.loads(line) for line in each.log().splitlines()]
            requests = [line for line in lines if line["message"] == "request"]
            self.tally.check("each request has an id of its own in the log", [] if len(requests) == 7 and len({line.get("request") for line in requests}) == 7 else [f"{requests}"])

    def run(self):
        started = time.monotonic()
        for part in (self.check_config, self.named_files, self.credentials, self.token_stores, self.supervision, self.directories, self.reloads, self.certificates, self.full_disk, self.stopping, self.job_given_back, self.container, self.log_keeps_secrets):
            part()
        skipped = f", {len(self.tally.skipped)} skipped" if self.tally.skipped else ""
        print(f"{self.tally.passed} passed, {self.tally.failed} failed{skipped} ({time.monotonic() - started:.0f} s)")
        return 1 if self.tally.failed or not self.tally.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True, help="the program under test")
    parser.add_argument("--work", default=str(SOURCE / "build/operations"), help="directory for stores and logs")
    parser.add_argument("--verbose", action="store_true", help="print what passed, too")
    return Operations(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
