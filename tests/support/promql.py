"""Enough of PromQL to see which metrics and labels an expression names, and whether it is put together rightly.

After prometheus.io/docs/prometheus/latest/querying/: selectors, ranges, offsets, aggregations, functions and operators; no subqueries.
"""
import re

FUNCTIONS = {"rate": "counter", "increase": "counter", "irate": "counter", "max_over_time": "gauge", "min_over_time": "gauge", "avg_over_time": "gauge",
             "histogram_quantile": None, "time": None, "sort_desc": None, "sort": None, "clamp_max": None, "clamp_min": None, "absent": None, "label_replace": None}
AGGREGATIONS = {"sum", "min", "max", "avg", "count", "topk", "bottomk"}
OPERATORS = {"and", "or", "unless", "bool", "offset", "on", "ignoring", "group_left", "group_right", "by", "without"}
TOKEN = re.compile(r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<duration>\d+(?:ms|[smhdwy])\b)|(?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)|(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)|
                           (?P<operator>==|!=|>=|<=|=~|!~|[-+*/%^<>=(){}\[\],]))""", re.VERBOSE)


class PromqlError(ValueError):
    pass


def tokens(expression):
    found, at = [], 0
    text = expression.strip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise PromqlError(f"not understood: {text[at:at + 30]!r}")
        found.append((match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    return found


class Selector:
    def __init__(self, metric):
        self.metric, self.labels, self.range, self.function = metric, {}, None, None

    @property
    def is_rate(self):
        return FUNCTIONS.get(self.function) == "counter"


def parse(expression):
    """Its selectors, and the labels that its result has where an aggregation says so, else None. PromqlError where it is no expression."""
    stack, selectors, outer, items, at = [], [], None, tokens(expression), 0

    def kind_and_text(i):
        return items[i] if i < len(items) else (None, None)

    def names(i):
        """A list of labels in brackets; where it ends."""
        found = []
        if kind_and_text(i)[1] != "(":
            raise PromqlError("labels in brackets are missing")
        i += 1
        while kind_and_text(i)[1] != ")":
            kind, text = kind_and_text(i)
            if kind != "name":
                raise PromqlError(f"no label: {text!r}")
            found.append(text)
            i += 1
            if kind_and_text(i)[1] == ",":
                i += 1
        return found, i + 1

    while at < len(items):
        kind, text = items[at]
        following = kind_and_text(at + 1)[1]
        if kind == "name" and text in AGGREGATIONS:
            if following in ("by", "without"):
                labels, at = names(at + 2)
            else:
                labels, at = [], at + 1
            if kind_and_text(at)[1] != "(":
                raise PromqlError(f"{text} has no operand")
            if outer is None:
                outer = set(labels)
            continue
        if kind == "name" and text in ("on", "ignoring", "by", "without"):
            _, at = names(at + 1)
            continue
        if kind == "name" and text in OPERATORS:
            at += 1
            continue
        if kind == "name" and following == "(":
            if text not in FUNCTIONS:
                raise PromqlError(f"no function: {text}")
            stack.append(("(", text))
            at += 2
            continue
        if kind == "name":
            selector = Selector(text)
            selector.function = next((function for _, function in reversed(stack) if function), None) if stack and stack[-1][1] else None
            selectors.append(selector)
            at += 1
            if kind_and_text(at)[1] == "{":
                at += 1
                while kind_and_text(at)[1] != "}":
                    (label_kind, label), (_, operator), (value_kind, value) = kind_and_text(at), kind_and_text(at + 1), kind_and_text(at + 2)
                    if label_kind != "name" or operator not in ("=", "!=", "=~", "!~") or value_kind != "string":
                        raise PromqlError(f"no matcher: {label} {operator} {value}")
                    selector.labels[label] = (operator, value[1:-1])
                    at += 3
                    if kind_and_text(at)[1] == ",":
                        at += 1
                at += 1
            if kind_and_text(at)[1] == "[":
                if kind_and_text(at + 1)[0] != "duration" or kind_and_text(at + 2)[1] != "]":
                    raise PromqlError("no range")
                selector.range = kind_and_text(at + 1)[1]
                at += 3
            if (selector.range is None) != (selector.function is None or FUNCTIONS[selector.function] is None):
                raise PromqlError(f"{selector.metric}: a range belongs into a function of ranges, and only there")
            continue
        if text == "(":
            stack.append(("(", None))
        elif text == ")":
            if not stack:
                raise PromqlError("a bracket too many")
            stack.pop()
        elif text in ("{", "}", "[", "]"):
            raise PromqlError(f"{text} out of place")
        at += 1
    if stack:
        raise PromqlError("a bracket is open")
    return selectors, outer


class Exposition:
    """A reply of /metrics (prometheus.io/docs/instrumenting/exposition_formats)."""

    def __init__(self, text):
        self.types, self.samples = {}, {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                for suffix in ("_bucket", "_sum", "_count") if kind == "histogram" else ("",):
                    self.types[name + suffix] = "counter" if kind == "histogram" else kind
            elif line and not line.startswith("#"):
                name, labels = re.match(r"([a-z_]+)(?:{(.*)})? \S+$", line).groups()
                self.samples.setdefault(name, []).append(dict(re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', labels or "")))

    def labels(self, name):
        return {label for sample in self.samples.get(name, []) for label in sample}

    def values(self, name, label):
        return {sample[label] for sample in self.samples.get(name, []) if label in sample}
