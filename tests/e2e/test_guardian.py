"""Tools end with the program and keep their bounds: real processes, full access (decisions: the guardian)."""
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest

from provider import LIMIT_S, PROGRAM, STALL, ProgramTest, reply, shell, tool

FULL = ["--dangerously-bypass-approvals-and-sandbox", "--skip-git-repo-check"]
# Every process of a test ends by itself after a minute, should the guardian fail.
NAP = "sleep 60"
KINDS = {
    "child": f"sh -c 'echo $$ >> pids; exec {NAP}' &",
    "setsid": f"setsid sh -c 'echo $$ >> pids; exec {NAP}' &",
    "double fork": f"(setsid sh -c 'echo $$ >> pids; exec {NAP}' &)",
    "nohup": f"nohup sh -c 'echo $$ >> pids; exec {NAP}' >/dev/null 2>&1 &",
    "without a trace": f"(setsid env -i /bin/sh -c 'echo $$ >> pids; exec /bin/{NAP}' >/dev/null 2>&1 &)",
}


def ended(process, limit=20):
    """Whether the process of a pidfd ends in time."""
    ready, _, _ = select.select([process], [], [], limit)
    return bool(ready)


class Tools(ProgramTest):
    user = []  # what the program is run under

    def start(self, provider, *arguments):
        process = subprocess.Popen([*self.user, PROGRAM, "exec", "--json", *FULL, *self.configured(provider),
                                    *arguments, "go"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, cwd=self.work, env=self.environment())
        self.addCleanup(self.end, process)
        return process

    def finish(self, provider, *arguments):
        process = self.start(provider, *arguments)
        out, err = process.communicate(timeout=LIMIT_S)
        return process.returncode, out, err

    def pids(self, count):
        """Of the tools, once all of them have told theirs."""
        end = time.monotonic() + LIMIT_S
        path = self.work / "pids"
        while not path.exists() or len(path.read_text().split()) < count:
            self.assertLess(time.monotonic(), end, "the tools have not started")
            time.sleep(0.01)
        return [int(x) for x in path.read_text().split()]

    def watched(self, count):
        result = [os.pidfd_open(pid) for pid in self.pids(count)]
        for process in result:
            self.addCleanup(os.close, process)
        return result

    @staticmethod
    def python():
        """One that anybody may run."""
        return next(x for x in ("/usr/bin/python3", sys.executable) if os.path.exists(x))

    def output_of(self, provider):
        return next(x["output"] for x in provider.requests[-1]["json"]["input"] if x["type"] == "function_call_output")

    def test_no_tool_outlives_a_program_that_is_ended_by_a_signal(self):
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGSEGV):
            with self.subTest(signal=number.name):
                (self.work / "pids").unlink(missing_ok=True)
                process = self.start(self.provider(tool(shell("\n".join(KINDS.values()) + f"\nwait; {NAP}")), STALL))
                tools = self.watched(len(KINDS))
                process.send_signal(number)
                process.communicate(timeout=LIMIT_S)
                self.assertTrue(all(ended(x) for x in tools))

    def test_what_a_finished_command_left_behind_lives_as_long_as_the_program(self):
        provider = self.provider(tool(shell("\n".join(KINDS.values()) + "\necho started")), STALL)
        process = self.start(provider)
        tools = self.watched(len(KINDS))
        provider.wait_for(2)
        self.assertIn("started", self.output_of(provider))
        self.assertFalse(any(ended(x, 0) for x in tools))
        process.kill()
        process.communicate(timeout=LIMIT_S)
        self.assertTrue(all(ended(x) for x in tools))

    def test_nothing_is_left_when_the_program_has_ended_by_itself(self):
        known = threading.Event()
        last = {**reply("ok"), "before": lambda: known.wait(LIMIT_S)}
        process = self.start(self.provider(tool(shell("\n".join(KINDS.values()) + "\necho started")), last))
        tools = self.watched(len(KINDS))
        known.set()
        process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, 0)
        self.assertTrue(all(ended(x, 0) for x in tools))  # not a moment later

    def test_a_background_child_does_not_delay_the_answer(self):
        provider = self.provider(tool(shell(f"{NAP} & echo started")), reply("ok"))
        code, _, _ = self.finish(provider)
        output = self.output_of(provider)
        self.assertEqual(code, 0)
        self.assertIn("started", output)
        self.assertIn("Process exited with code 0", output)
        # A login shell and a tenth of a second; it was four seconds.
        self.assertLess(float(re.search(r"Wall time: ([0-9.]+)", output)[1]), 3.5)

    def test_too_many_processes_end_their_command_only(self):
        bomb = f"for i in $(seq 60); do {NAP} & done; wait"
        provider = self.provider(tool(shell(bomb, "a"), shell("echo other", "b")), reply("ok"))
        code, _, _ = self.finish(provider, "-c", "tools.max_processes=20")
        outputs = {x["call_id"]: x["output"] for x in provider.requests[1]["json"]["input"]
                   if x["type"] == "function_call_output"}
        self.assertEqual(code, 0)
        self.assertIn("ended: more than 20 processes ([tools] max_processes)", outputs["a"])
        self.assertIn("other", outputs["b"])

    def test_too_many_threads_end_their_command(self):
        threads = "import threading as t; e = t.Event(); [t.Thread(target=e.wait, args=(60,)).start() for i in range(100)]"
        provider = self.provider(tool(shell(f"{self.python()} -c '{threads}'")), reply("ok"))
        code, _, _ = self.finish(provider, "-c", "tools.max_processes=20")
        self.assertEqual(code, 0)
        self.assertIn("ended: more than 20 processes ([tools] max_processes)", self.output_of(provider))

    def test_too_much_memory_ends_its_command(self):
        provider = self.provider(tool(shell(f"(head -c 300000000 /dev/zero; {NAP}) | tail -n 1 | wc -c")), reply("ok"))
        code, _, _ = self.finish(provider, "-c", 'tools.max_memory="64 MiB"')
        self.assertEqual(code, 0)
        self.assertIn("ended: more than 64.0 MiB of memory ([tools] max_memory)", self.output_of(provider))

    def test_a_script_does_not_go_on_without_what_used_too_much_memory(self):
        # By then it is looked at twice a second only.
        script = ("grep -q troupe- /proc/self/cgroup || exit 9; sleep 1.1; "
                  "head -c 300000000 /dev/zero | tail -n 1 | wc -c; exit 0")
        provider = self.provider(tool(shell(script)), reply("ok"))
        code, _, _ = self.finish(provider, "-c", 'tools.max_memory="64 MiB"')
        output = self.output_of(provider)
        if "Process exited with code 9" in output:
            self.skipTest("no cgroup can be made: such a script may be over before anybody looks")
        self.assertEqual(code, 0)
        self.assertIn("Process exited with code 137", output)
        self.assertIn("ended: more than 64.0 MiB of memory ([tools] max_memory)", output)

    # 96 MB, touched by one process after the other, which all stay.
    SHARED = """import mmap, os, sys, time
memory = mmap.mmap(-1, 96 << 20)
for _ in range(3):
    told, tell = os.pipe()
    if os.fork() == 0:
        for at in range(0, len(memory), 4096):
            memory[at] = 1
        os.write(tell, b"x")
        time.sleep(60)
    os.read(told, 1)
print("all have touched it")
time.sleep(float(sys.argv[1]))
os.killpg(0, 9)"""

    def share_memory(self, bound, rest_s):
        (self.work / "share.py").write_text(self.SHARED)
        provider = self.provider(tool(shell(f"setsid -w {self.python()} -u share.py {rest_s}")), reply("ok"))
        code, _, _ = self.finish(provider, "-c", f"tools.max_memory={bound << 20}")
        self.assertEqual(code, 0)
        return self.output_of(provider)

    def test_shared_memory_counts(self):
        self.assertIn("ended: more than 64.0 MiB of memory ([tools] max_memory)", self.share_memory(64, rest_s=60))

    def test_shared_memory_counts_once(self):
        output = self.share_memory(160, rest_s=1)
        self.assertIn("all have touched it", output)
        self.assertNotIn("ended:", output)

    def test_bounds_that_the_kernel_does_not_hold_are_told_once(self):
        look = "grep -q troupe- /proc/self/cgroup && echo held || echo looked at"
        provider = self.provider(tool(shell(look, "a")), tool(shell(look, "b")), reply("ok"))
        code, out, err = self.finish(provider)
        outputs = [x["output"] for x in provider.requests[2]["json"]["input"] if x["type"] == "function_call_output"]
        told = [x for x in err.splitlines() if x.startswith("warning: no cgroup for commands can be made (")]
        self.assertEqual(code, 0)
        self.assertEqual(len(outputs), 2)
        self.assertEqual(len(told), 1 if any("looked at" in x for x in outputs) else 0, err)
        self.assertTrue(all(isinstance(json.loads(x), dict) for x in out.splitlines()))

    def test_who_wants_no_bounds_is_not_told_how_they_are_held(self):
        _, _, err = self.finish(self.provider(tool(shell("true")), reply("ok")),
                                "-c", "tools.max_memory=0", "-c", "tools.max_processes=0")
        self.assertNotIn("cgroup", err)

    def test_a_file_that_grows_too_large_ends_its_command(self):
        provider = self.provider(tool(shell("exec head -c 5000000 /dev/zero > big")), reply("ok"))
        code, _, _ = self.finish(provider, "-c", 'tools.max_file_size="1 MiB"')
        self.assertEqual(code, 0)
        self.assertIn("ended: a file of more than 1.0 MiB ([tools] max_file_size)", self.output_of(provider))
        self.assertEqual((self.work / "big").stat().st_size, 1024 * 1024)

    def test_a_shell_goes_on_without_the_writer_of_a_file_that_grew_too_large(self):
        provider = self.provider(tool(shell("head -c 5000000 /dev/zero > big; echo status $?")), reply("ok"))
        code, _, _ = self.finish(provider, "-c", 'tools.max_file_size="1 MiB"')
        self.assertEqual(code, 0)
        self.assertIn("File size limit exceeded", self.output_of(provider))
        self.assertIn(f"status {128 + signal.SIGXFSZ}", self.output_of(provider))
        self.assertNotIn("ended:", self.output_of(provider))

    def test_a_session_that_goes_on_stays_bounded(self):
        slow_bomb = f"sleep 1; for i in $(seq 60); do {NAP} & done; wait"
        provider = self.provider(tool({**shell(slow_bomb), "item": {
            **shell(slow_bomb)["item"], "arguments": json.dumps({"cmd": slow_bomb, "yield_time_ms": 250})}}), STALL)
        process = self.start(provider, "-c", "tools.max_processes=20")
        provider.wait_for(2)
        self.assertIn("running with session ID", self.output_of(provider))
        for line in process.stdout:
            item = json.loads(line).get("item", {})
            if item.get("type") == "command_execution" and item.get("status") != "in_progress":
                self.assertIn("ended: more than 20 processes", item["aggregated_output"])
                break
        else:
            self.fail("the command has not ended")

    def guardian_of(self, process):
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if path.read_text().startswith(f"troupe guardian of {process.pid}\0"):
                    return path.parent
            except OSError:
                pass  # it has ended
        self.fail("there is no guardian")

    def test_the_guardian_is_small_and_holds_nothing_of_the_programs(self):
        provider = self.provider(tool(shell("echo $$ >> pids; " + NAP)), STALL)
        process = self.start(provider)
        self.pids(1)
        guardian = self.guardian_of(process)
        rollup = (guardian / "smaps_rollup").read_text()
        private = sum(int(x) for x in re.findall(r"^Private_\w+: *(\d+) kB", rollup, re.M))
        if "libasan" not in (guardian / "maps").read_text():  # whose own memory would count
            self.assertLess(private, 2048)
        # By path descriptors of folders it asks disks for their free space; they give no access to anything.
        targets = [os.readlink(x) for x in (guardian / "fd").iterdir() if not self.is_path(guardian, x.name)]
        self.assertFalse([x for x in targets if "pipe:" in x or str(self.base) in x])

    def is_path(self, process, descriptor):
        flags = re.search(r"^flags:\s*([0-7]+)", (process / "fdinfo" / descriptor).read_text(), re.M)[1]
        return bool(int(flags, 8) & os.O_PATH)

    def test_a_guardian_that_was_stopped_notices_the_end_of_the_program(self):
        process = self.start(self.provider(tool(shell("\n".join(KINDS.values()) + f"\nwait; {NAP}")), STALL))
        tools = self.watched(len(KINDS))
        os.kill(int(self.guardian_of(process).name), signal.SIGSTOP)
        process.kill()
        process.communicate(timeout=LIMIT_S)
        self.assertTrue(all(ended(x) for x in tools))

    def test_a_guardian_that_is_killed_is_told_and_nothing_hangs(self):
        provider = self.provider(tool(shell("\n".join(KINDS.values()) + f"\nwait; {NAP}")),
                                 tool(shell("echo second", "b")), reply("ok"))
        process = self.start(provider)
        tools = self.watched(len(KINDS))
        os.kill(int(self.guardian_of(process).name), signal.SIGKILL)
        process.communicate(timeout=LIMIT_S)
        self.assertTrue(all(ended(x) for x in tools))
        outputs = [x["output"] for x in provider.requests[2]["json"]["input"] if x["type"] == "function_call_output"]
        self.assertEqual([("guardian" in x) for x in outputs], [True, True])

    def test_what_a_killed_guardian_leaves_behind_ends_with_the_program(self):
        for number in (None, signal.SIGTERM):
            with self.subTest(signal=number):
                (self.work / "pids").unlink(missing_ok=True)
                known = threading.Event()
                last = {**reply("ok"), "before": lambda known=known: known.wait(LIMIT_S)}
                provider = self.provider(tool(shell("\n".join(KINDS.values()) + "\necho started")), last)
                process = self.start(provider, "-c", "tools.shell_snapshot=false")  # none runs when the guardian ends
                tools = self.watched(len(KINDS))
                provider.wait_for(2)
                os.kill(int(self.guardian_of(process).name), signal.SIGKILL)
                if number:
                    process.send_signal(number)
                    process.communicate(timeout=LIMIT_S)
                known.set()
                process.communicate(timeout=LIMIT_S)
                self.assertTrue(all(ended(x) for x in tools))

    def test_a_command_that_the_end_of_the_guardian_cuts_short_counts_as_refused(self):
        (self.work / "tasks.jsonl").write_text('{"prompt": "go"}\n')
        provider = self.provider(tool(shell("echo $$ >> " + str(self.work / "pids") + "; exec sleep 600")), reply("ok"))
        process = subprocess.Popen([*self.user, PROGRAM, "run", "tasks.jsonl", "--out", self.work / "out", "--sandbox",
                                    "danger-full-access", "-c", "tools.shell_snapshot=false", *self.configured(provider)],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   cwd=self.work, env=self.environment())
        self.addCleanup(self.end, process)
        self.watched(1)
        os.kill(int(self.guardian_of(process).name), signal.SIGKILL)
        _, err = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, 1, err)
        self.assertEqual(json.loads((self.work / "out/summary.json").read_text())["all"]["refused"], 1)

    def test_a_run_whose_guardian_is_killed_counts_refused_calls_and_fails(self):
        (self.work / "tasks.jsonl").write_text('{"prompt": "go"}\n')
        known = threading.Event()
        second = {**tool(shell("echo second", "b"), shell("echo third", "c")), "before": lambda: known.wait(LIMIT_S)}
        provider = self.provider(tool(shell("echo $$ >> " + str(self.work / "pids"))), second, reply("ok"))
        process = subprocess.Popen([*self.user, PROGRAM, "run", "tasks.jsonl", "--out", self.work / "out", "--sandbox",
                                    "danger-full-access", *self.configured(provider)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.work,
                                   env=self.environment())
        self.addCleanup(self.end, process)
        provider.wait_for(2)
        os.kill(int(self.guardian_of(process).name), signal.SIGKILL)
        known.set()
        _, err = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, 1, err)
        self.assertEqual(json.loads((self.work / "out/summary.json").read_text())["all"]["refused"], 2)
        self.assertEqual(err.count("the guardian process, which starts and bounds commands, has ended"), 1, err)
        self.assertIn("Error: 2 tool call(s) were refused", err)


def other_user():
    """How root runs something as an ordinary user; none when it is not root or cannot."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return []
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


@unittest.skipUnless(other_user(), "the suite already runs as an ordinary user, or setpriv is missing")
class ToolsOfAnOrdinaryUser(Tools):
    """The same without the right to make a cgroup: bounds are watched."""
    user = other_user()

    def setUp(self):
        super().setUp()
        for folder in (self.base, self.home, self.work):
            os.chown(folder, 65534, 65534)
        if subprocess.run([*self.user, PROGRAM, "--version"], capture_output=True).returncode != 0:
            self.skipTest("an ordinary user cannot run the program where it lies")


def can_mount():
    mount = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    return os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0


@unittest.skipUnless(can_mount(), "only root can mount a small disk")
class SmallDisk(ProgramTest):
    """The work folder is a disk of 64 MB, in memory, which only the program and its tools see."""
    # Never more than a megabyte by one process, but for the first one. The shell has also written to a disk whose
    # writers the kernel counts in another place (unless that is in memory, too).
    DRIP = ("dd if=/dev/zero of=f bs=1M count=40; i=0; "
            "while [ $i -lt 30 ]; do dd if=/dev/zero of=f$i bs=1M count=1 || exit; i=$((i+1)); sleep 0.1; done; echo full")

    def check(self, user, *mode, drip=DRIP):
        noise = f"(:>{self.base}/noise) 2>/dev/null && echo noise >{self.base}/noise; "
        provider = self.provider(tool(shell(noise + drip)), reply("ok"))
        mount = 'mount -t tmpfs -o size=64m,mode=777 none "$0" && cd "$0" && exec "$@"'
        process = subprocess.run(["unshare", "-m", "sh", "-c", mount, self.work, *user, PROGRAM, "exec", "--json",
                                  "--skip-git-repo-check", *mode, *self.configured(provider), "go"],
                                 stdin=subprocess.DEVNULL, capture_output=True, text=True, env=self.environment(),
                                 timeout=LIMIT_S)
        self.assertEqual(process.returncode, 0, process.stderr)
        output = next(x["output"] for x in provider.requests[-1]["json"]["input"] if x["type"] == "function_call_output")
        self.assertIn("ended: less than 16.0 MiB left on the disk of", output)

    def test_a_loop_of_short_writers_is_ended(self):
        self.check([], "--dangerously-bypass-approvals-and-sandbox")

    def test_short_writers_for_which_no_shell_waits_are_ended(self):
        drip = self.DRIP.replace("dd if=/dev/zero of=f$i bs=1M count=1 || exit", "(dd if=/dev/zero of=f$i bs=1M count=1 &)")
        self.check([], "--dangerously-bypass-approvals-and-sandbox", drip=drip)

    def test_a_loop_of_short_writers_in_the_sandbox_is_ended(self):
        self.check([], "-s", "workspace-write")

    def test_a_loop_of_short_writers_of_an_ordinary_user_is_ended(self):
        if not other_user():
            self.skipTest("setpriv is missing")
        for folder in (self.base, self.home, self.work):
            os.chown(folder, 65534, 65534)
        if subprocess.run([*other_user(), PROGRAM, "--version"], capture_output=True).returncode != 0:
            self.skipTest("an ordinary user cannot run the program where it lies")
        self.check(other_user(), "--dangerously-bypass-approvals-and-sandbox")


if __name__ == "__main__":
    unittest.main()
