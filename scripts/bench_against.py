"""Two builds of Troupe beside each other: `scripts/bench --against OLD`. Python's standard library only.

Both run in one go, interleaved, against one simulator. What counts is the change within a round, when both had the
same machine to themselves or to share; its median over the rounds is the verdict."""
import dataclasses
import json
import pathlib
import socket
import statistics
import subprocess
import time

import bench_peers as peers
import bench_process as bp
import bench_report as report

PROMPT = "Say something plain."
# A figure that is worse by more than this fails the comparison.
TOLERATED = 0.05
# A start is paid once, however many turns follow: what a person does not notice is no failure.
TOLERATED_START_MS = 30
STARTS = {"start_cpu", "start_ms", "exec_cpu", "exec_ms", "first_request_ms"}
LIMIT_SECONDS = 300


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much is measured: tasks by the number of threads at work at once, rounds, programs started per round."""
    tasks: dict
    rounds: int
    more_rounds: int  # while a figure's rounds do not agree
    starts: int
    turns: int  # of each thread of troupe_bench


FULL = Plan(tasks={1: 200, 100: 2000, 400: 2400}, rounds=7, more_rounds=6, starts=8, turns=10)
QUICK = Plan(tasks={1: 80, 100: 500, 400: 800}, rounds=3, more_rounds=2, starts=4, turns=4)


@dataclasses.dataclass(frozen=True)
class Program:
    title: str
    path: pathlib.Path
    bench: pathlib.Path | None  # troupe_bench of the same build


def figures_of(plan, with_bench):
    rows = []
    for n in plan.tasks:
        rows += [report.Row(f"run_cpu_{n}", f"troupe run, {n}: CPU per turn, ms", decimals=3),
                 report.Row(f"run_rate_{n}", f"troupe run, {n}: turns per second", more_is_better=True),
                 report.Row(f"run_disk_{n}", f"troupe run, {n}: written per turn, KB", scale=1 / 1024, decimals=1)]
    rows += [report.Row("start_cpu", "troupe run, one task: CPU, ms", decimals=2),
             report.Row("start_ms", "troupe run, one task: start to end, ms", decimals=2),
             report.Row("exec_cpu", "troupe exec: CPU, ms", decimals=2),
             report.Row("exec_ms", "troupe exec: start to end, ms", decimals=2),
             report.Row("first_request_ms", "troupe exec: start to first request, ms", decimals=2)]
    for n in plan.tasks if with_bench else ():
        rows += [report.Row(f"bench_cpu_{n}", f"in process, {n}: CPU per turn, ms", decimals=3),
                 report.Row(f"bench_rate_{n}", f"in process, {n}: turns per second", more_is_better=True),
                 report.Row(f"bench_disk_{n}", f"in process, {n}: written per turn, KB", scale=1 / 1024, decimals=1)]
        if n >= 100:
            rows.append(report.Row(f"bench_memory_{n}", f"in process, {n}: memory per idle thread, KB", decimals=1))
    return rows


class Comparison:
    """Measures both programs round by round. `folder` holds everything that is written."""

    def __init__(self, plan, folder, old, new, sim):
        self._plan, self._folder, self._programs, self._sim = plan, folder, (old, new), sim
        self._with_bench = all(x.bench for x in self._programs)
        self._figures = figures_of(plan, self._with_bench)
        self._rounds = []  # of {title of program: figures}
        self._folders = 0

    def run(self):
        bp.say("warming up")
        for program in self._programs:
            self._exec(program)
        for _ in range(self._plan.rounds):
            self._measure_round()
        for _ in range(self._plan.more_rounds):
            if not any(x.is_open() for x in self.results()):
                break
            bp.say("the rounds do not agree yet: one more")
            self._measure_round()
        return self.results()

    def results(self):
        old, new = (x.title for x in self._programs)
        return [Result(x, [r[old][x.key] for r in self._rounds], [r[new][x.key] for r in self._rounds])
                for x in self._figures]

    def _measure_round(self):
        number = len(self._rounds) + 1
        bp.say(f"round {number}")
        # Who goes first has another cache and another clock: they take turns.
        order = self._programs if number % 2 else self._programs[::-1]
        found = {x.title: {} for x in order}
        steps = [self._starts]
        steps += [lambda p, n=n: self._run(p, n, found[p.title]) for n in self._plan.tasks]
        steps += [self._execs, self._first_requests]
        if self._with_bench:
            steps += [lambda p, n=n: self._in_process(p, n) for n in self._plan.tasks]
        for step in steps:
            for program in order:
                found[program.title] |= step(program)
        self._rounds.append(found)

    def _starts(self, program):
        """`troupe run` with a single task: what every run pays once."""
        runs = [self._run_tasks(program, 1, 1) for _ in range(self._plan.starts)]
        return {"start_cpu": statistics.median(x.cpu_ms for x in runs),
                "start_ms": statistics.median(x.seconds * 1000 for x in runs)}

    def _run(self, program, threads, start):
        """Many tasks through `troupe run`: what they take beyond a run of one, shared out to them."""
        tasks = self._plan.tasks[threads]
        ended = self._run_tasks(program, tasks, threads)
        more = tasks - 1
        return {f"run_cpu_{threads}": (ended.cpu_ms - start["start_cpu"]) / more,
                f"run_rate_{threads}": more / (ended.seconds - start["start_ms"] / 1000),
                f"run_disk_{threads}": ended.written_bytes / tasks}

    def _run_tasks(self, program, tasks, threads):
        folder = self._new_folder()
        home = peers.own_home(folder, self._sim.base_url)
        task_file = folder / "tasks.jsonl"
        task_file.write_text((json.dumps({"prompt": PROMPT}) + "\n") * tasks, encoding="ascii")
        ended = bp.run([program.path, "run", task_file, "--out", folder / "out", "--concurrency", str(threads), "--quiet"],
                       env=home.environment, cwd=home.workspace, stderr=subprocess.DEVNULL)
        if ended.exit_code != 0:
            raise bp.BenchError(f"{program.path} run ended with {ended.exit_code}")
        return ended

    def _exec(self, program):
        home = peers.own_home(self._new_folder(), self._sim.base_url)
        ended = bp.run([program.path, "exec", "--json", "--skip-git-repo-check", PROMPT], env=home.environment,
                       cwd=home.workspace, stderr=subprocess.DEVNULL)
        if ended.exit_code != 0 or b'"turn.completed"' not in ended.output:
            raise bp.BenchError(f"{program.path} exec ended with {ended.exit_code}")
        return ended

    def _execs(self, program):
        runs = [self._exec(program) for _ in range(self._plan.starts)]
        return {"exec_cpu": statistics.median(x.cpu_ms for x in runs),
                "exec_ms": statistics.median(x.seconds * 1000 for x in runs)}

    def _first_requests(self, program):
        return {"first_request_ms": statistics.median(self._first_request(program) for _ in range(self._plan.starts))}

    def _first_request(self, program):
        """From before the start until the first byte of a request is here; the program is ended then."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(LIMIT_SECONDS)
            home = peers.own_home(self._new_folder(), f"http://127.0.0.1:{server.getsockname()[1]}/v1")
            begin = time.monotonic()
            child = bp.spawn([program.path, "exec", "--json", "--skip-git-repo-check", PROMPT], env=home.environment,
                             cwd=home.workspace, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
            connection, _ = server.accept()
            with connection:
                connection.settimeout(LIMIT_SECONDS)
                connection.recv(1)
                seconds = time.monotonic() - begin
                bp.stop(child)
        return seconds * 1000

    def _in_process(self, program, threads):
        folder = self._new_folder()
        folder.mkdir()
        ended = bp.run([program.bench, "--json", "--base-url", self._sim.base_url, "--prompt", PROMPT, "--folder", folder,
                        "--threads", str(threads), "--turns", str(self._plan.turns if threads > 1 else 100)],
                       stderr=subprocess.DEVNULL)
        if ended.exit_code != 0:
            raise bp.BenchError(f"{program.bench} ended with {ended.exit_code}")
        figures = json.loads(ended.output)
        return {f"bench_cpu_{threads}": figures["cpu_ms_per_turn"], f"bench_rate_{threads}": figures["turns_per_second"],
                f"bench_disk_{threads}": figures["disk_bytes_per_turn"],
                f"bench_memory_{threads}": figures["private_kb_per_idle_thread"]}

    def _new_folder(self):
        self._folders += 1
        return self._folder / f"{self._folders:04d}"


@dataclasses.dataclass(frozen=True)
class Result:
    """One figure of both programs, round by round."""
    figure: report.Row
    old: list
    new: list

    def changes(self):
        """How much worse the new one is in each round, as a share; below 0: better."""
        pairs = ((b, a) if self.figure.more_is_better else (a, b) for a, b in zip(self.old, self.new))
        return [worse / better - 1 if better else 0.0 for better, worse in pairs]

    def change(self):
        return statistics.median(self.changes())

    def middle_half(self):
        values = sorted(self.changes())
        quarter = len(values) // 4
        return values[quarter], values[-1 - quarter]

    def is_open(self):
        """The middle half of the rounds lies on both sides of what is tolerated: more rounds may tell more."""
        low, high = self.middle_half()
        return not self.is_start() and low <= TOLERATED < high

    def is_start(self):
        return self.figure.key in STARTS

    def is_worse(self):
        if self.is_start():
            return statistics.median(self.new) - statistics.median(self.old) > TOLERATED_START_MS
        return self.change() > TOLERATED and not self.is_undecided()

    def is_undecided(self):
        """The median says worse, but among the middle half are rounds in which it was better: that is chance."""
        return not self.is_start() and self.change() > TOLERATED and self.middle_half()[0] <= 0

    def verdict(self):
        if self.is_undecided():
            return "undecided"
        return "WORSE" if self.is_worse() else "ok"

    def cells(self):
        def number(values):
            return self.figure.cell({self.figure.key: statistics.median(values)})
        low, high = self.middle_half()
        return [self.figure.title, number(self.old), number(self.new), f"{self.change():+.1%}", f"{low:+.1%} to {high:+.1%}",
                self.verdict()]


def bench_beside(program):
    """The troupe_bench that was built with a program, by its name: beside troupe-old stands troupe_bench-old."""
    found = program.with_name(program.name.replace("troupe", "troupe_bench", 1))
    return found if found != program and found.is_file() else None


def text_of(results, old, new):
    head = ["figure", old.title, new.title, "worse by", "middle half of the rounds", ""]
    notes = [f"medians of {len(results[0].old)} rounds, both programs in each, in turns"]
    undecided = [x.figure.title for x in results if x.is_undecided()]
    if undecided:
        notes.append(f"undecided, since the rounds do not agree (was the machine busy?): {'; '.join(undecided)}")
    worse = [x.figure.title for x in results if x.is_worse()]
    tolerated = f"{TOLERATED:.0%} (starts: {TOLERATED_START_MS} ms)"
    notes.append(f"worse by more than {tolerated}: {'; '.join(worse)}" if worse else
                 f"no figure is certainly worse by more than {tolerated}")
    return "\n".join([*report.aligned([head, *(x.cells() for x in results)]), *notes])


def compare(old_path, new_path, folder, *, quick):
    """Prints the table; the exit code: 1 when a figure is worse by more than is tolerated."""
    old = Program("old", pathlib.Path(old_path).resolve(), bench_beside(pathlib.Path(old_path).resolve()))
    new = Program("new", pathlib.Path(new_path), bench_beside(pathlib.Path(new_path)))
    if not old.bench:
        bp.say(f"no troupe_bench beside {old.path}: memory and figures in process are left out")
    # One simulator for both, of the new build.
    with peers.Simulator(new.path) as sim:
        results = Comparison(QUICK if quick else FULL, folder, old, new, sim).run()
    print(text_of(results, old, new))
    return 1 if any(x.is_worse() for x in results) else 0
