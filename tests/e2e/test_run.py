"""`troupe run`, `troupe threads` and `troupe models` from the outside."""
import json
import signal
import unittest

from provider import LIMIT_S, STALL, ProgramTest, failed, interrupt, needs_sandbox, reply, shell, status, stream, tool


class Running(ProgramTest):
    def tasks(self, *tasks, name="tasks.jsonl"):
        path = self.work / name
        path.write_text("".join(json.dumps(task) + "\n" for task in tasks))
        return path

    def results(self, out):
        return [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]

    @needs_sandbox
    def test_tasks_run_and_leave_results_and_a_summary(self):
        tasks = self.tasks({"id": "a", "prompt": "Say hello", "tags": ["x"]},
                           {"id": "b", "prompt": "Run `echo from-b`"})
        out = self.work / "out"
        result = self.run_program("run", tasks, "--out", out, "--offline", "--seed", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        results = {entry["id"]: entry for entry in self.results(out)}
        self.assertEqual({key: entry["status"] for key, entry in results.items()}, {"a": "completed", "b": "completed"})
        self.assertEqual(results["a"]["tags"], ["x"])
        self.assertGreater(results["a"]["usage"]["input_tokens"], 0)
        self.assertTrue(json.loads((out / "summary.json").read_text()))
        for entry in results.values():
            with open(entry["rollout_path"], encoding="utf-8") as rollout:
                self.assertEqual(json.loads(rollout.readline())["type"], "session_meta")

    @needs_sandbox
    def test_commands_run_where_home_is_a_relative_path(self):
        provider = self.provider(tool(shell("echo it works")), reply("ok"))
        result = self.run_program("run", self.tasks({"prompt": "go"}), "--out", self.work / "out", *self.configured(provider),
                                  HOME=".", CODEX_HOME="")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("it works", provider.requests[1]["json"]["input"][-1]["output"])
        self.assertTrue((self.work / ".codex" / "sessions").is_dir())

    def test_one_failure_makes_the_exit_code_1_and_the_others_finish(self):
        provider = self.provider(reply("fine"), stream(failed("insufficient_quota", "x")), reply("fine"))
        tasks = self.tasks(*({"prompt": f"task {i}"} for i in range(3)))
        out = self.work / "out"
        result = self.run_program("run", tasks, "--out", out, "--concurrency", "1", *self.configured(provider))
        self.assertEqual(result.returncode, 1, result.stderr)
        statuses = [entry["status"] for entry in self.results(out)]
        self.assertEqual(sorted(statuses), ["completed", "completed", "failed"])

    def test_resume_runs_only_what_is_not_done(self):
        provider = self.provider(reply("fine"), STALL)
        tasks = self.tasks({"prompt": "first"}, {"prompt": "second"})
        out = self.work / "out"
        process = self.start_program("run", tasks, "--out", out, "--concurrency", "1", *self.configured(provider))
        provider.wait_for(2)
        interrupt(process)
        process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, 130)
        self.assertIn("completed", [entry["status"] for entry in self.results(out)])
        again = self.provider(reply("now"))
        result = self.run_program("run", tasks, "--out", out, "--resume", *self.configured(again))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(again.requests), 1)
        self.assertEqual(again.requests[0]["json"]["input"][-1]["content"][0]["text"], "second")

    def test_a_killed_run_is_resumed(self):
        provider = self.provider(reply("fine"), STALL)
        tasks = self.tasks({"prompt": "first"}, {"prompt": "second"})
        out = self.work / "out"
        process = self.start_program("run", tasks, "--out", out, "--concurrency", "1", *self.configured(provider))
        provider.wait_for(2)
        process.send_signal(signal.SIGKILL)
        process.wait(LIMIT_S)
        again = self.provider(reply("now"))
        result = self.run_program("run", tasks, "--out", out, "--resume", *self.configured(again))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual({entry["status"] for entry in self.results(out) if entry["id"] != "x"} & {"completed"},
                         {"completed"})

    @needs_sandbox
    def test_a_template_is_copied_for_each_task(self):
        template = self.work / "template"
        template.mkdir()
        (template / "data.txt").write_text("from the template")
        tasks = self.tasks({"prompt": "Run `cat data.txt`", "template": "template"},
                           {"prompt": "Run `cat data.txt`", "template": "template"})
        out = self.work / "out"
        result = self.run_program("run", tasks, "--out", out, "--offline")
        self.assertEqual(result.returncode, 0, result.stderr)
        copies = list((out / "workspaces").rglob("data.txt"))
        self.assertEqual(len(copies), 2)

    def test_a_wrong_task_file_is_named_with_its_line(self):
        path = self.work / "tasks.jsonl"
        path.write_text('{"prompt":"ok"}\n{"promt":"typo"}\n')
        result = self.run_program("run", path, "--out", self.work / "out", "--offline")
        self.assertEqual(result.returncode, 1)
        self.assertIn("tasks.jsonl:2", result.stderr)
        self.assertFalse((self.work / "out" / "results.jsonl").exists())

    def test_what_projects_may_not_say_is_told_once(self):
        for name in ("one", "two"):
            project = self.work / name
            (project / ".codex").mkdir(parents=True)
            (project / ".codex/config.toml").write_text("[sandbox]\nhidden = []\n")
        (self.home / "config.toml").write_text("".join(f'[projects."{self.work / name}"]\ntrust_level = "trusted"\n'
                                                       for name in ("one", "two")))
        tasks = self.tasks(*({"prompt": "say hello", "cwd": name} for name in ("one", "two", "one")))
        result = self.run_program("run", tasks, "--offline", "plain")
        self.assertEqual(result.returncode, 0, result.stderr)
        for name in ("one", "two"):
            self.assertEqual(result.stderr.count(f"warning: {self.work / name}/.codex/config.toml: `sandbox` is left out: "), 1,
                             result.stderr)
        result = self.run_program("run", tasks, "--offline", "plain", "--quiet", "--out", self.work / "quiet")
        self.assertNotIn("left out", result.stderr)

    def test_a_scenario_that_does_not_exist_is_a_wrong_command_line(self):
        tasks = self.tasks({"prompt": "say hello"})
        for words in (["run", tasks, "--offline", "plian"], ["exec", "--skip-git-repo-check", "--offline=plian", "hello"],
                      ["node", "--offline", "plian"], ["sim", "plian"]):
            result = self.run_program(*words)
            self.assertEqual((result.returncode, result.stdout), (2, ""), words)
            self.assertIn('there is no scenario "plian"; did you mean "plain"?', result.stderr)

    def test_many_tasks(self):
        tasks = self.tasks(*({"prompt": f"Say hello {i}"} for i in range(2_000)))
        out = self.work / "out"
        result = self.run_program("run", tasks, "--out", out, "--offline", "plain", "--quiet")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(self.results(out)), 2_000)


class Looking(ProgramTest):
    def test_stored_threads_are_listed_and_shown(self):
        provider = self.provider(reply("The answer"))
        _, events, _ = self.exec_json(provider, "The question")
        thread = events[0]["thread_id"]
        listed = self.run_program("threads", "list", "--all", "--json")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertIn(thread, listed.stdout)
        self.assertIn("The question", listed.stdout)
        shown = self.run_program("threads", "show", thread)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("The question", shown.stdout)
        self.assertIn("The answer", shown.stdout)
        missing = self.run_program("threads", "show", "019c3762-2225-7c31-9a4e-5d0f6b7a8c21")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("019c3762", missing.stderr)

    def test_models_are_listed(self):
        result = self.run_program("models", "list", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("gpt-5.2-codex", result.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
