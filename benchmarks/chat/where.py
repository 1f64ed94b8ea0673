"""Where the time goes, as the service's own metrics tell: means in milliseconds between two looks."""

from __future__ import annotations

import os
import re
from pathlib import Path

from benchmarks.captions.bench import Report
from benchmarks.chat.house import House

# What a look finds, under the names of the report.
STEPS = {
    "webhook stored": "line_webhook_store_seconds",
    "inbox waited": 'job_wait_seconds{queue="line.inbox"}',
    "handled": "chat_handle_seconds",
    "of it, searched": "knowledge_search_seconds",
    "outbox waited": 'job_wait_seconds{queue="line.outbox"}',
    "reply call": 'line_call_seconds{call="reply"}',
    "any write": "database_write_seconds",
    "one recognition": "recognition_seconds",
}
_SAMPLE = re.compile(r"^madoguchi_(\w+?)_(sum|count)(\{[^}]*\})? (\S+)$")

Look = dict[tuple[str, str], float]


async def look(house: House) -> Look:
    """The sums and counts of the service's histograms, and its processor seconds."""
    async with house.http.get(f"{house.address}/metrics") as answer:
        text = await answer.text()
    found: Look = {}
    for line in text.splitlines():
        if match := _SAMPLE.match(line):
            name, what, labels, value = match.groups()
            for key in {name, name + (labels or "")}:
                found[key, what] = found.get((key, what), 0.0) + float(value)
    return found | {("cpu", "sum"): cpu_s(house.process)}


def between(before: Look, after: Look, seconds: float) -> Report:
    """What happened between two looks, `seconds` apart."""
    means = {}
    for name, key in STEPS.items():
        count = after.get((key, "count"), 0.0) - before.get((key, "count"), 0.0)
        total = after.get((key, "sum"), 0.0) - before.get((key, "sum"), 0.0)
        if count:
            means[name] = {"mean_ms": round(1000 * total / count, 1), "times": int(count)}
    share = (after["cpu", "sum"] - before["cpu", "sum"]) / seconds
    return {"service_cpu_share": round(share, 2), "steps": means}


def cpu_s(process: int) -> float:
    """Processor seconds that a process has used (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
