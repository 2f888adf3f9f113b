"""Compaction and the headers of a turn, from the outside (contract responses-client.md 4.2 and 11)."""
import json
import unittest

from provider import ProgramTest, reply, shell, status, tool

COMMIT = "7d1f0c2e9b6a4e5f8c3d2b1a0f9e8d7c6b5a4f3e"
# Every answer of the provider reports 110 tokens.
AT_ONCE = ("-c", "model_auto_compact_token_limit=100")


def texts(request):
    """The texts of a request's input, in order; other items by their type."""
    return ["".join(part.get("text", "") for part in item["content"]) if item["type"] == "message" else item["type"]
            for item in request["json"]["input"]]


class LocalCompaction(ProgramTest):
    def test_a_full_history_is_compacted_between_two_requests_of_a_turn(self):
        provider = self.provider(tool(shell("true")), reply("The summary."), reply("Done."))
        code, events, _ = self.exec_json(provider, *AT_ONCE, "-c", 'compact_prompt="  Sum it up. "', "look around")
        self.assertEqual(code, 0)
        first, summary, last = provider.requests
        self.assertTrue(first["json"]["tools"])
        self.assertEqual((summary["json"]["tools"], summary["json"]["parallel_tool_calls"]), ([], False))
        self.assertEqual(texts(summary)[-1], "Sum it up.")
        self.assertEqual(texts(last)[-2], "look around")
        self.assertTrue(texts(last)[-1].endswith("\nThe summary."))
        self.assertNotIn("function_call", texts(last))
        self.assertEqual([e["item"]["text"] for e in events if e["type"] == "item.completed" and
                          e["item"]["type"] == "agent_message"], ["Done."])

    def test_a_prompt_can_be_read_from_a_file(self):
        (self.work / "prompt.md").write_text("Write a note.\n")
        provider = self.provider(tool(shell("true")), reply("The summary."), reply("Done."))
        self.exec_json(provider, *AT_ONCE, "-c", f'experimental_compact_prompt_file="{self.work / "prompt.md"}"', "look")
        self.assertEqual(texts(provider.requests[1])[-1], "Write a note.")

    def test_a_resumed_thread_is_compacted_first_and_goes_on_from_its_record(self):
        self.exec_json(self.provider(reply("one.")), "first question")
        provider = self.provider(reply("The summary."), reply("two."))
        code, _, _ = self.exec_json(provider, *AT_ONCE, "resume", "--last", "second question")
        self.assertEqual(code, 0)
        self.assertNotIn("second question", texts(provider.requests[0]))
        after = texts(provider.requests[1])
        self.assertEqual((after[-3], after[-1]), ("first question", "second question"))
        record = [line["payload"] for line in self.rollout_lines() if line["type"] == "compacted"]
        self.assertEqual([list(payload) for payload in record], [["message"]])
        provider = self.provider(reply("three."))
        self.exec_json(provider, "resume", "--last", "third question")
        resumed = [text for text in texts(provider.requests[0]) if not text.startswith("<")]
        self.assertEqual(resumed, ["first question", record[0]["message"], "second question", "two.", "third question"])


class RemoteCompaction(ProgramTest):
    OPENAI = ("-c", 'model_providers.mock.name="OpenAI"')

    def output(self, *items):
        return status(200, json.dumps({"output": list(items)}))

    def test_the_provider_compacts_and_its_answer_is_the_history(self):
        kept = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "look around"}]}
        secret = {"type": "compaction", "encrypted_content": "xyz"}
        provider = self.provider(tool(shell("true")), self.output(kept, secret), reply("Done."))
        code, _, _ = self.exec_json(provider, *self.OPENAI, *AT_ONCE, "look around")
        self.assertEqual(code, 0)
        _, call, last = provider.requests
        self.assertEqual(call["path"], "/v1/responses/compact")
        self.assertEqual(sorted(call["json"]), ["input", "instructions", "model"])
        self.assertNotIn("session_id", call["headers"])
        self.assertEqual(texts(last)[-2:], ["look around", "compaction"])
        (record,) = [line["payload"] for line in self.rollout_lines() if line["type"] == "compacted"]
        self.assertEqual(record["message"], "")
        self.assertEqual(record["replacement_history"], last["json"]["input"])

    def test_an_answer_of_another_shape_fails_the_turn_with_one_request(self):
        provider = self.provider(tool(shell("true")), status(200, '{"other":1}'))
        code, events, _ = self.exec_json(provider, *self.OPENAI, *AT_ONCE, "look around")
        self.assertEqual((code, len(provider.requests)), (1, 2))
        failure = [e for e in events if e["type"] == "turn.failed"][0]["error"]["message"]
        self.assertTrue(failure.startswith("Error running remote compact task: "), failure)


class TurnMetadata(ProgramTest):
    HEADER = "x-codex-turn-metadata"

    def header(self):
        provider = self.provider(reply("ok"))
        self.exec_json(provider, "hello")
        return provider.requests[0]["headers"].get(self.HEADER)

    def test_outside_a_repository_there_is_none(self):
        self.assertIsNone(self.header())

    def test_inside_one_it_names_root_remotes_and_commit(self):
        git = self.work / ".git"
        git.mkdir()
        (git / "HEAD").write_text(COMMIT + "\n")
        (git / "config").write_text('[remote "origin"]\n\turl = https://user:token@example.org/demo.git\n')
        self.assertEqual(json.loads(self.header()), {"workspaces": {str(self.work.resolve()): {
            "associated_remote_urls": {"origin": "https://example.org/demo.git"},
            "latest_git_commit_hash": COMMIT}}})


class ImageRefused(ProgramTest):
    def test_a_refused_image_of_the_user_ends_the_turn_with_a_hint(self):
        body = json.dumps({"error": {"message": "The image data you provided does not represent a valid image. Check it."}})
        provider = self.provider(status(400, body))
        code, events, _ = self.exec_json(provider, "hello")
        self.assertEqual((code, len(provider.requests)), (1, 1))
        failure = [e for e in events if e["type"] == "turn.failed"][0]["error"]["message"]
        self.assertTrue(failure.startswith("Invalid image in your last message."), failure)


if __name__ == "__main__":
    unittest.main()
