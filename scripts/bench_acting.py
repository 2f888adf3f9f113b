#!/usr/bin/env python3
"""The benchmark's turns that act: what a command costs when the model calls 20 of them (`true`) in one turn, without a
sandbox and in it, with one thread and with many at once, beside the reference.

Home and profile are made for the purpose: its login shell starts as many processes as a version manager's. CPU is that of
the whole tree of processes (by a control group of version 2 where one can be made, else by what was reaped), less that of
the same turns without commands; "above bash" is what it exceeds `bash --norc -c true` in the same environment by, one login
shell for all taken off, which runs alone. As many of the others run at once as there are processors, as commands do: side
by side a process costs up to twice as much. For the sandbox the price of bubblewrap itself stands beside it, with its
namespaces and without a single cover. Time limits nothing: a busy machine changes it.

Below the tables each limit stands beside the measured figure; what a command may cost above bash is scaled by what bash
costs here, since processes are several times dearer on one machine than on another. Exit code 0: all that was measured is
within its limit; 1: something is not, or could not be measured. Part of scripts/bench.
"""
import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import statistics
import sys
import tempfile

import bench_app_server
import bench_cpu
import bench_peers as peers
import bench_process as bp
import bench_report as report

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMANDS = 20  # of each turn
PROMPT = "Do it."
MODES = ("danger-full-access", "workspace-write")
FLOOR_RUNS = 100
SHELL = ["/bin/bash", "--norc", "-c", "true"]
SANDBOX = ["/usr/bin/bwrap", "--die-with-parent", "--ro-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--unshare-net",
           "--"]

# As many processes as a version manager's start-up (pyenv's: 84, of which 56 are programs): some 0.8 s of CPU where
# `bash --norc -c true` takes 9 ms.
PROFILE = """\
for n in {1..4}; do
  for program in readlink mkdir cat chmod sort tr rm; do at=$("$program" --version </dev/null); done
  for n in {1..7}; do at=$(bash --norc -c :); done
  for n in {1..7}; do at=$(:); done
done
export PROFILE_WAS_READ=1
echo "welcome"
"""

# What `bash --norc -c true` took where the limits above it were set, ms. What a process costs differs fivefold between
# machines.
LIMITS_FLOOR_MS = 1.7

ACTING = """\
name = "acting"
[[rule]]
when = {{ outputs = 0 }}
reply = [{calls}]
[[rule]]
reply = [{{ message = "Done." }}]
"""

PLAIN = """\
name = "plain"
[[rule]]
reply = [{ message = "Done." }]
"""

ROWS = (
    report.Row("cpu_ms_per_command", "CPU per command, ms", decimals=2),
    report.Row("cpu_ms_above_bash", "... above bash and one login shell for all, ms", decimals=2),
    report.Row("seconds", "time for all turns, s", decimals=2),
    report.Row("cpu_seconds", "CPU of it all, s", decimals=2),
    report.Row("floor_ms", "(bash --norc -c true, ms)", decimals=2, has_ratio=False),
    report.Row("bubblewrap_ms", "(bwrap around it, with namespaces alone, above it, ms)", decimals=2, has_ratio=False),
    report.Row("login_ms", "(bash -lc true, ms)", decimals=1, has_ratio=False),
)


@dataclasses.dataclass(frozen=True)
class Plan:
    sizes: tuple = (1, 100)
    reference_sizes: tuple = (1, 100)
    repeats: int = 3
    reference_repeats: int = 1  # some minutes each


QUICK = Plan(sizes=(1, 10), reference_sizes=(1,), repeats=1)


def shell_ms(argv, environment, runs, at_once):
    """CPU of one run of a shell, of many."""
    quiet = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    running = set()
    with bench_cpu.tree_figures() as figures:
        for _ in range(runs):
            running.add(os.posix_spawn(argv[0], argv, environment, file_actions=quiet))
            while len(running) >= at_once:
                running.discard(os.wait()[0])
        while running:
            running.discard(os.wait()[0])
    return figures["cpu_seconds"] * 1000 / runs


@contextlib.contextmanager
def _nothing_left_in_tmp():
    """The reference's sandbox leaves empty folders there, which make a repository of all temporary folders."""
    missing = [x for x in (pathlib.Path("/tmp", name) for name in (".git", ".codex", ".agents")) if not x.exists()]
    try:
        yield
    finally:
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()


class Acting:
    """One run. `folder` holds everything it writes."""

    def __init__(self, plan, folder, binaries, reference):
        self._plan, self._folder, self._reference = plan, folder, reference
        self._program = binaries / "troupe"
        self._folders = 0
        self._floor = {}

    def tables(self):
        """One for each sandbox mode."""
        bench_cpu.become_reaper()
        self._measure_floor()
        return [self._table(mode) for mode in MODES]

    def _measure_floor(self):
        environment = self._home(peers.own_home, "http://127.0.0.1:1/v1").environment
        floor = shell_ms(SHELL, environment, FLOOR_RUNS, os.cpu_count())
        self._floor = {"floor_ms": floor, "login_ms": shell_ms(["/bin/bash", "-lc", "true"], environment, 6, 1),
                       "bubblewrap_ms": shell_ms(SANDBOX + SHELL, environment, FLOOR_RUNS, os.cpu_count()) - floor}

    def _table(self, mode):
        columns = [(f"troupe, {n}", self._figures(self._own, mode, n)) for n in self._plan.sizes]
        if self._reference:
            columns += [(f"app-server, {n}", self._figures(self._theirs, mode, n)) for n in self._plan.reference_sizes]
        return report.Table(f"Turns that act: {COMMANDS} commands each, {mode} (columns: program, threads at once)", ROWS,
                            columns, ("troupe, 1", "app-server, 1"))

    def _figures(self, run, mode, threads):
        """Medians; what the turns cost without commands is taken off."""
        bp.say(f"turns that act: {run.__name__.strip('_')}, {mode}, threads: {threads}")
        pairs = [(run(mode, threads, self._scenario("plain", PLAIN)), run(mode, threads, self._acting_scenario()))
                 for _ in range(self._plan.reference_repeats if run == self._theirs else self._plan.repeats)]
        per_command = statistics.median((acting["cpu_seconds"] - plain["cpu_seconds"]) * 1000 / (threads * COMMANDS)
                                        for plain, acting in pairs)
        result = {key: statistics.median(acting[key] for _, acting in pairs) for key in ("seconds", "cpu_seconds")}
        return result | self._floor | {"cpu_ms_per_command": per_command,
                                       "cpu_ms_above_bash": per_command - self._floor["floor_ms"]
                                       - self._floor["login_ms"] / (threads * COMMANDS)}

    def _own(self, mode, threads, scenario):
        with peers.Simulator(self._program, scenario=scenario) as sim:
            home = self._home(peers.own_home, sim.base_url)
            tasks = home.workspace / "tasks.jsonl"
            tasks.write_text("".join(json.dumps({"id": f"t{i}", "prompt": PROMPT}) + "\n" for i in range(threads)),
                             encoding="ascii")
            with bench_cpu.tree_figures(known={sim.pid}) as figures:
                ended = bp.run([self._program, "run", tasks, "--out", home.workspace / "out", "--sandbox", mode],
                               env=home.environment, cwd=home.workspace, stderr=self._log(home))
            if ended.exit_code != 0:
                raise bp.BenchError(f"troupe run ended with {ended.exit_code} (see {self._log_path(home)})")
        return figures

    def _theirs(self, mode, threads, scenario):
        with peers.Simulator(self._program, scenario=scenario) as sim:
            home = self._home(lambda folder, url: peers.reference_home(folder, url, shell_snapshot=True), sim.base_url)
            with _nothing_left_in_tmp(), bench_cpu.tree_figures(known={sim.pid}) as figures, self._log(home) as log:
                server, _ = bench_app_server.connect([self._reference, "app-server"], env=home.environment,
                                                     cwd=home.workspace, log=log)
                load = bench_app_server.Load(server, home.workspace, PROMPT,
                                             {"sandbox": mode, "approvalPolicy": "never"})
                load.run_turns(load.start_threads(threads), 1)
                server.close()
        return figures

    def _home(self, make, base_url):
        self._folders += 1
        home = make(self._folder / f"acting-{self._folders:03d}", base_url)
        (pathlib.Path(home.environment["HOME"]) / ".bash_profile").write_text(PROFILE, encoding="ascii")
        return home

    @staticmethod
    def _log_path(home):
        return home.workspace / "stderr.txt"

    def _log(self, home):
        return open(self._log_path(home), "wb")

    def _acting_scenario(self):
        return self._scenario("acting", ACTING.format(calls=", ".join(['{ run = "true" }'] * COMMANDS)))

    def _scenario(self, name, text):
        file = self._folder / f"{name}.toml"
        file.write_text(text, encoding="ascii")
        return file


def targets_of(tables):
    """What turns that act may cost."""
    open_table, sandboxed = (dict(x.columns) for x in tables)
    title, full = list(x for x in open_table.items() if x[0].startswith("troupe"))[-1]

    def scaled(figures):
        return figures["cpu_ms_above_bash"] * LIMITS_FLOOR_MS / figures["floor_ms"]

    where = f"where bash takes {LIMITS_FLOOR_MS} ms"
    result = [report.Target(f"CPU per command above bash, no sandbox, {title}, {where}", 1, "ms", scaled(full)),
              report.Target(f"CPU per command above bash, sandbox, {title}, {where}", 8, "ms", scaled(sandboxed[title]))]
    for name, columns in (("no sandbox", open_table), ("sandbox", sandboxed)):
        theirs = columns.get("app-server, 1")
        result.append(report.Target(f"CPU per command, reference / ours, {name}, 1 thread", 10, "times",
                                    theirs and theirs["cpu_ms_per_command"] / columns["troupe, 1"]["cpu_ms_per_command"],
                                    at_least=True))
    return result


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench_acting.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small numbers: a look")
    parser.add_argument("--no-reference", action="store_true",
                        help="leave out the codex program from npm; its limits are not measured then")
    parser.add_argument("--binaries", type=pathlib.Path, default=ROOT / "build" / "release" / "bin",
                        help="folder of the program to be measured (default: build/release/bin)")
    options = parser.parse_args()
    base = peers.cache_folder() / "bench"
    base.mkdir(parents=True, exist_ok=True)
    try:
        reference = None if options.no_reference else peers.find_reference()
        with tempfile.TemporaryDirectory(dir=base, ignore_cleanup_errors=True) as folder:
            try:
                tables = Acting(QUICK if options.quick else Plan(), pathlib.Path(folder), options.binaries.resolve(),
                                reference).tables()
            finally:
                bp.stop_all()
    except bp.BenchError as error:
        bp.say(f"error: {error}")
        return 1
    targets = targets_of(tables)
    print("\n\n".join([*(x.text() for x in tables), report.targets_text(targets)]))
    return 1 if any(x.is_missed() for x in targets) else 0


if __name__ == "__main__":
    sys.exit(main())
