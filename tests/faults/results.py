"""What came of the faults, as JSON lines, and as the table of the README."""

import dataclasses
import json
import math
import statistics

HEAD = ("| | injected | faults | recovered | s to be noticed | lost steps, s | s to go on | step time | late | hangs "
        "| orphans | left behind | digest equal |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
BEGIN, END = "<!-- the newest table: tests/faults/run --write-readme -->", "<!-- end of the table -->"


def append(path, injector, seed, outcome, bench, seconds, load):
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {"injector": injector.name, "seed": seed, **dataclasses.asdict(outcome), "took": round(seconds, 1),
            "load": round(load, 1), "build": bench.build}
    for key in ("noticed", "lost_seconds", "seconds", "ratios"):
        line[key] = [round(second, 3) for second in line[key]]
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


def unreached(injector, lines):
    """Fault points that nothing came to."""
    reached = {point for line in lines if line["injector"] == injector.name for point in line["reached"]}
    return [point for point in injector.points if point not in reached]


def p95(values):
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def median_and(highest, values, digits=1):
    return f"{statistics.median(values):.{digits}f}, {highest(values):.{digits}f}" if values else ""


def row(injector, lines):
    mine = [line for line in lines if line["injector"] == injector.name]

    def total(key):
        return sum(line[key] for line in mine)

    def values(key):
        return [value for line in mine for value in line.get(key, ())]

    if not mine:
        return f"| {injector.name} | {injector.what} | not yet" + " |" * 11 + "\n"
    points = len(injector.points)
    reached = f" ({points - len(unreached(injector, lines))} of {points} reached)" if points else ""
    noted = "".join(f"; {note}" for note in values("notes")[-1:])
    lost = "; ".join(filter(None, (median_and(max, values("lost"), 0), median_and(max, values("lost_seconds")))))
    digests = f"{total('equal')} of {total('digests')}" if total("digests") else ""
    seconds, ratios = median_and(p95, values("seconds")), median_and(max, values("ratios"), 3)
    return (f"| {injector.name} | {injector.what}{reached}{noted} | {total('faults'):,} | {total('recovered'):,} | "
            f"{median_and(p95, values('noticed'), 2)} | {lost} | {seconds} | {ratios} | {total('late')} | "
            f"{total('hangs')} | {total('orphans')} | {total('leftovers')} | {digests} |\n")


def table(injectors, lines):
    return HEAD + "".join(row(one, lines) for one in injectors)


def write_readme(path, text, lines):
    page = path.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    load = median_and(p95, [line["load"] for line in lines])
    load = f"Pairs: median, most (lost work; a step's time beside the fault to alone) or p95. Load of the machine: {load}.\n"
    path.write_text(f"{before}{BEGIN}\n{load}\n{text}{END}{after}")
