#!/usr/bin/env python3
"""The dashboard and the alerts against a daemon that has worked: every metric and label that they name is there, and means what they take it for.

usage: dashboards_test.py --veritag PROGRAM [--work DIR] [--verbose]
"""
import argparse
import http.client
import http.server
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import yaml

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import daemon  # noqa: E402
import fleet  # noqa: E402
import images  # noqa: E402
import promql  # noqa: E402
import registry  # noqa: E402
import run_matrix  # noqa: E402

wait_for = daemon.wait_for
HOOK_SECRET = "a-bearer-of-the-tests"
BEARER = {"Authorization": f"Bearer {HOOK_SECRET}", "Content-Type": "application/json"}
# Values of labels that the code gives and that one short run does not show; beside what the run shows, no others may be asked for.
RARE = {("veritag_images", "verdict"): {"pass", "warn", "unknown", "error"}}
OF_PROMETHEUS = {"up": {"job", "instance"}}
TARGET_LABELS = {"job", "instance"}  # that Prometheus adds


class Meter(http.server.ThreadingHTTPServer):
    """Passes on to a registry, and says in each reply what is left of a quota, as Docker Hub does."""

    daemon_threads = True

    def __init__(self, host):
        super().__init__(("127.0.0.1", 0), MeterHandler)
        self.behind = host
        self.host = f"127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class MeterHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        connection = http.client.HTTPConnection(self.server.behind, timeout=30)
        connection.request(self.command, self.path, headers={name: value for name, value in self.headers.items() if name != "Host"})
        answer = connection.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "date"):
                self.send_header(name, value)
        self.send_header("ratelimit-remaining", "76;w=21600")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET


class Dashboards:
    def __init__(self, options):
        self.work = pathlib.Path(options.work).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.tally = run_matrix.Tally(options.verbose)
        self.program = options.veritag
        self.dashboard = json.loads((SOURCE / "dashboards/veritag.json").read_text(encoding="utf-8"))
        self.rules = SOURCE / "dashboards/veritag.rules.yaml"

    def exposition(self):
        """What a daemon tells that has audited, taken and refused webhooks, and told somebody."""
        receiver = daemon.Receiver()
        with registry.Registry(self.work / "registry") as server:
            stack = [fleet.base_layer("22.03-LTS-SP3", "amd64", "first"), images.Layer([images.file("etc/number", "1")])]
            pusher = fleet.Pusher(server)
            pusher.image("openeuler/app", "1.0-oe2203sp4", {"amd64": stack})
            meter = Meter(server.host)
            settings = {"registries": [{"registry": meter.host, "plain_http": True, "internal": True}], "targets": [{"name": "fleet", "registry": meter.host}], "settle": "0s",
                        "hooks": [{"name": "plain", "kind": "generic", "registry": meter.host, "authentication": "bearer", "secret_env": "HOOK"}],
                        "notifications": [{"name": "chat", "kind": "webhook", "url": receiver.url, "internal": True, "secret_env": "SECRET"}]}
            each = daemon.Daemon(self.program, self.work / "daemon", settings, {"HOOK": HOOK_SECRET})
            each.token = each.make_token("tests", "admin")
            each.start()
            try:
                self.beginning(each.get("/metrics", token=None)[2].decode(), meter.host)
                each.post("/api/v1/audits", {"target": "fleet"})
                wait_for(lambda: self.jobs_done(each, "audit"), 30)
                pusher.image("openeuler/app", "1.1-oe2203sp4", {"amd64": stack})
                body = json.dumps({"repository": "openeuler/app", "tag": "1.1-oe2203sp4"}).encode()
                taken = each.request("POST", "/hooks/plain", body, BEARER, token=None)[0]
                refused = each.request("POST", "/hooks/plain", body, {}, token=None)[0]
                ignored = each.request("POST", "/hooks/plain", b'{"repository": "openeuler/app", "digest": "sha256:' + b"0" * 64 + b'"}', BEARER, token=None)[0]
                worked = wait_for(lambda: self.jobs_done(each, "scan") and self.jobs_done(each, "notice") and receiver.taken(), 30)
                each.process.send_signal(signal.SIGHUP)
                time.sleep(0.5)
                self.tally.check("a daemon has worked", [] if worked and (taken, refused) == (202, 401) else [f"HTTP {taken}, {refused}, {ignored}", each.log()[-1500:]])
                text = each.get("/metrics", token=None)[2].decode()
                each.stop()
                each.start()
                again = each.get("/metrics", token=None)[2].decode()
                ages = [[line for line in of.splitlines() if line.startswith("veritag_audit_timestamp_seconds{")] for of in (text, again)]
                self.tally.check("the age of an audit is known after a restart", [] if ages[0] and ages[0] == ages[1] else [f"{ages}"])
                each.settings["targets"][0]["name"] = "another"
                each.write_config()
                each.process.send_signal(signal.SIGHUP)
                gone = wait_for(lambda: b'veritag_audit_timestamp_seconds{' not in each.get("/metrics", token=None)[2], 10)
                self.tally.check("and not told of a target that was taken out", [] if gone else [each.log()[-800:]])
                return promql.Exposition(text)
            finally:
                each.stop()

    def beginning(self, text, host):
        """Counters of what is configured begin at 0: who asks for growth sees the first of something, too."""
        wanted = ['veritag_hooks_total{sender="plain",result="not taken"} 0', 'veritag_hooks_total{sender="plain",result="refused"} 0', 'veritag_notices_total{channel="chat",result="failed"} 0',
                  'veritag_notices_total{channel="chat",result="shown"} 0', 'veritag_jobs_total{kind="audit",result="failed"} 0', 'veritag_jobs_total{kind="scan",result="lost"} 0',
                  'veritag_http_requests_total{method="POST",status="503"} 0', f'veritag_registry_requests_total{{host="{host}",status="429"}} 0',
                  'veritag_store_failures_total{part="content"} 0', 'veritag_store_failures_total{part="state"} 0', 'veritag_store_writable 1']
        self.tally.check("counters begin at 0", [f"no {line}" for line in wanted if line not in text.splitlines()])

    @staticmethod
    def jobs_done(each, kind):
        return [job for job in each.jobs(kind=kind) if job["state"] == "done"]

    # ---- one expression ----

    def problems(self, expression, exposition):
        """What is wrong with it, and the labels that its result has; None where they are those of the metric."""
        try:
            selectors, outer = promql.parse(expression)
        except promql.PromqlError as error:
            return [f"{expression}: {error}"], None
        found = [f"{expression}: it names no metric"] if not selectors else []
        for selector in selectors:
            name = selector.metric
            if name in OF_PROMETHEUS:
                continue
            if name not in exposition.types:
                found.append(f"{name} is no metric of the daemon")
                continue
            if (exposition.types[name] == "counter") != selector.is_rate and selector.function != "max_over_time":
                found.append(f"{expression}: {name} is a {exposition.types[name]}, {'and' if selector.is_rate else 'and not'} asked for its growth")
            if name not in exposition.samples:
                found.append(f"{name} has no sample, so nothing is known of its labels")
                continue
            for label, (operator, value) in selector.labels.items():
                if label not in exposition.labels(name) | TARGET_LABELS:
                    found.append(f"{name} has no label {label}")
                elif operator in ("=", "=~") and label not in TARGET_LABELS and value != ".*":
                    known = exposition.values(name, label) | RARE.get((name, label), set())
                    found += [f"{name}: {label} is never {each!r}, but {sorted(known)}" for each in value.split("|") if each not in known]
        labels = set().union(*(exposition.labels(selector.metric) for selector in selectors)) | TARGET_LABELS
        if outer is not None and not outer <= labels | {"le"}:
            found.append(f"{expression}: nothing has the labels {sorted(outer - labels)}")
        return found, outer

    @staticmethod
    def named_labels(text):
        return set(re.findall(r"{{\s*(?:\$labels\.)?([a-z_]+)\s*}}", text))

    # ---- the dashboard ----

    def panels(self):
        return [panel for panel in self.dashboard["panels"] if panel["type"] != "row"]

    def dashboard_queries(self, exposition):
        problems, named, count = [], set(), 0
        for panel in self.panels():
            for target in panel["targets"]:
                count += 1
                expression = re.sub(r"\$__rate_interval", "5m", target["expr"])
                expression = re.sub(r"\$(instance|registry)", ".*", expression)
                wrong, outer = self.problems(expression, exposition)
                problems += [f"{panel['title']}: {each}" for each in wrong]
                if "$" in expression:
                    problems.append(f"{panel['title']}: an unknown variable in {expression}")
                if not wrong:
                    selectors, _ = promql.parse(expression)
                    named |= {selector.metric for selector in selectors}
                    labels = outer if outer is not None else exposition.labels(selectors[0].metric) | TARGET_LABELS
                    problems += [f"{panel['title']}: the legend names {label}" for label in self.named_labels(target["legendFormat"]) - labels]
                if target["datasource"]["uid"] != "${datasource}":
                    problems.append(f"{panel['title']}: another data source")
        self.tally.check(f"{count} queries of the dashboard ask for what is there", problems)
        unseen = {name for name in exposition.types if not name.endswith(("_sum", "_count"))} - named
        self.tally.check("and every metric is on it", sorted(unseen))

    def dashboard_form(self):
        problems, taken, ids = [], {}, [panel["id"] for panel in self.dashboard["panels"]]
        problems += ["ids are there twice"] * (len(set(ids)) != len(ids))
        for panel in self.dashboard["panels"]:
            place = panel["gridPos"]
            if place["x"] + place["w"] > 24:
                problems.append(f"{panel['title']} is too wide")
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    if taken.setdefault((x, y), panel["title"]) != panel["title"]:
                        problems.append(f"{panel['title']} lies on {taken[x, y]}")
                        break
        for panel in self.panels():
            references = [target["refId"] for target in panel["targets"]]
            problems += [f"{panel['title']}: {what}" for what, wrong in (("no title", not panel["title"]), ("no description", not panel["description"]), ("no unit", not panel["fieldConfig"]["defaults"].get("unit")),
                                                                         ("queries of one name", len(set(references)) != len(references))) if wrong]
        variables = {each["name"] for each in self.dashboard["templating"]["list"]}
        problems += [] if variables == {"datasource", "instance", "registry"} and self.dashboard["uid"] == "veritag" and self.dashboard["id"] is None else [f"variables {variables}"]
        self.tally.check(f"{len(self.panels())} panels lie beside each other and say what they show", sorted(set(problems)))

    # ---- the alerts ----

    def alerts(self, exposition):
        problems, names = [], set()
        document = yaml.safe_load(self.rules.read_text(encoding="utf-8"))
        rules = [rule for group in document["groups"] for rule in group["rules"]]
        for rule in rules:
            name = rule["alert"]
            wrong, outer = self.problems(rule["expr"], exposition)
            problems += [f"{name}: {each}" for each in wrong]
            known = outer if outer is not None else {"instance", "job"}
            annotations = rule.get("annotations", {})
            problems += [f"{name}: {label} is no label of it" for label in self.named_labels(annotations.get("summary", "") + annotations.get("description", "")) - known]
            problems += [f"{name}: keys {sorted(rule)}"] * (not {"alert", "expr", "labels", "annotations"} <= set(rule) <= {"alert", "expr", "for", "labels", "annotations"})
            problems += [f"{name}: severity {rule['labels']}"] * (rule["labels"].get("severity") not in ("warning", "critical"))
            problems += [f"{name}: summary and description are missing"] * (set(annotations) != {"summary", "description"})
            problems += [f"{name} is there twice"] * (name in names) + [f"{name} is no name"] * (not re.fullmatch(r"Veritag[A-Z][A-Za-z]+", name))
            problems += [f"{name}: compares nothing"] * (not re.search(r"[<>]|==", rule["expr"]))
            names.add(name)
        wanted = {"VeritagDown", "VeritagAuditTooOld", "VeritagDeadLetters", "VeritagStoreDown", "VeritagStoreNotWritable", "VeritagHooksNotTaken", "VeritagHooksRefused", "VeritagQuotaLow"}
        problems += [f"no {name}" for name in sorted(wanted - names)]
        self.tally.check(f"{len(rules)} alerts ask for what is there", problems)

    def checker(self, exposition):
        """What the checks above would miss is no check."""
        wrong = {"sum(veritag_images": "open", "sum(veritag_images))": "too many", "rate(veritag_jobs_total)": "range", "veritag_images[5m]": "range", "veritag_pictures > 0": "no metric", "veritag_hooks_total > 0": "growth",
                 "rate(veritag_images[5m])": "growth", 'veritag_images{colour="red"} > 0': "no label colour", 'veritag_images{verdict="failed"} > 0': "never 'failed'", "sum by (colour) (veritag_images)": "colour",
                 "summ(veritag_images)": "no function", "veritag_images{verdict=fail}": "no matcher", "1 + 1": "no metric"}
        missed = [f"{expression}: {found}" for expression, words in wrong.items() for found in [self.problems(expression, exposition)[0]] if not any(words in each for each in found)]
        self.tally.check(f"{len(wrong)} wrong expressions are seen", missed)

    def promtool(self):
        """Prometheus' own word, where it is installed."""
        if shutil.which("promtool") is None:
            return
        for arguments in (["check", "rules", str(self.rules)], ["test", "rules", str(SOURCE / "tests/data/alerts/veritag.rules.test.yaml")]):
            done = subprocess.run(["promtool", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            self.tally.check(f"promtool {' '.join(arguments[:2])}", [] if done.returncode == 0 else [done.stdout[-1500:]])

    def run(self):
        started = time.monotonic()
        exposition = self.exposition()
        for part in (self.dashboard_queries, self.alerts, self.checker):
            part(exposition)
        self.dashboard_form()
        self.promtool()
        print(f"{self.tally.passed} passed, {self.tally.failed} failed ({time.monotonic() - started:.0f} s)")
        return 1 if self.tally.failed or not self.tally.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True, help="the program under test")
    parser.add_argument("--work", default=str(SOURCE / "build/dashboards"), help="directory for registry and store")
    parser.add_argument("--verbose", action="store_true", help="print what passed, too")
    return Dashboards(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
