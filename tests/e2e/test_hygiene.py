"""What must not leak, and what must not look like success: from the outside."""
import json
import os
import shutil
import signal
import stat
import time
import unittest

from provider import LIMIT_S, STALL, ProgramTest, created, failed, needs_sandbox, reply, shell, status, stream, tool

BROKEN = {"chroot": "bwrap: Failed to make / slave: Invalid argument",
          "namespaces": "bwrap: No permissions to create new namespace, likely because the kernel does not allow "
                        "non-privileged user namespaces."}
SECRETS = {"THE_KEY": "sk-secret-1", "TEAM": "sk-secret-2", "OPENAI_API_KEY": "sk-secret-3", "CODEX_API_KEY": "sk-secret-4",
           "OTEL_EXPORTER_OTLP_HEADERS": "x=sk-secret-5", "OTHER_KEY": "sk-secret-6",
           "OPENAI_BASE_URL": "http://me:sk-secret-7@127.0.0.1:1"}
FULL = ("--dangerously-bypass-approvals-and-sandbox",)


class Secrets(ProgramTest):
    def turn(self, command, *arguments, **environment):
        provider = self.provider(tool(shell(command)), reply("ok"))
        result = self.run_program("exec", "--json", "--skip-git-repo-check", *self.configured(provider, env_key="THE_KEY"),
                                  "-c", 'model_providers.mock.env_http_headers={"x-team"="TEAM"}',
                                  "-c", 'model_providers.other.name="other"', "-c", 'model_providers.other.env_key="OTHER_KEY"',
                                  *arguments, *FULL, "go", **environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(provider.requests[0]["headers"]["Authorization"], "Bearer sk-secret-1")
        return provider.requests[1]["json"]["input"][-1]["output"]

    def test_a_tool_sees_none_of_the_variables_that_hold_credentials(self):
        output = self.turn("env", PLAIN="plain-value", **SECRETS)
        self.assertIn("PLAIN=plain-value", output)
        self.assertNotIn("sk-secret", output)

    def test_a_policy_that_sets_one_is_obeyed(self):
        output = self.turn("env", "-c", 'shell_environment_policy.set={TEAM="for the tool"}', **SECRETS)
        self.assertIn("TEAM=for the tool", output)
        self.assertNotIn("sk-secret", output)

    @needs_sandbox  # in which the profile is read
    def test_what_a_profile_exports_under_such_a_name_is_withheld_too(self):
        (self.base / ".bash_profile").write_text("export OPENAI_API_KEY=sk-secret-p FROM_PROFILE=yes\n")
        output = self.turn("env", **SECRETS)
        self.assertIn("FROM_PROFILE=yes", output)
        self.assertNotIn("sk-secret", output)

    def test_the_program_shows_no_environment_of_its_own(self):
        # The tool's parent and all above it that are of this program: at full access the file may be read.
        output = self.turn("p=$PPID; c=$(cat /proc/$p/comm); while [ $(cat /proc/$p/comm) = $c ]; do tr '\\0' '\\n' </proc/$p/environ; echo read; "
                           "p=$(ps -o ppid= $p | tr -d ' '); done", **SECRETS)
        self.assertIn("read", output)
        self.assertNotIn("sk-secret", output)

    def test_parameters_of_an_address_are_in_no_error_log_or_rollout(self):
        for answer in (status(404, "nothing at /v1/responses?api-key=sk-secret-q"), status(400, "bad key sk-secret-q"),
                       status(500, "x")):
            provider = self.provider(answer)
            result = self.run_program("exec", "--json", "--skip-git-repo-check", *self.configured(provider),
                                      "-c", 'model_providers.mock.query_params={api-key="sk-secret-q"}', "go",
                                      TROUPE_LOG="debug")
            self.assertEqual(result.returncode, 1)
            self.assertIn("api-key=sk-secret-q", provider.requests[0]["path"])
            for text in (result.stdout, result.stderr, *(x.read_text() for x in self.rollouts())):
                self.assertNotIn("sk-secret-q", text)
        result = self.run_program("models", *self.configured(self.provider(reply(""))),
                                  "-c", 'model_providers.mock.query_params={api-key="sk-secret-q"}', TROUPE_LOG="debug")
        self.assertNotIn("sk-secret-q", result.stdout + result.stderr)

    def test_what_an_answer_repeats_of_a_request_is_in_no_error_or_recording(self):
        sent = "Bearer sk-secret-1, x-team sk-secret-2, ?api-key=sk-secret-q"
        for number, answer in enumerate((stream(created(), failed("x", sent)), stream(created(), failed("invalid_prompt", sent)),
                                         status(400, json.dumps({"error": {"message": sent}})), status(418, sent),
                                         stream(created(), failed("rate_limit_exceeded", sent)), reply(sent))):
            provider = self.provider(*[answer] * 9)
            kept = self.base / f"kept{number}"
            result = self.run_program("exec", "--json", "--skip-git-repo-check", "--record", kept,
                                      *self.configured(provider, env_key="THE_KEY", stream_max_retries=1, request_max_retries=0),
                                      "-c", 'model_providers.mock.query_params={api-key="sk-secret-q"}',
                                      "-c", 'model_providers.mock.env_http_headers={"x-team"="TEAM"}', "go",
                                      TROUPE_LOG="debug", **SECRETS)
            self.assertIn("api-key=sk-secret-q", provider.requests[0]["path"])
            recorded = "".join(x.read_text() for x in kept.iterdir())
            self.assertIn("***", recorded)
            self.assertNotIn("sk-secret", recorded)
            if number < 5:  # what a model says is its own
                self.assertEqual(result.returncode, 1)
                self.assertIn("Bearer ***, x-team ***, ?api-key=***", result.stdout)
                for text in (result.stdout, result.stderr, *(x.read_text() for x in self.rollouts())):
                    self.assertNotIn("sk-secret", text)

    def test_what_threads_leave_is_for_their_owner_only(self):
        old = os.umask(0)
        try:
            self.run_program("exec", "--skip-git-repo-check", "--offline", "--record", self.base / "kept/deep", "go")
        finally:
            os.umask(old)
        below = [self.base / "kept", self.home / "sessions"]
        found = [path for top in below for path in (top, *top.rglob("*"))]
        self.assertGreaterEqual(len(found), 7)
        for path in found:
            wanted = 0o700 if path.is_dir() else 0o600
            self.assertEqual(oct(stat.S_IMODE(path.stat().st_mode)), oct(wanted), path)


class Texts(ProgramTest):
    def test_a_bad_byte_in_the_first_lines_does_not_hide_a_thread(self):
        for old, new in ((b"zebra", b"ze\xffbra"), (b"zebra", b"ze\0bra"), (b"zebra", b"ze\\ud800bra"),
                         (b'"originator"', b'"\xff"'), (b'"originator"', b'"originator')):
            self.exec_json(self.provider(reply("First")), "zebra")
            path = max(self.rollouts(), key=lambda file: file.stat().st_mtime)
            path.write_bytes(path.read_bytes().replace(old, new))
            thread = path.stem[-36:]
            self.assertIn(thread, self.run_program("threads", "list").stdout)
            shown = self.run_program("threads", "show", thread)
            self.assertEqual(shown.returncode, 0, shown.stderr)
            self.assertIn("First", shown.stdout)
            if old != b"zebra":
                self.assertIn("line 1", shown.stderr)
            count = len(self.rollouts())
            again = self.run_program("exec", "--skip-git-repo-check", "--json", *self.configured(self.provider(reply("Second"))),
                                     "resume", "--last", *(["--all"] if new == b'"originator' else []), "two")
            self.assertEqual(again.returncode, 0, again.stderr)
            self.assertIn(thread, again.stdout.splitlines()[0])
            self.assertEqual(len(self.rollouts()), count)

    def test_a_rollout_with_a_mark_and_a_bad_byte_goes_on(self):
        self.exec_json(self.provider(reply("First")), "one")
        (path,) = self.rollouts()
        lines = path.read_bytes().split(b"\n")
        lines.insert(4, b'{"timestamp":"2026-01-01T00:00:00.000Z","type":"event_msg","payload":{"type":"agent_message","message":"gr\xf6"}}')
        spoiled = b"\xef\xbb\xbf" + b"\n".join(lines)
        path.write_bytes(spoiled)
        provider = self.provider(reply("Second"))
        result = self.run_program("exec", "--skip-git-repo-check", *self.configured(provider), "resume", "--last", "two")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("1 unreadable line(s)", result.stderr)
        self.assertIn("line 5", result.stderr)
        self.assertIn("First", json.dumps(provider.requests[0]["json"]["input"]))
        added = path.read_bytes()
        self.assertTrue(added.startswith(spoiled))
        for line in added[len(spoiled):].splitlines():
            json.loads(line)

    def test_texts_of_people_may_have_a_mark(self):
        (self.home / "config.toml").write_bytes(b'\xef\xbb\xbfmodel = "marked"\n')
        (self.home / "AGENTS.md").write_bytes(b"\xef\xbb\xbfBe brief.")
        (self.work / "AGENTS.md").write_bytes("\ufeffUTF-16 rules.".encode("utf-16-le"))
        (self.work / "schema.json").write_bytes(b'\xef\xbb\xbf{"type":"object"}')
        provider = self.provider(reply("{}"))
        code, _, error = self.exec_json(provider, "--output-schema", self.work / "schema.json", "go")
        self.assertEqual(code, 0, error)
        sent = json.dumps(provider.requests[0]["json"], ensure_ascii=False)
        self.assertEqual(provider.requests[0]["json"]["model"], "marked")
        self.assertIn("Be brief.", sent)
        self.assertIn("UTF-16 rules.", sent)
        self.assertNotIn("\ufeff", sent)

    def test_a_text_that_is_none_is_refused_with_its_line(self):
        (self.home / "config.toml").write_bytes(b'model = "x"\n# gr\xf6\n')
        result = self.run_program("exec", "--skip-git-repo-check", "--offline", "go")
        self.assertEqual(result.returncode, 1)
        self.assertIn("line 2 is not valid UTF-8", result.stderr)


class NoSandbox(ProgramTest):
    """A bubblewrap that fails as it does in a plain chroot, or where user namespaces are forbidden."""

    def broken(self, complaint):
        tools = self.base / "bin"
        tools.mkdir(exist_ok=True)
        (tools / "bwrap").write_text(f"#!/bin/sh\necho '{complaint}' >&2\nexit 1\n")
        (tools / "bwrap").chmod(0o755)
        return str(tools / "bwrap")

    def run_tasks(self, provider, *arguments, out="out", **environment):
        tasks = self.work / "tasks.jsonl"
        tasks.write_text('{"id": "a", "prompt": "act"}\n{"id": "b", "prompt": "talk"}\n')
        return self.run_program("run", tasks, "--out", self.work / out, "--concurrency", "1", *self.configured(provider),
                                *arguments, **environment)

    def test_a_bubblewrap_that_gets_no_process_counts_as_a_refused_call(self):
        short, program = self.work / "short", self.base / "bwrap"
        complaint = "bwrap: Creating new namespace failed: Resource temporarily unavailable"
        program.write_text(f"#!/bin/sh\n[ ! -e {short} ] || {{ echo '{complaint}' >&2; exit 1; }}\nexec /usr/bin/bwrap \"$@\"\n")
        program.chmod(0o755)
        first = {**tool(shell("true", "c1"), shell("true", "c2")), "before": short.touch}
        provider = self.provider(first, reply("all done"))
        result = self.run_tasks(provider, "--sandbox", "workspace-write", TROUPE_BWRAP=str(program))
        self.assertEqual(result.returncode, 1)
        self.assertIn("2 tool call(s) were refused", result.stderr)
        self.assertEqual(result.stderr.count("Raise the limit of processes"), 1, result.stderr)

    @needs_sandbox
    def test_a_configured_root_that_is_not_there_counts_as_a_refused_call(self):
        provider = self.provider(tool(shell("true", "c1"), shell("true", "c2")), reply("all done"))
        root = self.base / "none"
        result = self.run_tasks(provider, "--sandbox", "workspace-write",
                                "-c", f"sandbox_workspace_write.writable_roots={json.dumps([str(root)])}")
        self.assertEqual(result.returncode, 1)
        self.assertIn("2 tool call(s) were refused", result.stderr)
        self.assertEqual(result.stderr.count(f"Sandbox expected writable root {root}, but it does not exist."), 1, result.stderr)

    def test_run_tells_once_counts_what_was_refused_and_fails(self):
        for place, complaint in BROKEN.items():
            with self.subTest(place):
                program = self.broken(complaint)
                provider = self.provider(tool(shell("true", "c1"), shell("true", "c2")), reply("all done"))
                result = self.run_tasks(provider, "--sandbox", "workspace-write", out=place, TROUPE_BWRAP=program)
                self.assertEqual(result.returncode, 1)
                self.assertEqual(result.stderr.count(complaint), 1, result.stderr)
                self.assertLess(result.stderr.index(complaint), result.stderr.index("2 tool call(s) were refused"))
                results = {x["id"]: x for x in map(json.loads, (self.work / place / "results.jsonl").read_text().splitlines())}
                self.assertEqual({key: (x["status"], x["refused"]) for key, x in results.items()},
                                 {"a": ("completed", 2), "b": ("completed", 0)})
                self.assertEqual(json.loads((self.work / place / "summary.json").read_text())["all"]["refused"], 2)
                self.assertRegex(result.stdout, r"refused")
                # Only the task that could not work is repeated, here without a sandbox.
                provider = self.provider(tool(shell("true")), reply("all done"))
                result = self.run_tasks(provider, "--resume", "--sandbox", "danger-full-access", out=place, TROUPE_BWRAP=program)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertNotIn(complaint, result.stderr)
                self.assertEqual(len(provider.requests), 2)

    def test_exec_tells_it_while_the_turn_runs(self):
        complaint = BROKEN["chroot"]
        provider = self.provider(STALL)
        process = self.start_program("exec", "--skip-git-repo-check", *self.configured(provider), "go",
                                     TROUPE_BWRAP=self.broken(complaint))
        provider.wait_for(1)
        for line in process.stderr:  # the turn is stalled: what comes does not wait for its end
            if complaint in line:
                break
        else:
            self.fail("not told")

    def test_a_trial_that_a_signal_cuts_off_says_nothing_about_the_machine(self):
        """The guardian ends with the program, and the trial with it. `run` waits for the trial where a signal ends the process at
        once, and told a wrong cause in one of four attempts: hence six of them."""
        begun, program = self.base / "begun", self.base / "bwrap"
        program.write_text(f"#!/bin/sh\necho > {begun}\nexec sleep {LIMIT_S}\n")
        program.chmod(0o755)
        (self.work / "tasks.jsonl").write_text('{"prompt": "go"}\n')
        run = ["run", "tasks.jsonl", "--sandbox", "workspace-write", "--out", "out"]
        commands = (["exec", "--skip-git-repo-check", "go"], ["node"], *[run] * 6)
        for words in commands:
            for number in (signal.SIGTERM, signal.SIGHUP):
                with self.subTest(words=words, number=number):
                    process = self.start_program(*words, *self.configured(self.provider(STALL)), TROUPE_BWRAP=str(program))
                    end = time.monotonic() + LIMIT_S
                    while not begun.exists():
                        self.assertLess(time.monotonic(), end)
                        time.sleep(0.01)
                    process.send_signal(number)
                    _, error = process.communicate(timeout=LIMIT_S)
                    self.assertNotIn("can run here", error)
                    begun.unlink()
                    shutil.rmtree(self.work / "out", ignore_errors=True)

    def test_exec_tells_nothing_where_nothing_is_restricted(self):
        provider = self.provider(tool(shell("true")), reply("ok"))
        result = self.run_program("exec", "--skip-git-repo-check", *self.configured(provider), *FULL, "go",
                                  TROUPE_BWRAP=self.broken(BROKEN["chroot"]))
        self.assertEqual(result.returncode, 0)
        self.assertNotIn("bwrap", result.stderr)

    @needs_sandbox
    def test_where_it_works_nothing_is_told_and_nothing_counted(self):
        provider = self.provider(tool(shell("true")), reply("ok"))
        result = self.run_tasks(provider, "--sandbox", "workspace-write")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("Warning", result.stderr)
        self.assertEqual(json.loads((self.work / "out/summary.json").read_text())["all"]["refused"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
