"""What an SPDX 2.3 document in JSON must be, for sbom_test.py.

No package of npm or Debian carries the SPDX 2.3 schema or a validator, so this is no official check. It is written anew from the
specification: required members, value sets and patterns as spdx/spdx-spec: schemas/spdx-schema.json (2.3) has them for what
veritag writes, with unknown members refused; and from the chapters what a schema cannot say: identifiers are unique, both ends
of each relationship exist, the document describes something, every package hangs together with what is described.
"""
import re

TIME = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
ELEMENT = r"SPDXRef-[a-zA-Z0-9.-]+"
LICENCE = r"NOASSERTION|NONE"  # veritag never says more
AGENT = r"(Person|Organization|Tool): .+"
ANY, ONE_LINE = r"(?s:.*)", r"[^\r\n]+"


class Text:
    def __init__(self, pattern):
        self.pattern = re.compile(pattern)

    def problems(self, value, where):
        if not isinstance(value, str):
            return [f"{where} is no text"]
        return [] if self.pattern.fullmatch(value) else [f"{where} is {value[:80]!r}, which is not {self.pattern.pattern[:60]}"]


class Flag:
    @staticmethod
    def problems(value, where):
        return [] if isinstance(value, bool) else [f"{where} is neither true nor false"]


class Many:
    def __init__(self, each, least=0):
        self.each, self.least = each, least

    def problems(self, value, where):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        few = [f"{where} holds {len(value)}, at least {self.least} must be there"] if len(value) < self.least else []
        return few + [problem for at, item in enumerate(value) for problem in self.each.problems(item, f"{where}[{at}]")]


class Members:
    """`required` and `optional` members; any other is a problem."""

    def __init__(self, required, optional=None):
        self.required, self.known = required, {**required, **(optional or {})}

    def problems(self, value, where):
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        found = [f"{where} lacks {name}" for name in self.required if name not in value]
        found += [f"{where} has an unknown member {name}" for name in value if name not in self.known]
        return found + [problem for name, rule in self.known.items() if name in value for problem in rule.problems(value[name], f"{where}.{name}")]


ANNOTATION = Members({"annotationDate": Text(TIME), "annotationType": Text("OTHER|REVIEW"), "annotator": Text(AGENT), "comment": Text(ANY)})
CHECKSUM = Members({"algorithm": Text("SHA256|SHA512"), "checksumValue": Text("[0-9a-f]{64}|[0-9a-f]{128}")})
REFERENCE = Members({"referenceCategory": Text("OTHER|PERSISTENT-ID|SECURITY|PACKAGE-MANAGER"), "referenceType": Text(r"[a-zA-Z0-9.-]+"),
                     "referenceLocator": Text(r"\S+")}, {"comment": Text(ANY)})
PACKAGE = Members(
    {"SPDXID": Text(ELEMENT), "name": Text(ONE_LINE), "downloadLocation": Text(LICENCE)},
    {"versionInfo": Text(ONE_LINE), "supplier": Text(f"NOASSERTION|{AGENT}"), "filesAnalyzed": Flag, "licenseConcluded": Text(LICENCE),
     "licenseDeclared": Text(LICENCE), "copyrightText": Text(ANY), "sourceInfo": Text(ANY), "comment": Text(ANY), "annotations": Many(ANNOTATION),
     "checksums": Many(CHECKSUM), "externalRefs": Many(REFERENCE),
     "primaryPackagePurpose": Text("APPLICATION|FRAMEWORK|LIBRARY|CONTAINER|DEVICE|FIRMWARE|SOURCE|ARCHIVE|FILE|INSTALL|OTHER")})
RELATIONSHIP = Members({"spdxElementId": Text(ELEMENT), "relatedSpdxElement": Text(f"{ELEMENT}|NONE|NOASSERTION"), "relationshipType": Text("DESCRIBES|CONTAINS")},
                       {"comment": Text(ANY)})
DOCUMENT = Members(
    {"spdxVersion": Text(r"SPDX-2\.3"), "dataLicense": Text(r"CC0-1\.0"), "SPDXID": Text("SPDXRef-DOCUMENT"), "name": Text(ONE_LINE),
     "documentNamespace": Text(r"https?://[^\s#]+"), "creationInfo": Members({"created": Text(TIME), "creators": Many(Text(AGENT), least=1)}, {"comment": Text(ANY)}),
     "packages": Many(PACKAGE), "relationships": Many(RELATIONSHIP, least=1)},
    {"annotations": Many(ANNOTATION), "comment": Text(ANY)})


def problems(document):
    found = DOCUMENT.problems(document, "document")
    if found:
        return found  # the rest leans on the shape
    ids = [document["SPDXID"]] + [package["SPDXID"] for package in document["packages"]]
    found += [f"{each} names two elements" for each in sorted(set(ids)) if ids.count(each) > 1] if len(set(ids)) != len(ids) else []
    known, reached = set(ids), {document["SPDXID"]}
    for each in document["relationships"]:
        start, end = each["spdxElementId"], each["relatedSpdxElement"]
        found += [f"a relationship is about {end_id}, which is nowhere" for end_id in (start, end) if end_id not in known | {"NONE", "NOASSERTION"}]
        if (each["relationshipType"] == "DESCRIBES") != (start == document["SPDXID"]):
            found.append(f"{start} {each['relationshipType']} {end}: the document describes, images contain")
        if start not in reached:
            found.append(f"{start} contains something, but nothing leads to it before")
        reached.add(end)
    found += [f"nothing leads to {each}" for each in ids if each not in reached]
    for package in document["packages"]:
        # 7.8: with filesAnalyzed true, or absent, a verification code would be needed.
        if package.get("filesAnalyzed", True):
            found.append(f"{package['SPDXID']} claims that its files were analysed")
    return found
