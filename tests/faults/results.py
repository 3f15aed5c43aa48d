"""What came of the faults, as JSON lines, and as the table of the README."""

import dataclasses
import json
import math
import statistics

HEAD = ("| | injected | faults | recovered | lost steps: median, most | s to go on: median, p95 | hangs | orphans "
        "| left behind | digest equal |\n|---|---|---|---|---|---|---|---|---|---|\n")
BEGIN, END = "<!-- the newest table: tests/faults/run --write-readme -->", "<!-- end of the table -->"


def append(path, injector, seed, outcome, bench, seconds, load):
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {"injector": injector.name, "seed": seed, **dataclasses.asdict(outcome), "took": round(seconds, 1),
            "load": round(load, 1), "build": bench.build}
    line["seconds"] = [round(second, 2) for second in outcome.seconds]
    with open(path, "a") as out:
        out.write(json.dumps(line) + "\n")
    return line


def read(path):
    """The lines; one that was cut by a power cut is left out."""
    lines = []
    for text in path.read_text().splitlines() if path.exists() else []:
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:
            continue
    return lines


def done(lines, name):
    return sum(line["faults"] for line in lines if line["injector"] == name)


def p95(values):
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def row(injector, lines):
    mine = [line for line in lines if line["injector"] == injector.name]

    def total(key):
        return sum(line[key] for line in mine)

    def values(key):
        return [value for line in mine for value in line[key]]

    if not mine:
        return f"| {injector.name} | {injector.what} | not yet | | | | | | | |\n"
    lost, seconds = values("lost"), values("seconds")
    lost_text = f"{statistics.median(lost):.0f}, {max(lost)}" if lost else ""
    seconds_text = f"{statistics.median(seconds):.1f}, {p95(seconds):.1f}" if seconds else ""
    digests = f"{total('equal')} of {total('digests')}" if total("digests") else ""
    return (f"| {injector.name} | {injector.what} | {total('faults'):,} | {total('recovered'):,} | {lost_text} | "
            f"{seconds_text} | {total('hangs')} | {total('orphans')} | {total('leftovers')} | {digests} |\n")


def table(injectors, lines):
    return HEAD + "".join(row(one, lines) for one in injectors)


def write_readme(path, text):
    page = path.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n{text}{END}{after}")
