"""Lists of models and their caches from the outside: real processes, one home (contract models-manager.md 7, 8)."""
import concurrent.futures
import datetime
import json
import time
import unittest

from provider import LIMIT_S, ProgramTest, call, reply, status, tool


def model(slug, priority):
    return {"slug": slug, "display_name": slug, "description": None, "supported_reasoning_levels": [],
            "shell_type": "shell_command", "visibility": "list", "supported_in_api": True, "priority": priority,
            "upgrade": None, "base_instructions": f"You are {slug}.", "supports_reasoning_summaries": False,
            "support_verbosity": False, "default_verbosity": None, "apply_patch_tool_type": "freeform",
            "truncation_policy": {"mode": "bytes", "limit": 10000}, "supports_parallel_tool_calls": True,
            "context_window": 50000, "experimental_supported_tools": []}


class CountedPages(dict):
    """Pages of a provider that knows how often each was fetched."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.fetched = []

    def get(self, path, otherwise=None):
        self.fetched.append(path)
        return super().get(path, otherwise)


class SilentPages(dict):
    """Pages of a provider that says nothing before it is stopped."""

    def __init__(self, stop):
        super().__init__()
        self.stop = stop

    def get(self, path, otherwise=None):
        self.stop.wait(LIMIT_S)
        return otherwise


class ModelLists(ProgramTest):
    def listing(self, *models, etag='"v1"'):
        provider = self.provider(reply("ok"))
        provider.pages = CountedPages({"/v1/models": status(200, json.dumps({"models": models}), [("ETag", etag)])})
        return provider

    def slugs(self, provider, *arguments, **environment):
        result = self.run_program("models", "list", "--all", "--json", *arguments, *self.configured(provider), **environment)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return [entry["model"] for entry in json.loads(result.stdout)["models"]]

    def cache(self):
        return self.home / "remote_models" / "mock" / "models_cache.json"

    def test_a_second_process_uses_what_the_first_has_fetched(self):
        provider = self.listing(model("mine", -1))
        self.assertEqual(self.slugs(provider)[0], "mine")
        self.assertEqual(self.slugs(provider)[0], "mine")
        self.assertEqual(provider.pages.fetched, ["/v1/models"])
        kept = json.loads(self.cache().read_text())
        self.assertEqual(list(kept), ["fetched_at", "etag", "client_version", "models"])
        self.assertEqual((kept["etag"], [entry["slug"] for entry in kept["models"]]), ('"v1"', ["mine"]))
        self.assertEqual(self.cache().stat().st_mode & 0o777, 0o600)

    def test_a_stale_cache_is_fetched_again_and_not_used_offline(self):
        provider = self.listing(model("mine", -1))
        self.slugs(provider)
        kept = json.loads(self.cache().read_text())
        kept["fetched_at"] = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)).isoformat()
        self.cache().write_text(json.dumps(kept))
        self.assertEqual(self.slugs(provider, "--refresh", "offline")[0], "gpt-5.2-codex")
        self.assertEqual(self.slugs(provider)[0], "mine")
        self.assertEqual(len(provider.pages.fetched), 2)

    def test_a_torn_cache_is_replaced(self):
        provider = self.listing(model("mine", -1))
        self.cache().parent.mkdir(parents=True)
        self.cache().write_text('{"fetched_at": "2026')
        self.assertEqual(self.slugs(provider, "--refresh", "offline")[0], "gpt-5.2-codex")
        self.assertEqual(self.slugs(provider)[0], "mine")
        self.assertEqual(self.slugs(provider, "--refresh", "offline")[0], "mine")

    def test_the_cache_of_the_reference_counts_for_openai(self):
        provider = self.listing(model("mine", -1))
        self.slugs(provider)
        self.home.joinpath("models_cache.json").write_text(json.dumps(
            {**json.loads(self.cache().read_text()), "models": [model("theirs", -1)], "new_member": 1}, indent=2))
        listed = self.run_program("models", "list", "--all", "--json", "--refresh", "offline")
        self.assertEqual(json.loads(listed.stdout)["models"][0]["model"], "theirs")

    def test_many_processes_share_a_home(self):
        provider = self.listing(*(model(f"m{number}", number - 50) for number in range(40)))
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            lists = list(pool.map(lambda _: self.slugs(provider, "--refresh", "online"), range(12)))
        self.assertEqual({tuple(slugs[:2]) for slugs in lists}, {("m0", "m1")})
        self.assertEqual(len(provider.pages.fetched), 12)
        self.assertEqual(len(json.loads(self.cache().read_text())["models"]), 40)
        self.assertEqual([path.name for path in self.cache().parent.iterdir()], ["models_cache.json"])

    def test_an_offline_run_keeps_nothing(self):
        result = self.run_program("exec", "--offline", "--skip-git-repo-check", "hello")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse((self.home / "remote_models").exists())
        self.assertFalse((self.home / "models_cache.json").exists())

    def test_a_list_that_does_not_come_is_not_waited_for(self):
        provider = self.provider(reply("ok"))
        provider.pages = SilentPages(provider.stop)
        result = self.run_program("models", "default", "--refresh", "online", *self.configured(provider))
        self.assertEqual((result.returncode, result.stdout), (0, "gpt-5.2-codex\n"))

    def test_a_plain_list_is_offered(self):
        provider = self.provider(reply("ok"))
        provider.pages = CountedPages({"/v1/models": status(200, '{"object":"list","data":[{"id":"qwen3","max_model_len":4096}]}')})
        self.assertIn("qwen3", self.slugs(provider))
        shown = self.run_program("models", "show", "qwen3", "--refresh", "offline", *self.configured(provider))
        self.assertIn("context window  4096 tokens", shown.stdout)

    def test_a_response_with_another_etag_brings_a_new_list(self):
        provider = self.listing(model("old", -1))
        self.slugs(provider)
        provider.pages["/v1/models"] = status(200, json.dumps({"models": [model("new", -1)]}), [("ETag", '"v2"')])
        noticed = tool(call("update_plan", {"plan": []}, "c1")) | {"headers": {"X-Models-Etag": '"v2"'}}
        provider.answers = [noticed, reply("ok") | {"before": self.wait_for_new_list}]
        code, _, errors = self.exec_json(provider, "-m", "old", "go")
        self.assertEqual(code, 0, errors)
        self.assertEqual(len(provider.pages.fetched), 2)
        self.assertEqual(self.slugs(provider, "--refresh", "offline")[0], "new")

    def wait_for_new_list(self):
        end = time.monotonic() + LIMIT_S
        while json.loads(self.cache().read_text())["etag"] != '"v2"':
            if time.monotonic() > end:
                raise TimeoutError("the new list is not kept")
            time.sleep(0.01)


if __name__ == "__main__":
    unittest.main(verbosity=2)
