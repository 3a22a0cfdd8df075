"""A proxy before a registry that misbehaves as registries have been seen to (each fault once for a request, told by its path alone)."""
import email.utils
import hashlib
import http.client
import http.server
import json
import re
import secrets
import threading
import time

MENDED = ("429 seconds", "429 date", "429 text", "500", "503", "cut")  # by asking again
ONCE = MENDED + ("none",) * 34
USES = 12  # of a token; a few requests under way share one
NAMED = ("too long", "short")  # lengths that are wrong, of manifests and blobs


class Proxy(http.server.ThreadingHTTPServer):
    """`faults`: any of `once` (what a retry mends), `no digest`, `redirect` (blobs lie on another origin), `loop` (the next page is this
    one), `foreign link` (the next page lies on another host), `wrong lengths`, `tokens` (each is good for a few requests, whatever its
    lifetime says)."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, server, faults):
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream, self.faults = server.host, set(faults)
        self.host = f"127.0.0.1:{self.server_address[1]}"
        self.lock, self.seen, self.made, self.leaks = threading.Lock(), set(), {}, []
        self.tokens, self.refused = {}, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """Whoever asked went away; that is no news here."""

    def new_token(self):
        with self.lock:
            token = secrets.token_hex(8)
            self.tokens[token] = USES
            return token

    def is_admitted(self, authorization):
        token = (authorization or "").removeprefix("Bearer ")
        with self.lock:
            if self.tokens.get(token, 0) > 0:
                self.tokens[token] -= 1
                return True
            self.refused += token in self.tokens
            return False

    def fault(self, method, path):
        """What befalls this request; the same path has the same fault in every run, and is spared the second time."""
        with self.lock:
            if (method, path) in self.seen:
                return "none"
            self.seen.add((method, path))
            chosen = "none"
            if "once" in self.faults:
                chosen = ONCE[hashlib.sha256(f"{method} {path}".encode()).digest()[0] % len(ONCE)]
                if method == "HEAD" and chosen == "cut":
                    chosen = "500"
            if "wrong lengths" in self.faults and method == "GET" and "sha256:" in path and hashlib.sha256(path.encode()).digest()[0] % 8 == 0:
                chosen = NAMED[len(path) % 2]
            self.made[chosen] = self.made.get(chosen, 0) + 1
            return chosen


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.handle_one()

    def do_GET(self):
        self.handle_one()

    def refuse(self, status, headers=(), body=b'{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}'):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def answer_token(self):
        body = json.dumps({"token": self.server.new_token(), "expires_in": 3600}).encode()
        self.refuse(200, [("Content-Type", "application/json")], body)

    def challenge(self):
        repository = re.match(r"/v2/(.+)/(?:manifests|blobs|tags)/", self.path)
        scope = f"repository:{repository.group(1)}:pull" if repository else "registry:catalog:*"
        self.refuse(401, [("WWW-Authenticate", f'Bearer realm="http://{self.server.host}/token",service="mock",scope="{scope}"')], b'{"errors":[{"code":"UNAUTHORIZED"}]}')

    def handle_one(self):
        if "tokens" in self.server.faults and self.path.startswith("/token"):
            return self.answer_token()
        if "tokens" in self.server.faults and not self.path.startswith("/elsewhere") and not self.server.is_admitted(self.headers.get("Authorization")):
            return self.challenge()
        fault = self.server.fault(self.command, self.path)
        if fault.startswith("429"):
            value = {"429 seconds": "1", "429 date": email.utils.formatdate(time.time() + 1, usegmt=True), "429 text": "76.77\u00b5s, allowed: 44000/minute".encode().decode("latin-1")}[fault]
            return self.refuse(429, [("Retry-After", value)])
        if fault in ("500", "503"):
            return self.refuse(int(fault), body=b"<html>upstream is tired</html>")
        if "redirect" in self.server.faults and "/blobs/" in self.path and not self.path.startswith("/elsewhere"):
            # The same server under another name is another origin; whoever comes there brings no credentials.
            return self.refuse(307, [("Location", f"http://localhost:{self.server.server_address[1]}/elsewhere{self.path}")], b"")
        path = self.path.removeprefix("/elsewhere")
        if path != self.path and self.headers.get("Authorization"):
            self.server.leaks.append(path)
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=60)
        try:
            upstream.request(self.command, path, headers={name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")})
            answer = upstream.getresponse()
            body = answer.read()
            self.pass_on(answer, body, fault, path)
        except OSError:
            self.close_connection = True
        finally:
            upstream.close()

    def pass_on(self, answer, body, fault, path):
        faults = self.server.faults
        headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in ("content-length", "link", "date", "connection")]
        if "no digest" in faults:
            headers = [(name, value) for name, value in headers if name.lower() != "docker-content-digest"]
        listing = re.search(r"/(_catalog|tags/list)", path)
        if listing and "loop" in faults:
            headers.append(("Link", f'<{path}>; rel="next"'))
        if listing and "foreign link" in faults and listing.group(1) == "_catalog":
            headers.append(("Link", '<http://169.254.169.254/v2/_catalog?last=z>; rel="next"'))
        length = int(answer.getheader("Content-Length") or len(body)) if self.command == "HEAD" else len(body)
        if fault == "too long":
            length += 100
        if fault == "short":
            length -= 10
        self.send_response_only(answer.status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[:len(body) // 2] if fault == "cut" else body[:length])
        if fault in ("cut", "too long", "short"):
            self.close_connection = True
