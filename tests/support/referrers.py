"""A proxy before a registry that lists referrers itself, or says in one of many ways that it does not.

Debian's docker-registry has no referrers API, so this keeps what was pushed with a subject and answers as the distribution specification
(1.1, "Listing Referrers") has it; everything else is the real registry's.
"""
import hashlib
import http.client
import http.server
import json
import re
import threading
import urllib.parse

INDEX = "application/vnd.oci.image.index.v1+json"
HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "host")


class Proxy(http.server.ThreadingHTTPServer):
    """`mode`: `lists` (one entry a page), `unfiltered` (whatever was asked for, and without artifact types), or what it says in place of a list:
    `404`, `405`, `406`, `401` (without a challenge), `html`. With `if_match` a tag is put only while it is what the client says."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, server, mode="lists", if_match=False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream, self.mode, self.if_match = server.host, mode, if_match
        self.host = f"127.0.0.1:{self.server_address[1]}"
        self.lock, self.referrers, self.requests, self.refused = threading.Lock(), {}, [], 0
        self.refuse_pushes = 0  # a status
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """Whoever asked went away."""

    def made(self, *methods):
        with self.lock:
            return [(method, path) for method, path in self.requests if not methods or method in methods]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock:
            self.server.requests.append((self.command, self.path))
        if self.server.refuse_pushes and self.command in ("POST", "PUT"):
            return self.answer(self.server.refuse_pushes, b'{"errors":[{"code":"DENIED","message":"no pushes today"}]}', [("Content-Type", "application/json")])
        address = urllib.parse.urlsplit(self.path)
        listing = re.fullmatch(r"/v2/(.+)/referrers/(sha256:[0-9a-f]{64})", address.path)
        if listing and self.command == "GET":
            return self.list_referrers(address, *listing.groups())
        manifest = re.fullmatch(r"/v2/(.+)/manifests/([^/]+)", address.path)
        if manifest and self.command == "PUT" and self.server.if_match:
            with self.server.lock:  # one at a time: the test and the write are one step
                return self.put_if_unchanged(body)
        return self.pass_on(body, manifest.group(1) if manifest and self.command == "PUT" else None)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def ask(self, method, path, body=b"", headers=None):
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=60)
        try:
            upstream.request(method, path, body, {**(headers or {}), "Content-Length": str(len(body)), "Host": self.server.host})
            answer = upstream.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            upstream.close()

    def put_if_unchanged(self, body):
        wanted = self.headers.get("If-Match")
        if wanted:
            status, headers, _ = self.ask("HEAD", self.path, headers={"Accept": INDEX})
            if status != 200 or wanted not in [value for name, value in headers if name.lower() == "etag"]:
                self.server.refused += 1
                return self.answer(412)
        return self.pass_on(body, None)

    def pass_on(self, body, pushed_to):
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        status, answered, content = self.ask(self.command, self.path, body, headers)
        more = []
        if pushed_to and status == 201 and self.server.mode in ("lists", "unfiltered"):
            value = json.loads(body)
            if "subject" in value:
                entry = {"mediaType": value["mediaType"], "digest": "sha256:" + hashlib.sha256(body).hexdigest(), "size": len(body), "artifactType": value.get("artifactType"), "annotations": value.get("annotations", {})}
                with self.server.lock:
                    known = self.server.referrers.setdefault((pushed_to, value["subject"]["digest"]), [])
                    known[:] = [each for each in known if each["digest"] != entry["digest"]] + [entry]
                more = [("OCI-Subject", value["subject"]["digest"])]
        length = [(name, value) for name, value in answered if name.lower() == "content-length"]
        kept = [(name, value) for name, value in answered if name.lower() not in HOP_BY_HOP]
        if self.command != "HEAD":
            return self.answer(status, content, kept + more)
        self.send_response_only(status)
        for name, value in kept + length:
            self.send_header(name, value)
        self.end_headers()

    def list_referrers(self, address, repository, digest):
        mode = self.server.mode
        if mode.isdigit():
            return self.answer(int(mode), b"404 page not found" if mode == "404" else b"")
        if mode == "html":
            return self.answer(200, b"<html>hello</html>", [("Content-Type", "text/html")])
        query = urllib.parse.parse_qs(address.query)
        with self.server.lock:
            entries = [dict(each) for each in self.server.referrers.get((repository, digest), [])]
        headers = [("Content-Type", INDEX)]
        if mode == "unfiltered":
            for each in entries:
                del each["artifactType"]
        else:
            if "artifactType" in query:
                entries = [each for each in entries if each["artifactType"] == query["artifactType"][0]]
                headers.append(("OCI-Filters-Applied", "artifactType"))
            at = int(query.get("at", ["0"])[0])
            if at + 1 < len(entries):
                more = urllib.parse.urlencode({**{name: values[0] for name, values in query.items()}, "at": at + 1})
                headers.append(("Link", f"<{address.path}?{more}>; rel=\"next\""))
            entries = entries[at:at + 1]
        self.answer(200, json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode(), headers)
