"""The machine and the versions: figures mean little without them."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.translate.bench import Report
from translation.assembly import TranslationOptions

QUIET = 0.5  # load average above which figures are not to be published
PACKAGES = ("ctranslate2", "fxtranslate", "sentencepiece", "argos-translate-lt", "sacrebleu")
THREADS = re.compile(r"(OMP|MKL|KMP|CT2|ARGOS|LT)_\w+")


def describe(also: tuple[str, ...] = ()) -> Report:
    """Before the first measurement: processor, memory, load, versions (`also` of these packages), threads, warnings."""
    load = os.getloadavg()
    return {
        "cpu": _cpu_model(),
        "architecture": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "load_before": [round(each, 2) for each in load],
        "priority": os.getpriority(os.PRIO_PROCESS, 0),
        "versions": {"python": platform.python_version()}
        | {name: _version(name) for name in (*PACKAGES, *also)},
        "threads": {
            "ours": _threads(),
            "environment": {name: value for name, value in os.environ.items() if THREADS.fullmatch(name)},
        },
        "warnings": [
            f"The load average was {load[0]:.2f} before the start: other work shares the machine, and the figures "
            "are not to be published."
        ]
        if load[0] > QUIET
        else [],
    }


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(), re.MULTILINE) if info.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _threads() -> dict[str, int]:
    options = TranslationOptions()
    return {
        "workers": options.decoding.workers,
        "threads_of_a_worker": options.decoding.threads,
        "parallel_batches": options.translator.parallel,
    }


def resident_mb() -> float:
    """Resident memory of this process and everything below it, in MB of 10^6 bytes. Shared pages count in each."""
    children: dict[int, list[int]] = {}
    sizes: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        children.setdefault(int(fields[1]), []).append(int(folder.name))
        sizes[int(folder.name)] = int(fields[21])
    pages, todo = 0, [os.getpid()]
    while todo:
        process = todo.pop()
        pages += sizes.get(process, 0)
        todo += children.get(process, [])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
