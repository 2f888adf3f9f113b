"""How the program ends: by signals, and when nobody can read what it says."""
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import threading
import time
import unittest
import urllib.request

from provider import LIMIT_S, PROGRAM, STALL, ProgramTest, reply, shell, tool

FULL = "No space left on device"


class Signals(ProgramTest):
    def running(self, *words, **options):
        provider = self.provider(STALL)
        process = self.start_program(*words, *self.configured(provider), *(["go"] if words[0] == "exec" else []), **options)
        provider.wait_for(1)
        self.wait_for_line("user_message")
        return process

    def tasks(self):
        path = self.work / "tasks.jsonl"
        path.write_text(json.dumps({"prompt": "go"}) + "\n")
        return path

    def ended(self, process, number):
        process.send_signal(number)
        return process.communicate(timeout=LIMIT_S)

    def test_exec_records_the_interrupted_turn(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            process = self.running("exec", "--json", "--skip-git-repo-check")
            self.ended(process, number)
            self.assertEqual(process.returncode, 128 + number)
            self.assertEqual(self.rollout_lines()[-1]["payload"], {"type": "turn_aborted", "reason": "interrupted"})
            self.rollouts()[0].unlink()

    def test_run_keeps_results_and_writes_its_summary(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            out = self.work / f"out-{number}"
            process = self.running("run", self.tasks(), "--out", out)
            self.ended(process, number)
            self.assertEqual(process.returncode, 128 + number)
            (line,) = (out / "results.jsonl").read_text().splitlines()
            self.assertEqual(json.loads(line)["status"], "interrupted")
            self.assertTrue(json.loads((out / "summary.json").read_text()))
            self.rollouts()[0].unlink()

    def test_node_and_simulator_end_by_each_of_them(self):
        for words in (["node", "--offline"], ["sim"]):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                process = self.start_program(*words)
                self.assertTrue(process.stdout.readline())
                _, error = self.ended(process, number)
                self.assertEqual(process.returncode, 0, f"{words} {number}: {error}")

    def test_a_second_one_does_not_wait(self):
        """For a program that cannot end in order: it is about to print, and nobody reads."""
        provider = self.provider(reply("much " * 10_000))
        words = ["exec", "--json", "--skip-git-repo-check", *self.configured(provider), "go"]
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        process = subprocess.Popen([PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=write, stderr=subprocess.DEVNULL,
                                   cwd=self.work, env=self.environment())
        self.addCleanup(self.end, process)
        os.close(write)
        provider.wait_for(1)
        self.wait_for_line("token_count")
        process.send_signal(signal.SIGTERM)
        end = time.monotonic() + LIMIT_S
        while process.poll() is None:  # those that come with the first one are no second one
            self.assertLess(time.monotonic(), end)
            process.send_signal(signal.SIGHUP)
            time.sleep(0.01)
        self.assertIn(process.returncode, (128 + signal.SIGTERM, 128 + signal.SIGHUP))

    def test_two_at_once_are_one(self):
        """GNU timeout signals its child and then the whole group."""
        out = self.work / "out"
        process = self.running("run", self.tasks(), "--out", out)
        process.send_signal(signal.SIGTERM)
        self.ended(process, signal.SIGHUP)
        self.assertIn(process.returncode, (128 + signal.SIGTERM, 128 + signal.SIGHUP))
        self.assertTrue(json.loads((out / "summary.json").read_text()))
        for words in (["node", "--offline"], ["sim"]):
            process = self.start_program(*words)
            self.assertTrue(process.stdout.readline())
            process.send_signal(signal.SIGTERM)
            _, error = self.ended(process, signal.SIGINT)
            self.assertEqual(process.returncode, 0, f"{words}: {error}")

    def test_output_that_nobody_reads_does_not_hold_the_end_up(self):
        provider = self.provider(reply("much " * 10_000))
        for requests, number in enumerate((signal.SIGTERM, signal.SIGINT, signal.SIGHUP), 1):
            words = ["exec", "--json", "--skip-git-repo-check", *self.configured(provider), "go"]
            read, write = os.pipe()
            self.addCleanup(os.close, read)
            fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
            process = subprocess.Popen([PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=write, stderr=subprocess.PIPE,
                                       text=True, cwd=self.work, env=self.environment())
            self.addCleanup(self.end, process)
            os.close(write)
            provider.wait_for(requests)
            self.wait_for_line("token_count")
            _, error = self.ended(process, number)
            self.assertEqual(process.returncode, 1)
            self.assertIn("Error: cannot write the output: its reader took nothing for 2 seconds after the signal", error)
            self.rollouts()[0].unlink()

    def test_a_node_whose_lines_nobody_reads_ends_and_tells_it(self):
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        process = subprocess.Popen([PROGRAM, "node", "--offline"], stdin=subprocess.PIPE, stdout=write, stderr=subprocess.PIPE,
                                   text=True, cwd=self.work, env=self.environment())
        self.addCleanup(self.end, process)
        self.addCleanup(os.close, write)
        self.assertIn(b"node.started", os.read(read, 4096))
        process.stdin.write('{"op":"list"}\n' * 1000)
        process.stdin.flush()
        end = time.monotonic() + LIMIT_S
        while select.select([], [write], [], 0)[1]:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        _, error = self.ended(process, signal.SIGTERM)
        self.assertEqual((process.returncode, error),
                         (1, "Error: cannot write the output: its reader took nothing for 2 seconds after the signal\n"))

    def test_one_that_comes_before_anything_has_begun(self):
        for number, code in ((signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 1)):
            process = subprocess.Popen([PROGRAM, "exec", "--skip-git-repo-check"], stdin=subprocess.PIPE, text=True,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.work, env=self.environment())
            self.addCleanup(self.end, process)
            self.assertEqual(process.stderr.readline(), "Reading prompt from stdin...\n")
            process.send_signal(number)
            self.assertEqual(process.wait(LIMIT_S), code)

    def test_one_that_comes_after_the_turn_changes_nothing(self):
        provider = self.provider(reply("fine"))
        process = self.start_program("exec", "--json", "--skip-git-repo-check", *self.configured(provider), "go")
        while "turn.completed" not in (line := process.stdout.readline()):
            self.assertTrue(line)
        _, error = self.ended(process, signal.SIGTERM)
        self.assertEqual(process.returncode, 0, error)

    def test_what_is_ignored_at_the_start_stays_ignored(self):
        ignored = (signal.SIGHUP, signal.SIGINT)
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        answer = dict(reply("fine"), before=lambda: go_on.wait(LIMIT_S))
        provider = self.provider(answer)
        words = ["exec", "--json", "--skip-git-repo-check", *self.configured(provider), "go"]
        process = subprocess.Popen([PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, cwd=self.work, env=self.environment(),
                                   preexec_fn=lambda: [signal.signal(x, signal.SIG_IGN) for x in ignored])
        self.addCleanup(self.end, process)
        provider.wait_for(1)
        for number in ignored:
            process.send_signal(number)
        go_on.set()
        out, error = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, 0, error)
        self.assertIn("turn.completed", out)


class LostOutput(ProgramTest):
    def run_into(self, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, before=None):
        """With a full disk (or else) behind the given streams; (exit code, stderr)."""
        result = subprocess.run([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, text=True,
                                cwd=self.work, env=self.environment(), timeout=LIMIT_S, preexec_fn=before)
        return result.returncode, result.stderr

    def run_without_stdout(self, *words):
        return self.run_into(*words, before=lambda: os.close(1))

    def full(self):
        file = open("/dev/full", "w", encoding="utf-8")
        self.addCleanup(file.close)
        return file

    def closed_pipe(self):
        read, write = os.pipe()
        os.close(read)
        self.addCleanup(os.close, write)
        return write

    def test_a_simulator_whose_log_finds_no_room_goes_on_and_tells_it_at_its_end(self):
        process = self.start_program("sim", "--log", "/dev/full")
        base_url = process.stdout.readline().removeprefix("listening on ").strip()
        with urllib.request.urlopen(base_url + "/models", timeout=LIMIT_S) as answer:
            self.assertEqual(answer.status, 200)
        process.terminate()
        _, error = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, 1)
        self.assertTrue(error.endswith(f"Error: /dev/full is incomplete: {FULL}\n"), error)

    def exec_words(self, provider, *words):
        return ("exec", "--skip-git-repo-check", *self.configured(provider), *words, "go")

    def test_events_that_find_no_room_stop_the_turn_before_it_costs_anything(self):
        for stdout, reason in ((self.full(), FULL), (self.closed_pipe(), "Broken pipe")):
            provider = self.provider(reply("fine"))
            code, error = self.run_into(*self.exec_words(provider, "--json"), stdout=stdout)
            self.assertEqual(code, 1)
            self.assertTrue(error.endswith(f"\nError: cannot write the output: {reason}; the turn was stopped\n"), error)
            self.assertEqual(provider.requests, [])

    def test_a_reader_that_leaves_in_mid_turn_stops_it(self):
        left = threading.Event()
        self.addCleanup(left.set)
        provider = self.provider(dict(tool(shell("echo one")), before=lambda: left.wait(LIMIT_S)), STALL)
        process = self.start_program(*self.exec_words(provider, "--json"))
        process.stdout.readline()
        process.stdout.close()
        process.stdout = None
        left.set()
        process.wait(LIMIT_S)
        self.assertEqual(process.returncode, 1)
        self.assertTrue(process.stderr.read().endswith(
            "\nError: cannot write the output: Broken pipe; the turn was stopped\n"))

    def test_a_final_message_that_is_lost_is_no_success(self):
        code, error = self.run_into(*self.exec_words(self.provider(reply("fine"))), stdout=self.full())
        self.assertEqual(code, 1)
        self.assertTrue(error.endswith(f"Error: cannot write the output: {FULL}\n"), error)

    def test_diagnostics_that_are_lost_are_no_failure(self):
        for stderr in (self.full(), self.closed_pipe()):
            provider = self.provider(reply("fine"))
            answer = self.work / "answer"
            with open(answer, "w", encoding="utf-8") as stdout:
                code, _ = self.run_into(*self.exec_words(provider), stdout=stdout, stderr=stderr)
            self.assertEqual((code, answer.read_text()), (0, "fine\n"))
            code, _ = self.run_into(*self.run_words(provider), stdout=subprocess.DEVNULL, stderr=stderr)
            self.assertEqual(code, 0)
            shutil.rmtree(self.work / "out")

    def test_a_last_message_file_that_is_lost_is_no_success(self):
        code, error = self.run_into(*self.exec_words(self.provider(reply("fine")), "--json", "-o", "/dev/full"))
        self.assertEqual(code, 1)
        self.assertIn(f'Failed to write last message file "/dev/full": {FULL}', error)

    def run_words(self, provider, *words):
        tasks = self.work / "tasks.jsonl"
        tasks.write_text("".join(json.dumps({"prompt": f"task {i}"}) + "\n" for i in range(3)))
        return ("run", tasks, "--out", self.work / "out", "--concurrency", "1", *words, *self.configured(provider))

    def results(self):
        return [json.loads(line)["status"] for line in (self.work / "out" / "results.jsonl").read_text().splitlines()]

    def test_result_lines_that_find_no_room_stop_the_run_and_can_be_resumed(self):
        provider = self.provider(reply("fine"), STALL)
        code, error = self.run_into(*self.run_words(provider, "--json"), stdout=self.full())
        self.assertEqual(code, 1)
        self.assertIn(f"Error: cannot write the output: {FULL}; what is finished is in ", error)
        self.assertEqual(self.results()[0], "completed")
        self.assertLess(self.results().count("completed"), 3)
        code, _ = self.run_into(*self.run_words(self.provider(reply("fine")), "--json", "--resume"))
        self.assertEqual(code, 0)

    def test_a_table_that_is_lost_is_no_success(self):
        code, error = self.run_into(*self.run_words(self.provider(reply("fine"))), stdout=self.full())
        self.assertEqual(code, 1)
        self.assertIn(f"Error: cannot write the output: {FULL}", error)
        self.assertEqual(self.results(), ["completed"] * 3)

    def test_a_summary_that_is_lost_is_no_success(self):
        (self.work / "out" / "summary.json.new").mkdir(parents=True)
        code, error = self.run_into(*self.run_words(self.provider(reply("fine"))))
        self.assertEqual(code, 1)
        self.assertIn("summary.json: Is a directory", error)

    def test_commands_that_only_print_fail_when_it_is_lost(self):
        rollout = self.provider(reply("fine"))
        self.assertEqual(self.run_into(*self.exec_words(rollout))[0], 0)
        (path,) = self.rollouts()
        for words in (["threads", "list"], ["threads", "show", path], ["models", "list", "--refresh", "offline"],
                      ["models", "default"], ["cluster", "ca", "init", self.work / "ca"],
                      ["cluster", "ca", "issue", self.work / "ca", "a"], ["sim", "--list"], ["sim"], ["node", "--offline"], ["--help"], ["--version"]):
            code, error = self.run_into(*words, stdout=self.full())
            self.assertEqual((code, error), (1, f"Error: cannot write the output: {FULL}\n"), words)
        for words in (["threads", "list"], ["--help"]):  # `| head` has seen enough
            self.assertEqual(self.run_into(*words, stdout=self.closed_pipe()), (1, ""), words)

    def test_a_closed_standard_output_loses_what_is_written_to_it(self):
        provider = self.provider(reply("fine"))
        lost = "Error: cannot write the output: Bad file descriptor"
        for words in (self.exec_words(provider), self.exec_words(provider, "--json"), self.run_words(provider, "--json"),
                      self.run_words(provider, "--resume"), ["threads", "list"], ["models", "default"]):
            code, error = self.run_without_stdout(*words)
            self.assertEqual(code, 1, words)
            self.assertIn(lost, error, words)

    def test_a_node_without_a_reader_goes_on_and_tells_it_at_its_end(self):
        process = subprocess.Popen([PROGRAM, "node", "--offline"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, cwd=self.work, env=self.environment())
        self.addCleanup(self.end, process)
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write('{"op":"start","prompt":"Say hello"}\n')
        process.stdin.flush()
        self.assertEqual(process.stderr.readline(),
                         "Error: cannot write the output: Broken pipe; the node goes on without it\n")
        process.terminate()
        process.wait(LIMIT_S)
        self.assertEqual(process.returncode, 1)
        process.stdout = None


if __name__ == "__main__":
    unittest.main(verbosity=2)
