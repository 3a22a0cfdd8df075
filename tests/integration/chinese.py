"""Compares the findings of a report in English with those of the same run in Chinese: every sentence must be Chinese, and say what the English one says.

What counts as said is found without the program's own table: names with digits, slashes and dots, and what stands in quotes."""
import re

# Words that stay English: titles of components, and what the system and the YAML parser say.
STAYS = re.compile(r"not YAML|不是合法的 YAML|读取文件|无法读取")
FACT = re.compile(r"[A-Za-z0-9][\w.+/:@~%*-]*[0-9/][\w.+/:@~%*-]*")
ENGLISH = re.compile(r"\b[a-z]{2,}(?: [a-z]{2,}){2,}\b")
CHINESE = re.compile("[\u4e00-\u9fff]")


def findings_of(report):
    return [finding for image in report.get("images", []) for finding in image["findings"]] + report.get("findings", [])


def problem_of(english, chinese):
    """Why that is no translation; empty where it is one."""
    if not CHINESE.search(chinese) or not chinese.endswith("。"):
        return "it is no Chinese sentence"
    if english.rstrip(".") in chinese:
        return "the English sentence stands in it"
    lost = [fact for fact in (each.rstrip(".:;,/*") for each in FACT.findall(english)) if fact not in chinese]
    # A component's title is one fact, whatever the words.
    lost += [quoted for quoted in re.findall(r'"([^"]*)"', english) if quoted not in chinese]
    if lost:
        return f"it lacks {lost}"
    left = [words for words in ENGLISH.findall(chinese) if words not in " ".join(re.findall(r'"([^"]*)"', english))]
    if left and not STAYS.search(chinese):
        return f"it is left in English: {left}"
    return ""


def texts_of(report):
    """What else is said: errors, parts that could not be read, what was skipped, oddities of listings."""
    errors = [each["error"]["message"] for each in report.get("images", []) + report.get("targets", []) if each.get("error")]
    unread = [each["message"] for image in report.get("images", []) for each in image["problems"]]
    notes = [note for target in report.get("targets", []) for note in target["notes"]]
    return errors + unread + [each["reason"] for each in report.get("skipped", [])] + notes


def left_in_english(english, chinese):
    """Why that is no translation of an error or a note; empty where it is one. What a server or the system said stays as it is."""
    if english == chinese and ENGLISH.search(english):
        return "it is left in English"
    lost = [fact for fact in (each.rstrip(".:;,/*") for each in FACT.findall(english)) if fact not in chinese]
    return f"it lacks {lost}" if lost else ""


def problems(english, chinese):
    """One line for each sentence of the English report whose Chinese is none."""
    def key(finding):
        return finding["code"], finding["component"], finding["severity"], finding["claimed"], finding["observed"]

    ours, theirs = findings_of(english), findings_of(chinese)
    if [key(each) for each in ours] != [key(each) for each in theirs]:
        return ["the two reports have other findings"]
    pairs = {(a["message"], b["message"]) for a, b in zip(ours, theirs)}
    wrong = {f"{why}: {a} -> {b}" for a, b in pairs if (why := problem_of(a, b))}
    texts, others = texts_of(english), texts_of(chinese)
    if len(texts) != len(others):
        return ["the two reports have other errors, skipped images or notes"]
    wrong |= {f"{why}: {a} -> {b}" for a, b in zip(texts, others) if (why := left_in_english(a, b))}
    return sorted(wrong)
