"""What the benchmark found, as text: tables with a ratio column, targets, and docs/benchmarks.md."""
import dataclasses
import os
import pathlib
import platform
import subprocess

MISSING = "-"


@dataclasses.dataclass(frozen=True)
class Row:
    """One figure: its key in the measurements, its title, what it is multiplied with, its decimals."""
    key: str
    title: str
    scale: float = 1.0
    decimals: int = 0
    more_is_better: bool = False
    has_ratio: bool = True

    def cell(self, figures):
        value = figures.get(self.key)
        return MISSING if value is None else f"{value * self.scale:,.{self.decimals}f}"

    def ratio(self, ours, theirs):
        """How many times better ours is."""
        a, b = ours.get(self.key), theirs.get(self.key)
        if not self.has_ratio or not a or not b:
            return MISSING
        times = a / b if self.more_is_better else b / a
        return f"{times:,.0f} x" if times >= 10 else f"{times:,.1f} x"


THREAD_ROWS = (
    Row("turns_per_second", "turns per second", more_is_better=True),
    Row("cpu_ms_per_turn", "CPU per turn, ms", decimals=3),
    Row("cores_used", "cores in use during the turns", decimals=2, has_ratio=False),
    Row("starts_per_second", "thread starts per second", more_is_better=True),
    Row("private_kb_per_idle_thread", "memory per idle thread after one turn, KB", decimals=1),
    Row("peak_rss_kb", "peak resident memory, MB", scale=1 / 1024),
    Row("disk_bytes_per_turn", "written to disk per turn, KB", scale=1 / 1024, decimals=1),
    Row("rollout_bytes_per_turn", "rollout growth per turn, KB", scale=1 / 1024, decimals=1, has_ratio=False),
    Row("ready_ms", "ready after, ms", decimals=1, has_ratio=False),
    Row("request_bytes", "first model request, KB", scale=1 / 1024, decimals=1, has_ratio=False),
    Row("model_infos_per_second", "questions about a model per second", has_ratio=False),
    Row("simulator_cpu_ms_per_turn", "(simulator: CPU per turn, ms)", decimals=3, has_ratio=False),
)

STREAM_ROWS = (
    Row("streams_in_flight", "most streams in flight, by the node's gauges"),
    Row("streams_at_simulator", "most streams open, by the simulator"),
    Row("turns", "turns completed"),
    Row("seconds", "time for all turns, s", decimals=1),
    Row("cpu_ms_per_turn", "CPU per turn, ms", decimals=3),
    Row("private_kb_before", "memory before the turns, threads idle and new, MB", scale=1 / 1024),
    Row("peak_rss_kb", "peak resident memory, MB", scale=1 / 1024),
    Row("refused", "requests refused"),
    Row("simulator_peak_rss_kb", "(simulator: peak resident memory, MB)", scale=1 / 1024),
)

PROCESS_ROWS = (
    Row("milliseconds", "start to end, ms (median)", decimals=1),
    Row("cpu_ms", "CPU, ms (median)", decimals=1),
    Row("peak_rss_kb", "peak resident memory, MB", scale=1 / 1024, decimals=1),
    Row("request_bytes", "model request, KB", scale=1 / 1024, decimals=1, has_ratio=False),
)


@dataclasses.dataclass(frozen=True)
class Table:
    """Columns are (title, figures); the ratio compares two of them by title."""
    title: str
    rows: tuple
    columns: list
    compared: tuple

    def text(self):
        """Without one of the compared columns there is no ratio."""
        by_title = dict(self.columns)
        ours, theirs = (by_title.get(x) for x in self.compared)
        cells = [["", *by_title], *([row.title, *(row.cell(x) for x in by_title.values())] for row in self.rows)]
        if not ours or not theirs:
            return "\n".join([self.title, *aligned(cells)])
        for line, ratio in zip(cells, ["ratio", *(row.ratio(ours, theirs) for row in self.rows)]):
            line.append(ratio)
        note = f"ratio: how many times better \"{self.compared[0]}\" is than \"{self.compared[1]}\""
        return "\n".join([self.title, *aligned(cells), note])


@dataclasses.dataclass(frozen=True)
class Target:
    title: str
    limit: float
    unit: str
    value: float | None
    at_least: bool = False

    def is_met(self):
        return self.value is not None and (self.value >= self.limit if self.at_least else self.value <= self.limit)

    def is_missed(self):
        return self.value is not None and not self.is_met()

    def cells(self):
        wanted = f"{'at least' if self.at_least else 'at most'} {self.limit:,g} {self.unit}"
        if self.value is None:
            return [self.title, wanted, MISSING, "not measured"]
        digits = 0 if self.value >= 100 else 1 if self.value >= 10 else 3
        return [self.title, wanted, f"{self.value:,.{digits}f}", "met" if self.is_met() else "NOT MET"]


def targets_text(targets):
    return "\n".join(aligned([["target", "wanted", "measured", ""], *(x.cells() for x in targets)]))


def aligned(lines):
    """Lines of cells in columns: the first to the left, the others to the right; a rule under the head."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = ["  ".join([line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:]))]).rstrip()
            for line in lines]
    return [text[0], "-" * len(text[0]), *text[1:]]


# ---- docs/benchmarks.md ----

HOW_TO_READ = """\
- **The load.** A plain turn: one request, answered at once by `troupe sim --builtin plain` with one message in 24 events.
  The simulator is a process of its own on the same machine and gets its share of the cores; its CPU time is in the last
  row of the first table and in no other figure. Turns run on all threads at once, one after the other on each.
- **The comparison** is of Troupe in process with the reference behind JSON-RPC over stdio, the only way to have many of
  its threads in one process. Troupe has no app-server yet; its own JSON-RPC will cost something on top. `troupe exec` and
  `codex exec` do the same from start to end.
- **Phases.** One turn on a thread that is not counted (what all threads share), the threads' starts, one turn on each
  (warm-up), then the measured turns. Memory per idle thread is what private memory grew by from the first phase to after
  the warm-up, connections kept for reuse included.
- **CPU** is user and system time of the measured process with all its threads and ended children, not of the driver.
  `troupe_bench` is its own driver: its CPU includes submitting turns and taking events.
- **Written to disk** is `write_bytes` of `/proc/PID/io`: whole pages, so small appends weigh more than their length.
- **The reference** is the released program itself, not the Node.js script in front of it, with default settings but for
  the provider, the model and, where the column says so, shell snapshots. Its driver (`scripts/bench_app_server.py`) leaves
  text deltas out, as the subscriber in `troupe_bench` does, and parses only the messages it waits for. `troupe` gets
  long instructions here so that its requests are about as long as the reference's: see the rows of requests.
- **Streams in flight.** Each thread starts one turn; the simulator answers every request with a head and goes on with none
  of them until all are open. In flight are the streams that the node's metrics page tells as open and not held back by its
  governor, looked at every 50 ms; the simulator counts for itself. Both processes are on loopback, with one address and
  one listener, so each stream has a connection with a port of its own; metrics are served meanwhile, which costs a little.
  A turn that fails ends the run.
- **Turns that act.** Each thread takes one turn, in which the model calls 20 commands at once (`true`, in a login shell); the
  home's profile costs about as much as a version manager's. CPU is that of all processes that the program has started, by the
  kernel's count for whoever reaped them, less that of the same run without commands. Ours runs as `troupe run`, the reference
  behind its app-server with its shell snapshots on.
- **Turns that act** call 20 commands (`true`) at once, with a profile that starts as many processes as a version manager's (`scripts/bench_acting.py`). "Above bash" is what a command
  costs beyond `bash --norc -c true` with as many of these at once as there are processors, one login shell for all taken off; a bare bubblewrap stands beside it. These costs
  are page tables and processes, so machines differ more in them than in anything else: with one hypervisor a fork costs 0.3 ms, with another 5.
- **Two builds** are compared by `scripts/bench --against OLD`, which does not touch this page: OLD is the program `troupe` of then, with its
  `troupe_bench` beside it where memory and figures in process are wanted. Both run in each round, by turns first, against one simulator: many
  tasks of `troupe run` (CPU, rate and bytes from its start to its end), `troupe exec`, and the time until its first request. The verdict is the
  median change within a round; exit code 1 means that a figure is worse by more than 5 %. On a busy machine rates come out undecided.
- **Ready** means: for `troupe_bench` the node is up and accepts threads (measured inside, without loading the program),
  for the app-server the answer to `initialize` has come.
- Figures are medians of several runs. Another day's differ by some percent; on a busy machine times and rates differ by
  much more than CPU, memory and bytes do. Compare only within one page. "Cores in use" far below what the machine has
  means that something else, or waiting for the disk, held the turns up."""


def record(path, *, date, command, tables, targets, notes, root):
    """Writes the page; `notes` are sentences about what was left out or disturbed."""
    parts = ["# Benchmarks",
             f"Written by `{command} --record` on {date}; do not edit by hand.",
             "## Machine", _fenced(_machine_text(root))]
    if notes:
        parts.append("\n".join(f"- {x}" for x in notes))
    parts += ["## Figures", *(_fenced(x.text()) for x in tables),
              "## Targets", _fenced(targets_text(targets)),
              "## How to read it", HOW_TO_READ,
              "## Commands",
              _fenced("scripts/bench                  # all tables; those of 100 acting threads of the reference take up to half an hour\n"
                      "scripts/bench --quick          # small numbers, for a look\n"
                      "scripts/bench --no-reference   # without the reference\n"
                      "scripts/bench --record         # and writes this page\n"
                      "scripts/bench --against OLD    # this build beside an older troupe, in turns\n"
                      "build/release/bin/troupe sim --builtin plain --port 4000 &\n"
                      "build/release/bin/troupe_bench --base-url http://127.0.0.1:4000/v1 --threads 400 --turns 10")]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _fenced(text):
    return f"```text\n{text}\n```"


def _machine_text(root):
    lines = [("CPU", f"{_cpu_model()}, {os.cpu_count()} cores"),
             ("memory", f"{_memory_gb():.0f} GB"),
             ("kernel", f"{platform.system()} {platform.release()}"),
             ("compiler", _first_line(["c++", "--version"])),
             ("revision", _first_line(["git", "-C", str(root), "describe", "--always", "--dirty"]))]
    return "\n".join(f"{title:<10}{text}" for title, text in lines)


def _cpu_model():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _memory_gb():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _first_line(argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()[0]
