"""`troupe exec` from the outside: events, exit codes, faults, crashes (contract exec-and-sdk.md)."""
import json
import os
import re
import subprocess
import tty
import unittest

from provider import (CUT, GARBAGE, LIMIT_S, PROGRAM, RESET, STALL, ProgramTest, completed, created, failed, interrupt, message,
                      needs_sandbox, patch, reply, shell, status, stream, tool)

USAGE = {"input_tokens": 100, "cached_input_tokens": 20, "cache_write_input_tokens": 0, "output_tokens": 10,
         "reasoning_output_tokens": 5}
UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


class PlainTurns(ProgramTest):
    def test_a_reply_is_four_events(self):
        code, events, _ = self.exec_json(self.provider(reply("Hello there.")), "say hello")
        self.assertEqual(code, 0)
        self.assertRegex(events[0].pop("thread_id"), UUID)
        self.assertEqual(events, [
            {"type": "thread.started"}, {"type": "turn.started"},
            {"type": "item.completed", "item": {"id": "item_0", "type": "agent_message", "text": "Hello there."}},
            {"type": "turn.completed", "usage": USAGE}])

    def test_human_output_is_the_message_alone_on_stdout(self):
        provider = self.provider(reply("Hello there."))
        result = self.run_program("exec", "--skip-git-repo-check", *self.configured(provider), "say hello")
        self.assertEqual((result.returncode, result.stdout), (0, "Hello there.\n"))
        self.assertIn("say hello", result.stderr)

    def test_no_message_drives_a_terminal_and_a_pipe_gets_it_as_it_is(self):
        text = "a\x1b]52;c;eA==\x07\tb\x1b[2J\nc\u009b2J"
        provider = self.provider(reply(text))
        words = ["exec", "--skip-git-repo-check", *self.configured(provider), "go"]
        self.assertEqual(self.run_program(*words).stdout, text + "\n")
        controller, terminal = os.openpty()
        self.addCleanup(os.close, controller)
        tty.setraw(terminal)
        with open(terminal, "wb") as stream:
            code = subprocess.run([PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.DEVNULL,
                                  cwd=self.work, env=self.environment(), timeout=LIMIT_S).returncode
            shown = os.read(controller, 4096).decode()
        self.assertEqual((code, shown), (0, "a\ufffd]52;c;eA==\ufffd\tb\ufffd[2J\nc\ufffd2J\n"))

    def test_the_request_is_the_contracted_one(self):
        provider = self.provider(reply("ok"))
        _, events, _ = self.exec_json(provider, "say hello")
        request = provider.requests[0]
        self.assertEqual(request["path"], "/v1/responses")
        body = request["json"]
        self.assertEqual(body["prompt_cache_key"], events[0]["thread_id"])
        self.assertEqual((body["stream"], body["store"], body["tool_choice"]), (True, False, "auto"))
        self.assertEqual([offered.get("name") for offered in body["tools"]][:2], ["exec_command", "write_stdin"])
        self.assertEqual(body["input"][-1],
                         {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "say hello"}]})
        self.assertTrue(body["instructions"])
        self.assertEqual(request["headers"]["originator"], "codex_exec")
        self.assertEqual(request["headers"]["session_id"], events[0]["thread_id"])
        self.assertEqual(request["headers"]["Accept"], "text/event-stream")

    def test_stdin_joins_the_prompt(self):
        provider = self.provider(reply("ok"))
        self.exec_json(provider, "explain", stdin="some text")
        self.assertEqual(provider.requests[0]["json"]["input"][-1]["content"][0]["text"],
                         "explain\n\n<stdin>\nsome text\n</stdin>")

    def test_the_last_message_is_written_to_a_file(self):
        self.exec_json(self.provider(reply("Final.")), "-o", self.work / "last.txt", "go")
        self.assertEqual((self.work / "last.txt").read_text(), "Final.")

    def test_an_output_schema_reaches_the_provider(self):
        schema = {"type": "object", "properties": {"answer": {"type": "string"}}}
        (self.work / "schema.json").write_text(json.dumps(schema))
        provider = self.provider(reply('{"answer":"42"}'))
        code, _, _ = self.exec_json(provider, "--output-schema", self.work / "schema.json", "go")
        self.assertEqual(code, 0)
        self.assertEqual(provider.requests[0]["json"]["text"]["format"],
                         {"type": "json_schema", "strict": True, "schema": schema, "name": "codex_output_schema"})


class Tools(ProgramTest):
    @needs_sandbox
    def test_commands_report_output_and_exit_code(self):
        provider = self.provider(tool(shell("echo out; echo err 1>&2", "a")), tool(shell("echo bad; exit 7", "b")),
                                 reply("Ran two."))
        code, events, _ = self.exec_json(provider, "run")
        self.assertEqual(code, 0)
        items = [event["item"] for event in events if event["type"] == "item.completed"]
        self.assertEqual(items[0]["command"], "/bin/bash -lc 'echo out; echo err 1>&2'")
        self.assertEqual(sorted(items[0]["aggregated_output"].splitlines()), ["err", "out"])
        self.assertEqual((items[0]["exit_code"], items[0]["status"]), (0, "completed"))
        self.assertEqual((items[1]["exit_code"], items[1]["status"]), (7, "failed"))
        started = [event["item"] for event in events if event["type"] == "item.started"]
        self.assertEqual([(item["id"], item["status"], item["exit_code"]) for item in started],
                         [("item_0", "in_progress", None), ("item_1", "in_progress", None)])
        output = provider.requests[1]["json"]["input"][-1]
        self.assertEqual((output["type"], output["call_id"]), ("function_call_output", "a"))
        self.assertIn("Process exited with code 0", output["output"])

    @needs_sandbox
    def test_a_patch_changes_files_and_one_that_does_not_apply_changes_none(self):
        add = "*** Begin Patch\n*** Add File: hello.txt\n+hello\n*** End Patch"
        wrong = "*** Begin Patch\n*** Update File: hello.txt\n@@\n-nothing\n+x\n*** End Patch"
        provider = self.provider(tool(patch(add, "a")), tool(patch(wrong, "b")), reply("Patched."))
        code, events, _ = self.exec_json(provider, "--sandbox", "workspace-write", "patch")
        self.assertEqual(code, 0)
        changes = [event["item"] for event in events if event.get("item", {}).get("type") == "file_change"]
        self.assertEqual([item["status"] for item in changes], ["in_progress", "completed"])
        self.assertEqual(changes[1]["changes"], [{"path": str(self.work.resolve() / "hello.txt"), "kind": "add"}])
        self.assertEqual((self.work / "hello.txt").read_text(), "hello\n")
        self.assertIn("verification failed", provider.requests[2]["json"]["input"][-1]["output"])

    @needs_sandbox
    def test_read_only_is_read_only(self):
        provider = self.provider(tool(shell("touch forbidden; echo done")), reply("ok"))
        self.exec_json(provider, "write")
        self.assertFalse((self.work / "forbidden").exists())
        self.assertIn("Read-only file system", provider.requests[1]["json"]["input"][-1]["output"])

    @needs_sandbox
    def test_the_network_is_off_in_the_sandbox(self):
        provider = self.provider(tool(shell(f"exec 3<>/dev/tcp/127.0.0.1/1 && echo open || echo closed")), reply("ok"))
        self.exec_json(provider, "--sandbox", "workspace-write", "connect")
        self.assertIn("Operation not permitted", provider.requests[1]["json"]["input"][-1]["output"])

    def test_without_bubblewrap_a_command_is_refused_and_not_run(self):
        tools = self.base / "bin"
        tools.mkdir()
        provider = self.provider(tool(shell("echo ran > /tmp/troupe-e2e-must-not-exist")), reply("ok"))
        result = self.run_program("exec", "--json", "--skip-git-repo-check", *self.configured(provider), "go",
                                  TROUPE_BWRAP=str(tools / "bwrap"))
        self.assertEqual(result.returncode, 0)
        self.assertFalse(os.path.exists("/tmp/troupe-e2e-must-not-exist"))
        self.assertRegex(provider.requests[1]["json"]["input"][-1]["output"], "(?i)bubblewrap|bwrap|sandbox")


class Faults(ProgramTest):
    """Contract exec-and-sdk.md 3.8, generation F."""

    def failure(self, *answers, requests, config=None):
        provider = self.provider(*answers)
        code, events, _ = self.exec_json(provider, "go", config=config)
        self.assertEqual(code, 1)
        self.assertEqual(len(provider.requests), requests)
        error, end = events[-2:]
        self.assertEqual(end, {"type": "turn.failed", "error": {"message": error["message"]}})
        notices = [event["message"] for event in events[2:-2] if event["type"] == "error"]
        return error["message"], notices

    def test_status_500(self):
        text, notices = self.failure(status(500, "{}"), requests=2)
        self.assertIn("high demand", text)
        self.assertEqual(notices, [f"Reconnecting... 1/1 ({text})"])

    def test_status_400_is_final(self):
        body = '{"error":{"message":"bad input"}}'
        self.assertEqual(self.failure(status(400, body), requests=1), (body, []))

    def test_status_401_names_the_cause(self):
        text, _ = self.failure(status(401, '{"error":{"message":"no key"}}'), requests=2)
        self.assertIn("unexpected status 401 Unauthorized: no key, url: http://127.0.0.1:", text)

    def test_status_429_without_a_delay_is_final(self):
        self.assertEqual(self.failure(status(429, "{}"), requests=1),
                         ("exceeded retry limit, last status: 429 Too Many Requests", []))

    def test_status_429_with_a_delay_is_tried_again(self):
        provider = self.provider(status(429, "{}", {"Retry-After": "0"}), reply("in the end"))
        code, events, _ = self.exec_json(provider, "go")
        self.assertEqual((code, len(provider.requests)), (0, 2))
        self.assertEqual(events[-1]["type"], "turn.completed")

    def test_a_very_long_delay_is_cut_and_told(self):
        provider = self.provider(status(429, "{}", {"Retry-After": "99999999999"}))
        process = self.start_program("exec", "--skip-git-repo-check", *self.configured(provider), "go")
        told = next((line for line in process.stderr if "Retry-After" in line), "")
        interrupt(process)
        self.assertIn("wait 3600 s, the longest wait there is, though it asked for more", told)
        process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, 1)

    def test_a_cut_stream(self):
        text, notices = self.failure(CUT, requests=2)
        self.assertTrue(text.startswith("stream disconnected before completion: "), text)
        self.assertEqual(len(notices), 1)

    def test_a_stream_that_ends_early(self):
        text, _ = self.failure(stream(created()), requests=2)
        self.assertEqual(text, "stream disconnected before completion: stream closed before response.completed")

    def test_a_silent_stream(self):
        text, _ = self.failure(STALL, requests=2, config={"stream_idle_timeout_ms": 100})
        self.assertEqual(text, "stream disconnected before completion: idle timeout waiting for SSE")

    def test_a_stream_of_signs_of_life(self):
        keepalive = b'event: keepalive\ndata: {"type":"keepalive"}\n\n'
        text, _ = self.failure({"events": (created(),), "forever": keepalive}, requests=2,
                               config={"stream_idle_timeout_ms": 5000, "stream_progress_timeout_ms": 200})
        self.assertIn("`stream_progress_timeout_ms` (200 ms)", text)

    def test_a_response_without_an_end(self):
        delta = b'data: {"type":"response.output_text.delta","delta":"more"}\n\n'
        text, _ = self.failure({"events": (created(),), "forever": delta}, requests=1, config={"response_timeout_ms": 200})
        self.assertIn("`response_timeout_ms` (200 ms)", text)

    def test_a_connection_that_is_reset(self):
        # The first request takes the connection that the list of models has left: a reset there may only mean that it was idle for
        # too long, so it is sent again on a new one, which is no attempt of its own.
        text, _ = self.failure(RESET, requests=3)
        self.assertTrue(text.startswith("stream disconnected before completion: error sending request: "), text)

    def test_garbage_instead_of_events(self):
        text, _ = self.failure(GARBAGE, requests=2)
        self.assertTrue(text.startswith("stream disconnected before completion: "), text)

    def test_an_event_that_cannot_be_read(self):
        broken = {"type": "response.output_item.done", "item": {"type": "message", "role": "assistant"}}
        for provider, code in ((self.provider(stream(created(), broken, message("hi"), completed())), 0),
                               (self.provider(stream(created(), broken)), 1)):
            result = self.run_program("exec", "--skip-git-repo-check", *self.configured(provider, stream_max_retries=0), "go",
                                      TROUPE_LOG="debug")
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertIn("1 event(s) of a model's stream cannot be read and are left out", result.stderr)
        self.assertIn("stream closed before response.completed", result.stderr)

    def test_a_failed_response(self):
        text, _ = self.failure(stream(created(), failed("server_error", "oops")), requests=2)
        self.assertEqual(text, "stream disconnected before completion: oops")

    def test_a_full_context_window(self):
        text, _ = self.failure(stream(created(), failed("context_length_exceeded", "x")), requests=1)
        self.assertIn("context window", text)

    def test_a_missing_key_variable(self):
        text, _ = self.failure(reply("never"), requests=0, config={"env_key": "NO_SUCH_KEY_HERE"})
        self.assertIn("Missing environment variable: `NO_SUCH_KEY_HERE`.", text)

    def test_nobody_listens(self):
        provider = self.provider(reply("never"))
        provider.close()
        code, events, _ = self.exec_json(provider, "go")
        self.assertEqual((code, events[-1]["type"]), (1, "turn.failed"))

    def test_a_fault_that_passes_leaves_no_trace(self):
        provider = self.provider(CUT, reply("recovered"))
        code, events, _ = self.exec_json(provider, "go")
        self.assertEqual(code, 0)
        self.assertEqual([event["type"] for event in events],
                         ["thread.started", "turn.started", "error", "item.completed", "turn.completed"])


class WrongUse(ProgramTest):
    below = "/var/tmp"  # the reference's sandbox makes a /tmp/.git for a moment, for everybody

    def test_errors_name_the_cause_and_exit_codes_tell_them_apart(self):
        cases = [(["exec", "--no-such-flag"], 2, "--no-such-flag"),
                 (["exec", "--sandbox", "open", "x"], 2, "open"),
                 (["exec", "--skip-git-repo-check", "-c", "novalue", "x"], 1, "missing '='"),
                 (["exec", "--skip-git-repo-check", "--cd", "/no/such/folder", "x"], 1, "/no/such/folder"),
                 (["exec", "x"], 1, "Not inside a trusted directory"),
                 (["exec", "--skip-git-repo-check", "resume", "019c3762-2225-7c31-9a4e-5d0f6b7a8c21", "x"], 1,
                  "no rollout found"),
                 (["exec", "--skip-git-repo-check", "-c", 'model_provider="nope"', "x"], 1, "nope"),
                 (["nonsense"], 2, "nonsense")]
        for arguments, code, text in cases:
            with self.subTest(arguments=arguments):
                result = self.run_program(*arguments)
                self.assertEqual(result.returncode, code, result.stderr)
                self.assertIn(text, result.stderr)
                self.assertEqual(result.stdout, "")

    def test_an_image_that_cannot_be_read_is_told_and_stops_nothing(self):
        provider = self.provider(reply("fine"))
        code, events, error = self.exec_json(provider, "go", "-i", "missing.png")
        self.assertEqual((code, events[-1]["type"]), (0, "turn.completed"))
        self.assertIn("Warning: --image missing.png: No such file or directory; the model gets a note in its place", error)

    def test_a_refused_start_does_not_break_the_pipe_of_a_prompt_under_way(self):
        process = subprocess.Popen([PROGRAM, "exec"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, cwd=self.work, env=self.environment())
        self.addCleanup(self.end, process)
        self.assertIn("Not inside a trusted directory", process.stderr.readline())
        process.stdin.write("the prompt, late")
        process.stdin.close()
        process.stdin = None
        self.assertEqual(process.wait(LIMIT_S), 1)

    def test_a_broken_config_file_is_named_with_its_line(self):
        (self.home / "config.toml").write_text("model = 'x'\nmodel_provider = \n")
        result = self.run_program("exec", "--skip-git-repo-check", "x")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"config\.toml:2:\d+:")

    def test_a_wrong_home_is_refused(self):
        result = self.run_program("exec", "x", CODEX_HOME="/no/such/home")
        self.assertEqual(result.returncode, 1)
        self.assertIn('CODEX_HOME points to "/no/such/home", but that path does not exist', result.stderr)

    def test_help_and_version(self):
        self.assertRegex(self.run_program("--version").stdout, r"^troupe \d+\.\d+\.\d+\n$")
        for command in ([], ["exec"], ["exec", "resume"], ["run"], ["sim"], ["threads", "list"], ["models", "list"]):
            result = self.run_program(*command, "--help")
            self.assertEqual(result.returncode, 0)
            self.assertIn("Usage", result.stdout)


class Resuming(ProgramTest):
    def test_a_thread_goes_on_by_id_and_by_last(self):
        provider = self.provider(reply("First"), reply("Second"), reply("Third"))
        _, events, _ = self.exec_json(provider, "one")
        thread = events[0]["thread_id"]
        for arguments in (["resume", thread, "two"], ["resume", "--last", "three"]):
            code, events, _ = self.exec_json(provider, *arguments)
            self.assertEqual((code, events[0]["thread_id"]), (0, thread))
        texts = [part["text"] for item in provider.requests[2]["json"]["input"] if item["type"] == "message"
                 for part in item["content"]]
        for text in ("one", "First", "two", "Second", "three"):
            self.assertIn(text, texts)
        self.assertEqual(events[-1]["usage"]["input_tokens"], 300)
        self.assertEqual(len(self.rollouts()), 1)

    def test_a_new_thread_in_place_of_one_to_resume_is_told(self):
        provider = self.provider(reply("fine"))
        for words, told in ((["--last"], f'Warning: no thread of the provider "mock" is recorded in {self.work}; a new one is started '
                                         "(--all looks at every folder)\n"),
                            ([], "Warning: `exec resume` names no thread (SESSION_ID or --last); a new one is started\n")):
            code, events, error = self.exec_json(provider, "resume", *words, stdin="go on")
            self.assertEqual((code, events[-1]["type"]), (0, "turn.completed"))
            self.assertEqual(error.count(told), 1, error)
            for path in self.rollouts():
                path.unlink()
        provider = self.provider(reply("fine"))
        _, events, error = self.exec_json(provider, "--ephemeral", "resume", "--last", "--all", "go on")
        self.assertIn('no thread of the provider "mock" is recorded; a new one is started\n', error)
        code, events, error = self.exec_json(provider, "resume", events[0]["thread_id"], "go on")
        self.assertEqual((code, events), (1, []))
        self.assertIn("no rollout found for thread id", error)

    def test_a_killed_turn_is_resumed_with_everything_acknowledged(self):
        provider = self.provider(tool(shell("echo step-one")), STALL, reply("went on"))
        process = self.start_program("exec", "--json", "--skip-git-repo-check", *self.configured(provider), "work")
        provider.wait_for(2)
        self.wait_for_line("function_call_output")
        process.kill()
        process.wait(LIMIT_S)
        lines = self.rollout_lines()
        self.assertIn("function_call_output", [line["payload"].get("type") for line in lines])
        code, events, _ = self.exec_json(provider, "resume", "--last", "go on")
        self.assertEqual((code, events[-1]["type"]), (0, "turn.completed"))
        sent = provider.requests[2]["json"]["input"]
        self.assertTrue(any("step-one" in json.dumps(item) for item in sent))
        self.assertEqual(sent[-1]["content"][0]["text"], "go on")

    def test_a_call_without_a_known_outcome_is_reported_and_not_run_again(self):
        marker = self.work / "runs"
        provider = self.provider(tool(shell(f"echo run >> {marker}; sleep 600")), reply("looked"))
        process = self.start_program("exec", "--json", "--skip-git-repo-check", "-s", "danger-full-access",
                                     *self.configured(provider), "work")
        for line in process.stdout:
            if '"item.started"' in line:
                break
        process.kill()
        process.wait(LIMIT_S)
        code, _, _ = self.exec_json(provider, "resume", "--last", "what happened?")
        self.assertEqual(code, 0)
        outputs = [item["output"] for item in provider.requests[1]["json"]["input"]
                   if item["type"] == "function_call_output"]
        self.assertEqual(outputs, ["aborted"])

    def test_a_torn_rollout_loses_its_last_line_only(self):
        provider = self.provider(reply("First"), reply("Second"))
        self.exec_json(provider, "one")
        (path,) = self.rollouts()
        whole = path.read_bytes()
        path.write_bytes(whole + b'{"timestamp":"2026-01-01T00:00:00.000Z","type":"response_it')
        code, events, _ = self.exec_json(provider, "resume", "--last", "two")
        self.assertEqual(code, 0)
        lines = path.read_bytes()[len(whole):].split(b"\n")
        self.assertEqual(lines[0], b'{"timestamp":"2026-01-01T00:00:00.000Z","type":"response_it')
        for line in lines[1:-1]:
            json.loads(line)


class Rollouts(ProgramTest):
    def test_a_turn_writes_the_contracted_lines(self):
        self.exec_json(self.provider(tool(shell("true")), reply("done")), "go")
        lines = self.rollout_lines()
        kinds = [line["payload"]["type"] if line["type"] in ("response_item", "event_msg") else line["type"]
                 for line in lines]
        self.assertEqual(kinds, ["session_meta", "message", "message", "message", "user_message", "turn_context",
                                 "token_count", "function_call", "token_count", "function_call_output",
                                 "turn_context", "token_count", "agent_message", "message", "token_count"])
        for line in lines:
            self.assertRegex(line["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertNotIn("id", line["payload"] if line["type"] == "response_item" else {})
        self.assertEqual(lines[0]["payload"]["source"], "exec")

    def test_no_secret_is_recorded_or_printed(self):
        provider = self.provider(reply("ok"))
        result = self.run_program("exec", "--json", "--skip-git-repo-check",
                                  *self.configured(provider, env_key="THE_KEY"), "go", THE_KEY="sk-very-secret",
                                  TROUPE_LOG="debug")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(provider.requests[0]["headers"]["Authorization"], "Bearer sk-very-secret")
        for text in (result.stdout, result.stderr, self.rollouts()[0].read_text()):
            self.assertNotIn("sk-very-secret", text)

    def test_an_ephemeral_thread_leaves_nothing(self):
        code, _, _ = self.exec_json(self.provider(reply("ok")), "--ephemeral", "go")
        self.assertEqual((code, self.rollouts()), (0, []))

    @unittest.skipUnless(os.geteuid() == 0, "mounting a small file system needs root")
    def test_a_full_disk_fails_the_turn_with_the_cause(self):
        sessions = self.home / "sessions"
        sessions.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(sessions)])
        if mounted.returncode != 0:
            self.skipTest("mounting is not permitted here")
        self.addCleanup(subprocess.run, ["umount", str(sessions)])
        code, events, _ = self.exec_json(self.provider(reply("x" * 100_000)), "go")
        self.assertEqual(code, 1)
        self.assertIn("No space left on device", events[-1]["error"]["message"])


class Signals(ProgramTest):
    def running(self):
        provider = self.provider(STALL)
        process = self.start_program("exec", "--json", "--skip-git-repo-check", *self.configured(provider), "go")
        provider.wait_for(1)
        return process

    def test_ctrl_c_interrupts_records_and_exits_1(self):
        process = self.running()
        interrupt(process)
        out, _ = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, 1)
        self.assertEqual([json.loads(line)["type"] for line in out.splitlines()], ["thread.started", "turn.started"])
        self.assertEqual(self.rollout_lines()[-1]["payload"], {"type": "turn_aborted", "reason": "interrupted"})

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        provider = self.provider(tool(shell("echo one", "a")), tool(shell("echo two", "b")), reply("x"))
        process = self.start_program("exec", "--json", "--skip-git-repo-check", *self.configured(provider), "go")
        process.stdout.readline()
        process.stdout.close()
        process.stdout = None
        process.wait(LIMIT_S)
        self.assertNotIn("terminate called", process.stderr.read())


class Offline(ProgramTest):
    def test_exec_works_without_key_and_network(self):
        result = self.run_program("exec", "--offline", "--skip-git-repo-check", "Say hello")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(result.stdout.strip())

    @needs_sandbox
    def test_a_command_in_the_prompt_is_run(self):
        result = self.run_program("exec", "--offline", "--json", "--skip-git-repo-check", "Run `echo offline-works`")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("offline-works\\n", result.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
