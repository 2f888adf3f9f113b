"""The program where the system gives it little: few threads, few open files."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

from provider import LIMIT_S, PROGRAM, ProgramTest, reply, shell, tool

SENTENCE = "refuses this program another thread"
# More threads than any command needs at its start.
ENOUGH = 40


def needs(*programs):
    missing = [x for x in programs if shutil.which(x) is None]
    return unittest.skipIf(missing, f"needs {', '.join(missing)}")


@unittest.skipUnless(os.geteuid() == 0, "needs root: a limit of threads counts all programs of a user, so one of its own is taken")
@needs("setpriv", "prlimit")
class FewThreads(ProgramTest):
    """As users without other programs, each attempt as one of its own: what an attempt has left behind (a guardian that
    nobody has buried yet) counts for a while. Each number of threads in turn."""

    def setUp(self):
        super().setUp()
        self.user = 200_000 + os.getpid() % 100_000 * 1000
        self.program = self.base / "troupe"
        shutil.copy(PROGRAM, self.program)  # the build folder may be closed to others
        for path in (self.base, self.home, self.work, self.program):
            path.chmod(0o777)

    def start(self, threads, *arguments):
        self.user += 1
        return self.start_as_same(threads, *arguments)

    def start_as_same(self, threads, *arguments):
        home = self.base / f"home-{self.user}"
        home.mkdir(exist_ok=True)
        home.chmod(0o777)
        words = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups",
                 "prlimit", f"--nproc={threads}", str(self.program), *map(str, arguments)]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   cwd=self.work, env={**self.environment(), "CODEX_HOME": str(home)})
        self.addCleanup(self.end, process)
        return process

    def finish(self, process, threads):
        """The exit code: 0, or 1 with a reason. Nothing hangs, nothing is aborted."""
        _, error = process.communicate(timeout=LIMIT_S)
        self.assertIn(process.returncode, (0, 1), f"{threads} threads: {error}")
        if process.returncode == 1:
            self.assertTrue(SENTENCE in error or "Resource temporarily unavailable" in error, f"{threads} threads: {error}")
            self.assertNotIn("terminate called", error)
        return process.returncode, error

    def each_number(self, *arguments, until_it_runs=None):
        """From one thread to the first number that will do; returns that."""
        for threads in range(1, ENOUGH):
            process = self.start(threads, *(x.format(threads) for x in map(str, arguments)))
            if until_it_runs:
                until_it_runs(process)
            code, error = self.finish(process, threads)
            if code == 0:
                self.assertGreater(threads, 1)
                return threads
            if threads == 1:
                self.assertIn(f"Error: the system {SENTENCE}", error)
                self.assertIn("`ulimit -u` is 1 ", error)
        self.fail(f"{ENOUGH} threads are not enough: {error}")

    def test_exec_runs_or_says_what_to_raise(self):
        self.each_number("exec", "--offline", "--skip-git-repo-check", "Say hello")

    def test_names_are_looked_up_by_a_thread_more_or_the_turn_fails(self):
        provider = self.provider(reply("fine"))
        provider.url = provider.url.replace("127.0.0.1", "localhost")
        self.each_number("exec", "--skip-git-repo-check", *self.configured(provider, stream_max_retries=0), "go")

    def test_run_runs_or_says_what_to_raise(self):
        tasks = self.work / "tasks.jsonl"
        tasks.write_text(json.dumps({"prompt": "Say hello"}) + "\n")
        self.each_number("run", tasks, "--out", self.base / "out-{}", "--offline")

    def test_models_runs_or_says_what_to_raise(self):
        self.each_number("models", "list", "--refresh", "offline")

    def stop_when_it_runs(self, process):
        if process.stdout.readline():
            process.send_signal(signal.SIGTERM)

    def test_node_runs_or_says_what_to_raise(self):
        self.each_number("node", "--offline", until_it_runs=self.stop_when_it_runs)

    def test_node_with_links_runs_or_says_what_to_raise(self):
        authority = self.base / "ca"
        for words in (["init", authority], ["issue", authority, "first"]):
            subprocess.run([PROGRAM, "cluster", "ca", *map(str, words)], check=True, capture_output=True, timeout=LIMIT_S)

        def with_own_files(threads, *arguments):
            """A key must be its user's, and each attempt has another user."""
            own = self.base / f"credentials-{threads}"
            shutil.copytree(authority / "first", own)
            for path in (own, *own.iterdir()):
                os.chown(path, self.user + 1, self.user + 1)
            return start(threads, *arguments, "--credentials", own)

        start, self.start = self.start, with_own_files
        self.each_number("node", "--offline", "--listen", "127.0.0.1:0", "--join", "127.0.0.1:1",
                         until_it_runs=self.stop_when_it_runs)

    def test_sim_runs_or_says_what_to_raise(self):
        self.each_number("sim", until_it_runs=self.stop_when_it_runs)

    def test_threads_needs_none(self):
        self.assertEqual(self.finish(self.start(1, "threads", "list"), 1)[0], 0)

    def test_several_at_once_share_what_there_is(self):
        processes = [self.start_as_same(25, "exec", "--offline", "--skip-git-repo-check", "Say hello") for _ in range(6)]
        codes = [self.finish(process, 25)[0] for process in processes]
        self.assertIn(1, codes)


class FewProcesses(ProgramTest):
    """In control groups with a limit of processes, as containers and services have; it binds root, too."""

    def group(self, processes):
        """A fresh one each time: the dead that nobody has buried yet count."""
        for base in (pathlib.Path("/sys/fs/cgroup/pids"), pathlib.Path("/sys/fs/cgroup")):
            group = base / f"troupe-e2e-{os.getpid()}-{processes}"
            try:
                group.mkdir()
            except OSError:
                continue
            self.addCleanup(self.remove, group)
            if (group / "pids.max").exists():
                (group / "pids.max").write_text(str(processes))
                return group
        return self.skipTest("needs a control group of its own that counts processes")

    @staticmethod
    def remove(group):
        """Once its last process has ended."""
        end = time.monotonic() + LIMIT_S
        while group.exists() and time.monotonic() < end:
            with contextlib.suppress(OSError):
                group.rmdir()
            time.sleep(0.01)

    def test_exec_runs_or_names_the_file_of_the_limit(self):
        for processes in range(1, ENOUGH):
            group = self.group(processes)
            result = subprocess.run([PROGRAM, "exec", "--offline", "--skip-git-repo-check", "Say hello"],
                                    stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=self.work,
                                    env=self.environment(), timeout=LIMIT_S,
                                    preexec_fn=lambda group=group: (group / "cgroup.procs").write_text("0"))
            if result.returncode == 0:
                self.assertGreater(processes, 1)
                return
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertIn(SENTENCE, result.stderr)
            self.assertIn(f"{group}/pids.max is {processes} ", result.stderr)
        self.fail(result.stderr)

    def test_a_run_that_can_start_no_command_fails_and_says_what_to_raise(self):
        """No process more from the moment on when the first command is asked for."""
        (self.work / "tasks.jsonl").write_text('{"prompt": "go"}\n')
        for mode in ("danger-full-access", "workspace-write"):
            with self.subTest(mode):
                group, out = self.group(4 * ENOUGH), self.work / mode
                first = {**tool(shell("echo a", "a"), shell("echo b", "b")), "before": lambda group=group: self.close(group)}
                provider = self.provider(first, reply("ok"))
                result = subprocess.run([PROGRAM, "run", "tasks.jsonl", "--out", out, "--sandbox", mode,
                                         *map(str, self.configured(provider))], stdin=subprocess.DEVNULL,
                                        capture_output=True, text=True, cwd=self.work, env=self.environment(),
                                        timeout=LIMIT_S,
                                        preexec_fn=lambda group=group: (group / "cgroup.procs").write_text("0"))
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertEqual(json.loads((out / "summary.json").read_text())["all"]["refused"], 2)
                self.assertEqual(result.stderr.count("no command can be started here: "), 1, result.stderr)
                self.assertIn("Raise the limit of processes (`ulimit -u`", result.stderr)
                self.remove(group)

    @staticmethod
    def close(group):
        (group / "pids.max").write_text((group / "pids.current").read_text())


@needs("prlimit")
class FewFiles(ProgramTest):
    def limited(self, files, *arguments):
        return subprocess.run(["prlimit", f"--nofile={files}", PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, cwd=self.work, env=self.environment(), timeout=LIMIT_S)

    def tasks(self, count):
        path = self.work / "tasks.jsonl"
        path.write_text("".join(json.dumps({"prompt": f"Run `echo {i}`"}) + "\n" for i in range(count)))
        return path

    def test_run_runs_fewer_tasks_at_once_and_says_so_once(self):
        for files, tasks in ((64, 30), (256, 60)):
            out = self.work / f"out-{files}"
            result = self.limited(files, "run", self.tasks(tasks), "--out", out, "--offline", "--sandbox", "danger-full-access")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(result.stderr.count("tasks run at once"), 1)
            self.assertIn(f"{files} files may be open (ulimit -n)", result.stderr)
            results = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
            self.assertEqual([x["status"] for x in results], ["completed"] * tasks)
            for entry in results:
                with open(entry["rollout_path"], encoding="utf-8") as rollout:
                    self.assertNotIn("Too many open files", rollout.read())

    def test_nobody_is_told_who_asked_for_fewer_anyway(self):
        result = self.limited(256, "run", self.tasks(3), "--out", self.work / "out", "--offline", "--sandbox", "danger-full-access")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("tasks run at once", result.stderr)

    def test_a_turn_with_a_command_works_with_the_least_that_is_accepted(self):
        provider = self.provider(tool(shell("echo fine")), reply("done"))
        words = ("exec", "--skip-git-repo-check", "--sandbox", "danger-full-access", *self.configured(provider), "go")
        refused = self.limited(39, *words)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("Error: only 39 files may be open at once, and 40 are needed at least: raise the limit (ulimit -n)",
                      refused.stderr)
        self.assertEqual(provider.requests, [])
        result = self.limited(40, *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("fine", json.dumps(provider.requests[-1]["json"]["input"][-1]))

    def test_every_command_that_needs_files_says_so(self):
        for words in (["sim"], ["node"], ["models", "list"], ["run", self.tasks(1), "--offline"]):
            result = self.limited(20, *words)
            self.assertEqual(result.returncode, 1, words)
            self.assertIn("only 20 files may be open at once", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
