"""What a tool did is in the rollout before anybody hears of it, however the process ends."""

import json
import unittest

from provider import LIMIT_S, ProgramTest, reply, shell, tool


class Killed(ProgramTest):
    def completed_command(self, process):
        """Reads events until one says that a command has ended."""
        for line in process.stdout:
            event = json.loads(line)
            if event["type"] == "item.completed" and event["item"]["type"] == "command_execution":
                return event["item"]
        self.fail("no command ended")

    def test_a_command_that_was_told_as_ended_is_known_after_a_crash(self):
        for order in (("echo told-one", "sleep 9"), ("sleep 9", "echo told-one")) * 3:
            with self.subTest(order=order):
                provider = self.provider(tool(shell(order[0], "call_a"), shell(order[1], "call_b")), reply("went on"))
                process = self.start_program("exec", "--json", "--skip-git-repo-check", "-s", "danger-full-access",
                                             *self.configured(provider), "work")
                told = self.completed_command(process)
                process.kill()
                process.wait(LIMIT_S)
                self.assertIn("told-one", told["aggregated_output"])
                code, _, _ = self.exec_json(provider, "resume", "--last", "go on")
                self.assertEqual(code, 0)
                outputs = {item["call_id"]: item["output"] for item in provider.requests[1]["json"]["input"]
                           if item["type"] == "function_call_output"}
                echo = "call_a" if order[0].startswith("echo") else "call_b"
                self.assertIn("told-one", outputs.pop(echo))
                self.assertEqual(list(outputs.values()), ["aborted"])


if __name__ == "__main__":
    unittest.main()
