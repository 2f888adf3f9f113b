"""Requests beside those that the released program 0.169.0 sent in the same place: a second witness for what both generations of
the wire share (input items, calls and their outputs, schema, cache key, headers).

captured_requests.json keeps those parts as they were recorded. What one run differs in from the next has a name in angle brackets
there, and item ids, which the contract's form does not have, are left out."""
import json
import pathlib
import re
import unittest

from provider import ProgramTest, call, created, completed, message, reply, shell, stream, tool

CAPTURED = json.loads((pathlib.Path(__file__).parent / "captured_requests.json").read_text(encoding="utf-8"))

MODEL = {"slug": "mock-model", "display_name": "Mock Model", "description": "Test model", "default_reasoning_level": "medium",
         "supported_reasoning_levels": [{"effort": "medium", "description": "default"}], "shell_type": "unified_exec",
         "visibility": "list", "supported_in_api": True, "priority": 1, "upgrade": None, "base_instructions": "You are a mock.",
         "supports_reasoning_summaries": True, "supports_parallel_tool_calls": True, "support_verbosity": True,
         "default_verbosity": "low", "apply_patch_tool_type": "freeform",
         "truncation_policy": {"mode": "tokens", "limit": 10000}, "context_window": 272000,
         "experimental_supported_tools": []}

VARYING = ((r"Chunk ID: [0-9a-f]{6}\n", "Chunk ID: <hex6>\n"), (r"Wall time: [0-9.]+ seconds", "Wall time: <s> seconds"))


def normalised(item):
    text = json.dumps(item)
    for pattern, name in VARYING:
        text = re.sub(pattern.replace(r"\n", r"\\n"), name.replace("\n", r"\\n"), text)
    item = json.loads(text)
    if "arguments" in item:  # JSON inside a string: the blanks are the model's
        item["arguments"] = json.loads(item["arguments"])
    return item


def is_context(item):
    """What a thread tells of itself at its start; its texts are another generation's."""
    return item.get("role") == "developer" or "<environment_context>" in json.dumps(item)


def from_prompt(request, prompt):
    items = [item for item in request["json"]["input"] if not is_context(item)]
    places = [n for n, item in enumerate(items) if item.get("role") == "user" and item["content"][-1]["text"] == prompt]
    return [normalised(item) for item in items[places[0]:]]


def captured(case):
    return [normalised(item) for item in CAPTURED[case]["input_from_prompt"]]


class Captured(ProgramTest):
    def requests(self, *arguments, answers):
        (self.home / "catalog.json").write_text(json.dumps({"models": [MODEL]}))
        provider = self.provider(*answers)
        code, events, errors = self.exec_json(provider, "-c", f'model_catalog_json="{self.home / "catalog.json"}"', "-c",
                                              'model="mock-model"', "-s", "danger-full-access", *arguments)
        self.assertEqual(code, 0, errors)
        self.thread = events[0]["thread_id"]
        return provider.requests

    def test_a_command_and_its_output_come_back_in_the_recorded_form(self):
        expected = CAPTURED["after_shell_call"]
        _, request = self.requests("run it", answers=(tool(shell("echo out; echo err 1>&2; exit 3")), reply("Done.")))
        self.assertEqual(from_prompt(request, "run it"), captured("after_shell_call"))
        body = request["json"]
        self.assertEqual({key: body[key] for key in expected["body"]}, expected["body"])
        headers = {name.lower(): value for name, value in request["headers"].items()}
        self.assertEqual({name: headers[name] for name in expected["headers"]}, expected["headers"])
        self.assertEqual((body["prompt_cache_key"], headers["session_id"]), (self.thread, self.thread))

    def test_a_plan_and_its_answer_come_back_in_the_recorded_form(self):
        plan = call("update_plan", {"plan": [{"step": "s", "status": "pending"}]})
        _, request = self.requests("plan and look", answers=(tool(plan), reply("Done.")))
        self.assertEqual(from_prompt(request, "plan and look"), captured("after_plan_call"))

    def test_a_schema_is_asked_for_in_the_recorded_form(self):
        expected = CAPTURED["structured_output"]["format"]
        (self.work / "schema.json").write_text(json.dumps(expected["schema"]))
        (request,) = self.requests("--output-schema", self.work / "schema.json", "answer", answers=(reply('{"answer":"1"}'),))
        self.assertEqual(request["json"]["text"]["format"], expected)

    def test_a_resumed_thread_sends_what_was_said_in_the_recorded_form(self):
        self.requests("first question", answers=(tool(shell("echo hi")), stream(created(), message("First answer."), completed())))
        (request,) = self.requests("resume", self.thread, "second question", answers=(reply("Second answer."),))
        self.assertEqual(from_prompt(request, "first question"), captured("resumed_thread"))


if __name__ == "__main__":
    unittest.main()
