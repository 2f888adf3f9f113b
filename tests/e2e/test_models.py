"""Models, identities and modes from the outside (contracts models-manager.md, model-switching.md)."""
import json
import unittest

from provider import ProgramTest, call, patch, reply, status, tool


def model(slug, priority, **more):
    return {"slug": slug, "display_name": slug.upper(), "description": f"about {slug}", "default_reasoning_level": "medium",
            "supported_reasoning_levels": [{"effort": "medium", "description": "balanced"}], "shell_type": "shell_command",
            "visibility": "list", "supported_in_api": True, "priority": priority, "upgrade": None,
            "base_instructions": f"You are {slug}.", "supports_reasoning_summaries": False, "support_verbosity": False,
            "default_verbosity": None, "apply_patch_tool_type": "freeform",
            "truncation_policy": {"mode": "bytes", "limit": 10000}, "supports_parallel_tool_calls": True,
            "context_window": 50000, "experimental_supported_tools": [], **more}


def catalogue(*models):
    return status(200, json.dumps({"models": models}), [("ETag", '"v1"')])


def offered(request):
    return [entry.get("name", entry["type"]) for entry in request["json"]["tools"]]


def developer_texts(request):
    return [part["text"] for item in request["json"]["input"] if item.get("role") == "developer"
            for part in item["content"]]


class Models(ProgramTest):
    def models(self, provider, *arguments):
        return self.run_program("models", *arguments, *self.configured(provider))

    def test_a_providers_models_are_listed_shown_and_chosen(self):
        provider = self.provider(reply("ok"))
        provider.pages["/v1/models"] = catalogue(model("second", -5), model("first", -10, visibility="hide"))
        listed = self.models(provider, "list", "--all", "--json")
        self.assertEqual((listed.returncode, listed.stderr), (0, ""))
        models = json.loads(listed.stdout)["models"]
        self.assertEqual([entry["model"] for entry in models][:2], ["first", "second"])
        self.assertEqual([entry["model"] for entry in models if entry["is_default"]], ["second"])
        self.assertEqual(models[0]["model_provider"], "mock")
        table = self.models(provider, "list").stdout
        self.assertIn("second *", table)
        self.assertNotIn("\nfirst", table)
        shown = self.models(provider, "show", "first")
        self.assertEqual(shown.returncode, 0)
        self.assertIn("context window  50000 tokens", shown.stdout)
        self.assertIn("the list of models", shown.stdout)
        self.assertEqual(json.loads(self.models(provider, "show", "first", "--json").stdout)["base_instructions"],
                         "You are first.")
        self.assertEqual(self.models(provider, "default").stdout, "second\n")
        self.assertEqual(self.models(provider, "default", "-c", 'model="mine"').stdout, "mine\n")

    def test_settings_count_in_what_is_shown_and_unknown_names_are_called_so(self):
        provider = self.provider(reply("ok"))
        result = self.models(provider, "show", "gpt-5.2", "-c", "model_context_window=1000", "--refresh", "offline")
        self.assertIn("context window  1000 tokens", result.stdout)
        self.assertIn("its name only", self.models(provider, "show", "no-such-model", "--refresh", "offline").stdout)

    def test_a_provider_without_a_list_is_told_of_and_does_no_harm(self):
        provider = self.provider(reply("ok"))
        result = self.models(provider, "list", "--refresh", "online")
        self.assertEqual(result.returncode, 0)
        self.assertIn("warning: the provider's list is not up to date", result.stderr)
        self.assertTrue(result.stdout.startswith("MODEL"))
        self.assertEqual(self.models(provider, "list", "--refresh", "offline").stderr, "")

    def test_another_provider_can_be_named(self):
        provider = self.provider(reply("ok"))
        provider.pages["/v1/models"] = catalogue(model("of-mock", -1))
        result = self.models(provider, "list", "--provider", "mock", "-c", 'model_provider="openai"')
        self.assertIn("of-mock *", result.stdout)
        unknown = self.models(provider, "list", "--provider", "nobody")
        self.assertEqual((unknown.returncode, unknown.stdout), (1, ""))
        self.assertIn("`nobody` not found", unknown.stderr)

    def test_a_listed_model_drives_the_request(self):
        provider = self.provider(reply("ok"))
        provider.pages["/v1/models"] = catalogue(model("mine", -1, apply_patch_tool_type=None, input_modalities=["text"]))
        code, _, errors = self.exec_json(provider, "--disable", "unified_exec", "go")
        self.assertEqual(code, 0, errors)
        body = provider.requests[0]["json"]
        self.assertEqual((body["model"], body["instructions"], body["parallel_tool_calls"]), ("mine", "You are mine.", True))
        self.assertEqual(offered(provider.requests[0])[0], "shell_command")
        self.assertNotIn("apply_patch", offered(provider.requests[0]))

    def test_wrong_command_lines_are_refused_and_help_teaches(self):
        for line in (["models"], ["models", "show"], ["models", "list", "--refresh", "often"]):
            self.assertEqual(self.run_program(*line).returncode, 2, line)
        for line in (["list"], ["show"], ["default"]):
            self.assertEqual(self.run_program("models", *line, "--help").returncode, 0, line)
        self.assertIn("--refresh", self.run_program("models", "list", "--help").stdout)


class Identities(ProgramTest):
    def test_an_explorer_is_offered_nothing_that_writes_and_cannot(self):
        file = "*** Begin Patch\n*** Add File: made.txt\n+x\n*** End Patch"
        provider = self.provider(tool(patch(file, "c1")), reply("I may not."))
        code, _, errors = self.exec_json(provider, "--identity", "explorer", "--yolo", "write a file")
        self.assertEqual(code, 0, errors)
        self.assertNotIn("apply_patch", offered(provider.requests[0]))
        texts = developer_texts(provider.requests[0])
        self.assertIn("`read-only`", texts[0])
        self.assertTrue(texts[1].startswith("<collaboration_mode>"))
        self.assertIn("change none", json.dumps(provider.requests[1]["json"]["input"][-1]))
        self.assertFalse((self.work / "made.txt").exists())
        contexts = [line["payload"] for line in self.rollout_lines() if line["type"] == "turn_context"]
        self.assertEqual(contexts[0]["identity"], {"kind": "explorer", "write_tools": False})
        self.assertEqual(contexts[0]["sandbox_policy"], {"type": "read-only"})
        self.assertEqual(contexts[0]["effort"], "low")

    def test_a_resumed_thread_is_who_it_was_until_it_is_told_otherwise(self):
        provider = self.provider(reply("one"), reply("two"), reply("three"))
        self.exec_json(provider, "--identity", "reviewer", "-s", "workspace-write", "one")
        self.exec_json(provider, "-s", "workspace-write", "resume", "--last", "two")
        self.assertNotIn("apply_patch", offered(provider.requests[1]))
        self.exec_json(provider, "-s", "workspace-write", "--identity", "programmer", "resume", "--last", "three")
        self.assertIn("apply_patch", offered(provider.requests[2]))
        self.assertIn("`workspace-write`", developer_texts(provider.requests[2])[-2])

    def test_plan_mode_brings_its_instructions_and_refuses_the_checklist(self):
        plan = {"plan": [{"step": "a", "status": "pending"}]}
        provider = self.provider(tool(call("update_plan", plan, "c1")), reply("<proposed_plan>\nx\n</proposed_plan>"))
        code, _, errors = self.exec_json(provider, "--mode", "plan", "plan it")
        self.assertEqual(code, 0, errors)
        self.assertTrue(any(text.startswith("<collaboration_mode>") for text in developer_texts(provider.requests[0])))
        self.assertIn("request_user_input", offered(provider.requests[0]))
        self.assertIn("not allowed in Plan mode", json.dumps(provider.requests[1]["json"]["input"][-1]))

    def test_a_setting_and_a_task_name_identities(self):
        provider = self.provider(reply("ok"))
        self.exec_json(provider, "-c", 'identity="explorer"', "go")
        self.assertNotIn("apply_patch", offered(provider.requests[0]))
        (self.work / "tasks.jsonl").write_text('{"prompt":"a","identity":"reviewer"}\n')
        result = self.run_program("run", "tasks.jsonl", "--quiet", *self.configured(provider))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("apply_patch", offered(provider.requests[1]))

    def test_names_that_do_not_exist_are_refused(self):
        result = self.run_program("exec", "--skip-git-repo-check", "--identity", "wizard", "go")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--identity", result.stderr)
        result = self.run_program("exec", "--skip-git-repo-check", "-c", 'identity="wizard"', "go")
        self.assertEqual(result.returncode, 1)
        self.assertIn("explorer", result.stderr)


if __name__ == "__main__":
    unittest.main()
