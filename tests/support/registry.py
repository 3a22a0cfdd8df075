"""A real registry on loopback (Debian's docker-registry, distribution/distribution), and ways to push to it."""
import base64
import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.parse

USER, PASSWORD = "tester", "correct horse"
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent():
    """Runs in the new process: whatever ends the test, a time limit included, ends the registry too."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **{"stdin": subprocess.DEVNULL, **options})
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:4])} … ended with status {done.returncode}:\n{done.stdout}")
    return done.stdout


def make_certificates(folder):
    """A certificate authority and a server certificate for 127.0.0.1 and localhost; returns their paths."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, subject in (("ca", "/CN=Sample authority"), ("other-ca", "/CN=Another authority")):
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", subject, "-keyout", str(folder / f"{name}.key"),
            "-out", str(folder / f"{name}.crt"))
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", str(folder / "server.key"), "-out", str(folder / "server.csr"))
    (folder / "server.ext").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n", encoding="utf-8")
    run("openssl", "x509", "-req", "-in", str(folder / "server.csr"), "-CA", str(folder / "ca.crt"), "-CAkey", str(folder / "ca.key"), "-CAcreateserial",
        "-days", "30", "-extfile", str(folder / "server.ext"), "-out", str(folder / "server.crt"))
    return folder


class Registry(contextlib.AbstractContextManager):
    """Runs while the `with` block runs. With `certificates` it speaks TLS and asks for USER and PASSWORD.

    `data` is where it keeps what was pushed: a second registry may serve what the first one has.
    """

    def __init__(self, folder, certificates=None, data=None):
        self.folder, self.certificates, self.process = pathlib.Path(folder), certificates, None
        self.own_data = data is None
        self.data = pathlib.Path(data or self.folder / "data")

    @property
    def scheme(self):
        return "https" if self.certificates else "http"

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for _ in range(5):  # another program may take the port between its choice and its use
            self.port = free_port()
            self.host = f"127.0.0.1:{self.port}"
            if self.start():
                return self
        raise RuntimeError(f"docker-registry did not start:\n{self.log()}")

    def configuration(self):
        lines = ["version: 0.1", "log: {level: warn, accesslog: {disabled: true}}", "storage:", f"  filesystem: {{rootdirectory: {json.dumps(str(self.data))}}}",
                 "http:", f"  addr: 127.0.0.1:{self.port}", f"  secret: {'0' * 32}"]
        if self.certificates:
            users = self.folder / "users"
            users.write_text(run("htpasswd", "-Bbn", USER, PASSWORD), encoding="utf-8")
            lines += [f"  tls: {{certificate: {json.dumps(str(self.certificates / 'server.crt'))}, key: {json.dumps(str(self.certificates / 'server.key'))}}}",
                      f"auth: {{htpasswd: {{realm: samples, path: {json.dumps(str(users))}}}}}"]
        return "\n".join(lines) + "\n"

    def start(self):
        configuration = self.folder / "config.yml"
        configuration.write_text(self.configuration(), encoding="utf-8")
        with open(self.folder / "log", "ab") as log:
            # Its own session, so that Ctrl-C reaches this program first, which then ends the registry. With Go's default it would clear its small memory
            # away so often that this took a third of its time, and it takes more time than what is tested.
            self.process = subprocess.Popen(["docker-registry", "serve", str(configuration)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={"GOGC": "400", **os.environ},
                                            start_new_session=True, preexec_fn=end_with_parent)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.request("GET", "/v2/")[0] == 200:
                    return True
            time.sleep(0.05)
        self.stop()
        return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __exit__(self, *_):
        self.stop()
        if self.own_data:
            shutil.rmtree(self.data, ignore_errors=True)

    def log(self):
        with contextlib.suppress(OSError):
            return (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:]
        return ""

    def connection(self):
        if self.certificates:
            return http.client.HTTPSConnection(self.host, timeout=60, context=ssl.create_default_context(cafile=str(self.certificates / "ca.crt")))
        return http.client.HTTPConnection(self.host, timeout=60)

    def request(self, method, path, body=None, headers=None):
        """Status, headers and body. `body` may be an open file; then `headers` must hold its Content-Length."""
        headers = dict(headers or {})
        if self.certificates:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        connection = self.connection()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def put_blob(self, repository, digest, body, size):
        """Uploads a blob: POST for an upload address, then one PUT (OCI distribution specification, "Pushing blobs")."""
        status, headers, answer = self.request("POST", f"/v2/{repository}/blobs/uploads/", headers={"Content-Length": "0"})
        if status != 202:
            raise RuntimeError(f"upload to {repository}: HTTP {status} {answer[:300]!r}")
        address = urllib.parse.urlsplit(headers["Location"])
        path = f"{address.path}?{address.query}{'&' if address.query else ''}digest={urllib.parse.quote(digest)}"
        status, _, answer = self.request("PUT", path, body, {"Content-Length": str(size), "Content-Type": "application/octet-stream"})
        if status != 201:
            raise RuntimeError(f"upload of {digest} to {repository}: HTTP {status} {answer[:300]!r}")

    def put(self, repository, tag, descriptor, blobs):
        """Pushes what `images.Layout.add` returned, byte for byte. For what skopeo would refuse or mend."""
        manifests = dict(blobs.manifests)
        for digest, content in blobs.blobs.items():
            if digest not in manifests:
                self.put_blob(repository, digest, content, len(content))
        for digest, media_type in blobs.manifests:
            name = tag if digest == descriptor["digest"] else digest
            status, _, answer = self.request("PUT", f"/v2/{repository}/manifests/{name}", blobs.blobs[digest], {"Content-Type": media_type})
            if status != 201:
                raise RuntimeError(f"manifest {repository}:{name}: HTTP {status} {answer[:300]!r}")

    def skopeo(self, layout, name, repository, tag):
        """Pushes an image of an OCI layout with skopeo, as people do; digests stay what they are."""
        trust = ["--dest-cert-dir", str(self.certificates_for_skopeo()), "--dest-creds", f"{USER}:{PASSWORD}"] if self.certificates else ["--dest-tls-verify=false"]
        for attempt in range(3):
            try:
                return run("skopeo", "--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests", *trust, f"oci:{layout}:{name}", f"docker://{self.host}/{repository}:{tag}")
            except RuntimeError:
                # Where several push the same blob at once, docker-registry sometimes answers 500 or does not know it yet.
                if attempt == 2:
                    raise
                time.sleep(1)

    def certificates_for_skopeo(self):
        folder = self.folder / "skopeo"
        folder.mkdir(exist_ok=True)
        shutil.copy(self.certificates / "ca.crt", folder)
        return folder

    def auth_file(self, password=PASSWORD):
        """A credentials file as `docker login` writes it."""
        path = self.folder / "auth.json"
        secret = base64.b64encode(f"{USER}:{password}".encode()).decode()
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            json.dump({"auths": {self.host: {"auth": secret}}}, out)
        return path
