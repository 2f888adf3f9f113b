#!/usr/bin/env python3
"""The logic of scripts/bench: measures, compares, prints and records. Python's standard library only."""
import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile

import bench_acting
import bench_against
import bench_app_server
import bench_peers as peers
import bench_process as bp
import bench_report as report

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROMPT = "Say something plain."

# The sizes of the targets; a ratio is taken at the size both sides have.
OWN_SIZES = (1, 100, 400)


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much is measured."""
    reference_sizes: tuple = (1, 100)
    compared_size: int = 100
    turns: int = 10  # of each thread
    repeats: int = 5  # of each in-process run; the median counts
    reference_repeats: int = 3  # of each run of the reference's app-server; the median counts
    own_runs: int = 30  # of `troupe exec`
    reference_runs: int = 15  # of `codex exec`
    held_streams: int = 10_000  # open at once


QUICK = Plan(reference_sizes=(20,), compared_size=20, turns=5, repeats=1, reference_repeats=1, own_runs=5,
             reference_runs=3, held_streams=1000)


class Bench:
    """One run. `folder` holds everything it writes, on the disk that the cache is on."""

    def __init__(self, plan, folder, reference):
        self._plan, self._folder, self._reference = plan, folder, reference
        self._binaries = ROOT / "build" / "release" / "bin"
        self._folders = 0

    # ---- many threads in one process ----

    def threads_table(self, sim):
        compared = self._plan.compared_size
        columns = self._own_columns(sim, sorted({*OWN_SIZES, compared}))
        if self._reference:
            columns += self._reference_columns(sim, compared)
        return report.Table("Plain turns on threads of one process (columns: program, threads at work at once)",
                            report.THREAD_ROWS, columns, (f"troupe, {compared}", f"app-server, {compared}"))

    def _own_columns(self, sim, sizes):
        request = self._request_bytes(lambda quiet: self._troupe_bench(quiet, 1, 1))
        return [(f"troupe, {n}", self._in_process(sim, n) | {"request_bytes": request}) for n in sizes]

    def _reference_columns(self, sim, compared):
        request = self._request_bytes(lambda quiet: self._app_server_load(quiet, 1, 1, snapshots=False))
        loads = [(f"app-server, {n}", n, False) for n in self._plan.reference_sizes]
        loads.append((f"app-server, {compared}, snapshots", compared, True))
        return [(title, self._app_server(sim, n, snapshots) | {"request_bytes": request})
                for title, n, snapshots in loads]

    def _in_process(self, sim, threads):
        bp.say(f"in process, threads: {threads}")
        runs = [self._troupe_bench(sim, threads, self._plan.turns) for _ in range(self._plan.repeats)]
        return medians(runs)

    def _troupe_bench(self, sim, threads, turns):
        folder = self._new_folder()
        folder.mkdir()
        with counted_simulator(sim, threads, turns) as simulator_figures:
            output = self._run_troupe_bench(folder, sim, "--threads", str(threads), "--turns", str(turns))
        figures = json.loads(output)
        return figures | {"ready_ms": figures["node_start_ms"]} | simulator_figures

    def _run_troupe_bench(self, folder, sim, *options):
        # The files stay until the whole benchmark is over: ext4 is slow to make new ones right after many were deleted.
        ended = bp.run([self._binaries / "troupe_bench", "--json", "--base-url", sim.base_url, "--prompt", PROMPT,
                        "--folder", folder, *options])
        if ended.exit_code != 0:
            raise bp.BenchError(f"troupe_bench ended with {ended.exit_code}")
        return ended.output

    def _app_server(self, sim, threads, snapshots):
        bp.say(f"app-server of the reference, threads: {threads}" + (", shell snapshots on" if snapshots else ""))
        return medians([self._app_server_load(sim, threads, self._plan.turns, snapshots)
                        for _ in range(self._plan.reference_repeats)])

    def _app_server_load(self, sim, threads, turns, snapshots):
        folder = self._new_folder()
        home = peers.reference_home(folder, sim.base_url, snapshots)
        with open(folder / "stderr.txt", "wb") as log, counted_simulator(sim, threads, turns) as simulator_figures:
            server, ready_ms = bench_app_server.connect([self._reference, "app-server"], env=home.environment,
                                                        cwd=home.workspace, log=log)
            figures = bench_app_server.measure(server, home.workspace, threads=threads, turns=turns, prompt=PROMPT)
            server.close()
        return figures | {"ready_ms": ready_ms} | simulator_figures

    # ---- streams in flight ----

    def streams_table(self):
        streams = self._plan.held_streams
        bp.say(f"streams in flight at once: {streams}")
        folder = self._new_folder()
        folder.mkdir()
        scenario = peers.held_scenario(folder / "held.toml", streams)
        with peers.Simulator(self._binaries / "troupe", scenario=scenario) as sim:
            figures = json.loads(self._run_troupe_bench(folder, sim, "--held", "--threads", str(streams)))
            stats = sim.stats()
            figures |= {"streams_at_simulator": stats["streams_peak"], "refused": stats["refused"],
                        "simulator_peak_rss_kb": sim.peak_rss_kb()}
        if figures["streams_in_flight"] < streams:
            raise bp.BenchError(f"only {figures['streams_in_flight']} of {streams} streams were in flight at once")
        return report.Table("Streams in flight at once: one turn on each thread, all of them completed",
                            report.STREAM_ROWS, [(f"troupe, {streams:,}", figures)], ("", ""))

    # ---- one process per prompt ----

    def processes_table(self, sim):
        program = self._binaries / "troupe"
        own = peers.own_home(self._new_folder(), sim.base_url)
        plain = ["--json", "--skip-git-repo-check", PROMPT]
        offline = self._series([program, "exec", "--offline", *plain], own, self._plan.own_runs)
        online = self._series([program, "exec", *plain], own, self._plan.own_runs)
        online["request_bytes"] = self._exec_request_bytes(program, peers.own_home)
        columns = [("troupe exec --offline", offline), ("troupe exec", online)]
        if self._reference:
            def home_of(folder, base_url):
                return peers.reference_home(folder, base_url, shell_snapshot=False)
            theirs = home_of(self._new_folder(), sim.base_url)
            figures = self._series([self._reference, "exec", *plain], theirs, self._plan.reference_runs)
            figures["request_bytes"] = self._exec_request_bytes(self._reference, home_of)
            columns.append(("codex exec", figures))
        return report.Table("One process per prompt, one plain turn", report.PROCESS_ROWS, columns,
                            ("troupe exec", "codex exec"))

    def _series(self, argv, home, count):
        """Medians of sequential runs; the first one, which brings files into memory, is not counted."""
        bp.say(f"{count} runs of {pathlib.Path(argv[0]).name} {' '.join(argv[1:-1])}")
        runs = [run_checked(argv, home) for _ in range(count + 1)][1:]
        return {"milliseconds": statistics.median(x.seconds * 1000 for x in runs),
                "cpu_ms": statistics.median(x.cpu_ms for x in runs),
                "peak_rss_kb": statistics.median(x.peak_rss_kb for x in runs)}

    def _exec_request_bytes(self, program, home_of):
        def run(quiet):
            run_checked([program, "exec", "--json", "--skip-git-repo-check", PROMPT],
                        home_of(self._new_folder(), quiet.base_url))
        return self._request_bytes(run)

    # ---- turns that act ----

    def acting_tables(self):
        plan = bench_acting.QUICK if self._plan is QUICK else bench_acting.Plan()
        return bench_acting.Acting(plan, self._folder, self._binaries, self._reference).tables()

    # ---- both ----

    def _request_bytes(self, run):
        """Length of the model requests that `run` makes, by a simulator that keeps a log."""
        log = self._folder / f"requests-{self._new_folder().name}.jsonl"
        with peers.Simulator(self._binaries / "troupe", log_file=log) as sim:
            run(sim)
        return peers.request_bytes(log)

    def _new_folder(self):
        self._folders += 1
        return self._folder / f"{self._folders:03d}"

    def simulator(self):
        return peers.Simulator(self._binaries / "troupe")


def run_checked(argv, home):
    ended = bp.run(argv, env=home.environment, cwd=home.workspace, stderr=subprocess.DEVNULL)
    if ended.exit_code != 0 or b'"turn.completed"' not in ended.output:
        command, last = " ".join(map(str, argv)), ended.output.decode()[-500:]
        raise bp.BenchError(f"{command} ended with {ended.exit_code}: {last}")
    return ended


@contextlib.contextmanager
def counted_simulator(sim, threads, turns):
    """Fills in the simulator's CPU time per turn, all turns of the run counted: one first, one each as warm-up."""
    figures = {}
    before = sim.cpu_ms()
    yield figures
    figures["simulator_cpu_ms_per_turn"] = (sim.cpu_ms() - before) / (1 + threads * (turns + 1))


def medians(runs):
    """The median of each figure over runs of one load."""
    result = {key: statistics.median(x[key] for x in runs) for key in runs[0]}
    result["cores_used"] = result["turns_per_second"] * result["cpu_ms_per_turn"] / 1000
    if result["threads"] < 20:  # these mean nothing for a handful of threads
        del result["private_kb_per_idle_thread"], result["starts_per_second"]
    return result


def targets_of(threads_table, streams_table, processes_table):
    title, held = streams_table.columns[0]
    full = dict(threads_table.columns)["troupe, 400"]
    offline = dict(processes_table.columns)["troupe exec --offline"]
    return [
        report.Target("CPU per plain turn, in process, 400 threads", 0.3, "ms", full["cpu_ms_per_turn"]),
        report.Target("turns per second, 400 threads", 2000, "", full["turns_per_second"], at_least=True),
        report.Target("written to disk per plain turn", 20, "KB", full["disk_bytes_per_turn"] / 1024),
        report.Target("memory per idle thread after one turn", 32, "KB", full["private_kb_per_idle_thread"]),
        report.Target(f"streams in flight at once: {title}, peak resident memory", 1000, "MB",
                      held["peak_rss_kb"] * 1024 / 1e6),
        report.Target("questions about a model per second", 200_000, "", full["model_infos_per_second"], at_least=True),
        report.Target("troupe exec --offline, start to end", 100, "ms", offline["milliseconds"]),
    ]


def find_reference(wanted, notes):
    if not wanted:
        notes.append("The reference was not measured (`--no-reference`).")
        return None
    try:
        return peers.find_reference()
    except bp.BenchError as error:
        bp.say(f"without the reference: {error}")
        notes.append(f"The reference was not measured: {error}.")
        return None


def busy_note():
    load = os.getloadavg()[0]
    if load < 0.5:
        return []
    return [f"The machine was busy before the run: load {load:.1f} on {os.cpu_count()} cores."]


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--quick", action="store_true", help="small numbers: a look in a minute or two")
    parser.add_argument("--no-reference", action="store_true", help="leave out the codex program from npm")
    parser.add_argument("--against", metavar="FILE", type=pathlib.Path, help="compare with this older program instead")
    parser.add_argument("--record", action="store_true", help="write docs/benchmarks.md")
    return parser.parse_args()


@contextlib.contextmanager
def fresh_folder():
    # Not below the system's temporary folder: the reference sets its home up differently there.
    base = peers.cache_folder() / "bench"
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base, ignore_cleanup_errors=True) as folder:
        try:
            yield pathlib.Path(folder)
        finally:
            bp.stop_all()  # before their folder goes


def measure(options, notes):
    reference = find_reference(not options.no_reference, notes)
    with fresh_folder() as folder:
        bench = Bench(QUICK if options.quick else Plan(), folder, reference)
        with bench.simulator() as sim:
            threads, processes = bench.threads_table(sim), bench.processes_table(sim)
        return threads, bench.streams_table(), processes, *bench.acting_tables()


def compare(options):
    with fresh_folder() as folder:
        return bench_against.compare(options.against, ROOT / "build" / "release" / "bin" / "troupe", folder,
                                     quick=options.quick)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options = arguments()
    notes = busy_note()
    try:
        if options.against:
            return compare(options)
        tables = measure(options, notes)
    except bp.BenchError as error:
        bp.say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        bp.say("interrupted")
        return 130
    targets = targets_of(*tables[:3]) + bench_acting.targets_of(tables[3:])
    print("\n\n".join([*(x.text() for x in tables), report.targets_text(targets)]))
    for note in notes:
        bp.say(note)
    if options.record:
        command = "scripts/bench" + (" --quick" if options.quick else "")
        report.record(ROOT / "docs" / "benchmarks.md", date=datetime.date.today().isoformat(), command=command,
                      tables=tables, targets=targets, notes=notes, root=ROOT)
        bp.say("wrote docs/benchmarks.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
