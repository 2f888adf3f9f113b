"""What reaches a provider, and what is made of its answers: the program from the outside (contract responses-client.md 1 to 7)."""
import json
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from provider import ProgramTest, call, completed, created, failed, message, reply, stream, tool
from test_login import LoginTest, chatgpt_login

PLAN = call("update_plan", {"plan": [{"step": "look", "status": "pending"}]}, "plan_1")


def done(**item):
    return {"type": "response.output_item.done", "item": item}


class Tunnels:
    """A proxy that notes where tunnels are asked for, and opens none."""

    def __init__(self):
        self.targets = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_CONNECT(self):
                proxy.targets.append(self.path)
                self.send_error(403)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Addresses(LoginTest):
    def test_the_environment_moves_the_built_in_provider_and_an_entry_of_its_name_does_not(self):
        (self.home / "config.toml").write_text('[model_providers.openai]\nname = "Mine"\nbase_url = "http://127.0.0.1:1/v1"\n')
        provider = self.provider(reply("ok"))
        result = self.run_program("exec", "--skip-git-repo-check", "go", OPENAI_BASE_URL=provider.url, CODEX_API_KEY="sk-env",
                                  OPENAI_ORGANIZATION="org-1", OPENAI_PROJECT=" ")
        self.assertEqual((result.returncode, result.stdout), (0, "ok\n"))
        (request,) = provider.requests
        self.assertEqual((request["path"], request["headers"]["OpenAI-Organization"]), ("/v1/responses", "org-1"))
        self.assertRegex(request["headers"]["version"], r"^\d+\.\d+\.\d+")
        self.assertNotIn("OpenAI-Project", request["headers"])

    def targets_without_an_address(self, **environment):
        tunnels = Tunnels()
        self.addCleanup(tunnels.close)
        (self.home / "config.toml").write_text(
            'model_provider = "plain"\n[model_providers.plain]\nname = "Plain"\n'
            'request_max_retries = 0\nstream_max_retries = 0\n')
        result = self.run_program("exec", "--skip-git-repo-check", "go", HTTPS_PROXY=tunnels.url, **environment)
        self.assertEqual(result.returncode, 1)
        return set(tunnels.targets)

    def test_without_an_address_a_key_goes_to_the_api(self):
        self.assertEqual(self.targets_without_an_address(CODEX_API_KEY="sk-env"), {"api.openai.com:443"})

    def test_without_an_address_chatgpt_tokens_go_to_chatgpt(self):
        self.store(chatgpt_login())
        self.assertEqual(self.targets_without_an_address(), {"chatgpt.com:443"})

    def test_slashes_query_and_headers_are_put_together(self):
        provider = self.provider(reply("ok"))
        (self.home / "config.toml").write_text(f"""
            model_provider = "mock"
            [model_providers.mock]
            name = "mock"
            base_url = "{provider.url}///"
            query_params = {{ api-version = "2026 X" }}
            http_headers = {{ X-Static = "s", X-Both = "static" }}
            env_http_headers = {{ X-Both = "BOTH", X-Blank = "BLANK", X-Unset = "UNSET" }}
            """)
        result = self.run_program("exec", "--skip-git-repo-check", "go", BOTH=" from the environment", BLANK=" \t")
        self.assertEqual(result.returncode, 0)
        (request,) = provider.requests
        self.assertEqual(request["path"], "/v1/responses?api-version=2026%20X")
        headers = request["headers"]
        self.assertEqual((headers["X-Static"], headers["X-Both"]), ("s", "from the environment"))
        self.assertFalse({"X-Blank", "X-Unset"} & set(headers))

    def test_the_old_wire_is_refused_with_advice(self):
        provider = self.provider(reply("ok"))
        code, events, error = self.exec_json(provider, "go", config={"wire_api": "chat"})
        self.assertEqual((code, events, provider.requests), (1, [], []))
        self.assertIn('wire_api = "responses"', error)
        self.assertIn("https://github.com/openai/codex/discussions/7782", error)

    def test_an_unset_key_ends_the_turn_without_a_request_or_a_retry(self):
        provider = self.provider(reply("never"))
        code, events, _ = self.exec_json(provider, "go", config={"env_key": "NO_SUCH_KEY", "env_key_instructions": "Buy one.",
                                                                "stream_max_retries": 5})
        self.assertEqual((code, provider.requests), (1, []))
        self.assertEqual([event["type"] for event in events], ["thread.started", "turn.started", "error", "turn.failed"])
        self.assertEqual(events[-1]["error"]["message"], "Missing environment variable: `NO_SUCH_KEY`. Buy one.")


class Bodies(ProgramTest):
    def body(self, *arguments):
        provider = self.provider(reply("ok"))
        code, _, _ = self.exec_json(provider, *arguments, "go")
        self.assertEqual(code, 0)
        return provider.requests[0]["json"]

    def test_every_field_is_there_and_no_other(self):
        body = self.body("-m", "gpt-5.2-codex")
        self.assertEqual(sorted(body), ["include", "input", "instructions", "model", "parallel_tool_calls", "prompt_cache_key",
                                        "reasoning", "store", "stream", "tool_choice", "tools"])
        self.assertEqual((body["model"], body["tool_choice"], body["parallel_tool_calls"]), ("gpt-5.2-codex", "auto", True))
        self.assertEqual((body["stream"], body["store"]), (True, False))

    def test_a_model_with_summaries_sends_its_reasoning_along(self):
        body = self.body("-m", "gpt-5.2-codex")
        self.assertEqual((body["reasoning"], body["include"]),
                         ({"effort": "medium", "summary": "auto"}, ["reasoning.encrypted_content"]))

    def test_a_model_without_summaries_is_sent_null_and_nothing_to_include(self):
        body = self.body("-m", "a-model-of-somebody-else")
        self.assertEqual((body["reasoning"], body["include"]), (None, []))

    def test_no_summary_and_no_effort_are_left_out(self):
        self.assertEqual(self.body("-m", "gpt-5.2-codex", "-c", 'model_reasoning_summary="none"')["reasoning"],
                         {"effort": "medium"})
        self.assertEqual(self.body("-m", "o3")["reasoning"], {"summary": "auto"})
        self.assertEqual(self.body("-m", "o3", "-c", 'model_reasoning_summary="none"')["reasoning"], {})

    def test_verbosity_is_sent_to_models_that_have_one(self):
        asked = ("-c", 'model_verbosity="high"')
        self.assertEqual(self.body("-m", "gpt-5.2", *asked)["text"], {"verbosity": "high"})
        self.assertEqual(self.body("-m", "gpt-5.2")["text"], {"verbosity": "low"})
        self.assertNotIn("text", self.body("-m", "gpt-5.2-codex", *asked))

    def test_a_service_tier_is_sent_where_it_is_configured(self):
        self.assertEqual(self.body("-m", "gpt-5.2", "-c", 'service_tier="flex"')["service_tier"], "flex")
        self.assertNotIn("service_tier", self.body("-m", "gpt-5.2", "-c", 'service_tier=""'))

    def test_a_schema_is_sent_without_a_verbosity(self):
        schema = {"type": "object", "properties": {"answer": {"type": "string"}}}
        (self.work / "schema.json").write_text(json.dumps(schema))
        body = self.body("-m", "gpt-5.2-codex", "--output-schema", self.work / "schema.json")
        self.assertEqual(body["text"], {"format": {"type": "json_schema", "strict": True, "schema": schema,
                                                   "name": "codex_output_schema"}})


class Headers(LoginTest):
    def test_a_request_says_who_asks_and_for_which_thread(self):
        provider = self.provider(reply("ok"))
        _, events, _ = self.exec_json(provider, "go")
        headers, thread = provider.requests[0]["headers"], events[0]["thread_id"]
        self.assertEqual((headers["session_id"], provider.requests[0]["json"]["prompt_cache_key"]), (thread, thread))
        self.assertEqual((headers["originator"], headers["Accept"]), ("codex_exec", "text/event-stream"))
        self.assertRegex(headers["User-Agent"], r"^codex_exec/\d+\.\d+\.\d+ \(.+; .+\) \S+$")
        for name in ("conversation_id", "OpenAI-Beta", "x-openai-subagent", "x-codex-turn-state", "Authorization"):
            self.assertNotIn(name, headers)

    def test_a_folder_beyond_ascii_is_named_in_raw_utf8(self):
        root = self.work / "größe"
        (root / ".git").mkdir(parents=True)
        (root / ".git" / "HEAD").write_text("7d1f0c2e9b6a4e5f8c3d2b1a0f9e8d7c6b5a4f3e\n")
        provider = self.provider(reply("ok"))
        self.exec_json(provider, "--cd", root, "go")
        value = provider.requests[0]["headers"]["x-codex-turn-metadata"].encode("latin-1")  # as Python reads headers
        self.assertIn("größe".encode(), value)
        self.assertEqual(list(json.loads(value)["workspaces"]), [str(root.resolve())])

    def encoding(self, *arguments, name="OpenAI"):
        provider = self.provider(reply("ok"))
        code, _, _ = self.exec_json(provider, "-c", f'model_providers.mock.name="{name}"', *arguments, "go")
        self.assertEqual(code, 0)
        self.assertEqual(provider.requests[0]["json"]["input"][-1]["content"][0]["text"], "go")
        return provider.requests[0]["headers"].get("Content-Encoding")

    def test_chatgpt_requests_to_openai_are_compressed(self):
        self.store(chatgpt_login())
        self.assertEqual(self.encoding(), "zstd")
        self.assertIsNone(self.encoding("--disable", "enable_request_compression"))
        self.assertIsNone(self.encoding(name="openai"))

    def test_requests_with_a_key_are_not_compressed(self):
        self.store({"OPENAI_API_KEY": "sk-1"})
        self.assertIsNone(self.encoding())


class Items(ProgramTest):
    WITH_IDS = (done(type="reasoning", id="rs_1", summary=[]),
                done(type="message", id="msg_1", role="assistant", content=[{"type": "output_text", "text": "hm"}]),
                done(type="web_search_call", id="ws_1", status="completed", action={"type": "search", "query": "q"}),
                done(type="function_call", id="fc_1", name="nothing", arguments="{}", call_id="c1"),
                done(type="local_shell_call", id="lsh_1", call_id="c2", status="completed",
                     action={"type": "exec", "command": ["true"]}),
                done(type="custom_tool_call", id="ctc_1", call_id="c3", name="nothing", input=""),
                done(type="message", id="", role="assistant", content=[]))

    def second_body(self, *events, name="mock"):
        """What is sent with the outputs of the calls among `events`."""
        provider = self.provider(tool(*events), reply("ok"))
        code, _, error = self.exec_json(provider, "-c", f'model_providers.mock.name="{name}"', "go")
        self.assertEqual((code, len(provider.requests)), (0, 2), error)
        return provider.requests[1]["json"]

    def ids(self, body):
        return {item["type"]: item["id"] for item in body["input"] if "id" in item}

    def test_azure_stores_responses_and_is_sent_the_ids_of_six_types(self):
        body = self.second_body(*self.WITH_IDS, name="Azure")
        self.assertTrue(body["store"])
        self.assertEqual(self.ids(body), {"reasoning": "rs_1", "message": "msg_1", "web_search_call": "ws_1",
                                          "function_call": "fc_1", "local_shell_call": "lsh_1", "custom_tool_call": "ctc_1"})

    def test_others_store_nothing_and_are_sent_no_ids(self):
        body = self.second_body(*self.WITH_IDS)
        self.assertFalse(body["store"])
        self.assertEqual(self.ids(body), {})

    def test_items_go_back_in_the_contracted_form(self):
        body = self.second_body(
            done(type="reasoning", id="rs_1", summary=[], encrypted_content="gAAA"),
            done(type="reasoning", id="rs_2", summary=[{"type": "summary_text", "text": "s"}]),
            done(type="reasoning", id="rs_3", summary=[], content=[{"type": "text", "text": "t"}]),
            done(type="compaction_summary", encrypted_content="gBBB"),
            done(type="message", role="assistant", content=[{"type": "output_video", "text": "x"}]),
            done(type="brand_new_call", text="x"),
            done(type="message", role="assistant", content=[{"type": "output_text", "text": "hm", "annotations": []}]),
            PLAN)
        go = [item.get("content") == [{"type": "input_text", "text": "go"}] for item in body["input"]].index(True)
        self.assertEqual(body["input"][go + 1:-1], [
            {"type": "reasoning", "summary": [], "content": None, "encrypted_content": "gAAA"},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "s"}], "content": None, "encrypted_content": None},
            {"type": "reasoning", "summary": [], "encrypted_content": None},
            {"type": "compaction", "encrypted_content": "gBBB"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hm"}]},
            {"type": "function_call", "name": "update_plan", "arguments": PLAN["item"]["arguments"], "call_id": "plan_1"}])
        self.assertEqual(sorted(body["input"][-1]), ["call_id", "output", "type"])

    def test_an_output_in_parts_is_sent_in_parts_and_without_its_success(self):
        self.exec_json(self.provider(reply("ok")), "go")
        (path,) = self.rollouts()
        parts = [{"type": "input_text", "text": "seen"}, {"type": "input_image", "image_url": "data:image/png;base64,xx"}]
        items = ({"type": "function_call", "name": "view_image", "arguments": "{}", "call_id": "c1"},
                 {"type": "function_call_output", "call_id": "c1", "output": parts, "success": True})
        with path.open("a") as rollout:
            for item in items:
                rollout.write(json.dumps({"timestamp": "2026-01-01T00:00:00.000Z", "type": "response_item",
                                          "payload": item}) + "\n")
        provider = self.provider(reply("ok"))
        self.exec_json(provider, "resume", "--last", "and now?")
        outputs = [item for item in provider.requests[0]["json"]["input"] if item["type"] == "function_call_output"]
        self.assertEqual(outputs, [{"type": "function_call_output", "call_id": "c1", "output": parts}])


class Streams(ProgramTest):
    CLOSED = "stream disconnected before completion: stream closed before response.completed"

    def failure(self, answer, **config):
        code, events, _ = self.exec_json(self.provider(answer), "go", config={"stream_max_retries": 0, **config})
        self.assertEqual(code, 1)
        return events[-1]["error"]["message"]

    def test_an_incomplete_response_alone_is_a_closed_stream(self):
        self.assertEqual(self.failure(stream(created(), {"type": "response.incomplete", "response": {"id": "r"}})), self.CLOSED)

    def test_comments_do_not_keep_a_stream_alive(self):
        self.assertEqual(self.failure({**stream(created()), "forever": b": still here\n\n"}, stream_idle_timeout_ms=200),
                         "stream disconnected before completion: idle timeout waiting for SSE")

    def test_a_completed_turn_does_not_wait_for_the_connection_to_close(self):
        code, events, _ = self.exec_json(self.provider({**reply("ok"), "stall": True}), "go")
        self.assertEqual((code, events[-1]["type"]), (0, "turn.completed"))

    def test_a_completion_wins_over_an_earlier_failure(self):
        code, _, _ = self.exec_json(self.provider(stream(created(), failed("insufficient_quota", "x"), message("ok"),
                                                         completed())), "go")
        self.assertEqual(code, 0)

    def test_each_code_of_a_failure_has_its_error(self):
        for code, text in (("context_length_exceeded", "Codex ran out of room in the model's context window."),
                           ("insufficient_quota", "Quota exceeded."),
                           ("usage_not_included", "Your plan does not include Codex."),
                           ("invalid_prompt", "the words of the provider"),
                           ("server_error", "stream disconnected before completion: the words of the provider")):
            answer = stream(created(), failed(code, "the words of the provider"))
            self.assertTrue(self.failure(answer).startswith(text), code)

    def test_a_response_may_end_as_done_without_more(self):
        code, events, _ = self.exec_json(self.provider(stream(created(), message("ok"), {"type": "response.done"})), "go")
        self.assertEqual((code, events[-2]["item"]["text"]), (0, "ok"))

    def test_a_fixture_takes_the_place_of_network_and_credentials(self):
        fixture = self.work / "fixture.sse"
        fixture.write_text("".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in reply("kept")["events"]))
        provider = self.provider(reply("never"))
        result = self.run_program("exec", "--skip-git-repo-check", *self.configured(provider, env_key="NO_SUCH_KEY"), "go",
                                  CODEX_RS_SSE_FIXTURE=str(fixture))
        self.assertEqual((result.returncode, result.stdout, provider.requests), (0, "kept\n", []))


class RateLimits(ProgramTest):
    def recorded(self, *answers):
        """The figures of the rollout's token counts, in order."""
        code, _, _ = self.exec_json(self.provider(*answers), "go")
        self.assertEqual(code, 0)
        return [line["payload"]["rate_limits"] for line in self.rollout_lines() if line["payload"].get("type") == "token_count"]

    def test_figures_of_headers_replace_windows_and_keep_credits(self):
        first = {"x-codex-primary-used-percent": "12.5", "x-codex-primary-window-minutes": "300",
                 "x-codex-secondary-used-percent": "0", "x-codex-secondary-reset-at": "1700000000",
                 "x-codex-credits-has-credits": "true", "x-codex-credits-unlimited": "false", "x-codex-credits-balance": " "}
        second = {"x-codex-primary-used-percent": "0", "x-codex-primary-window-minutes": "0",
                  "x-codex-secondary-used-percent": "inf"}
        figures = self.recorded({**tool(PLAN), "headers": first}, {**reply("ok"), "headers": second})
        credits = {"has_credits": True, "unlimited": False, "balance": None}
        self.assertEqual(figures[0], {
            "primary": {"used_percent": 12.5, "window_minutes": 300, "resets_at": None},
            "secondary": {"used_percent": 0.0, "window_minutes": None, "resets_at": 1700000000},
            "credits": credits, "plan_type": None})
        self.assertEqual(figures[-1], {"primary": None, "secondary": None, "credits": credits, "plan_type": None})


if __name__ == "__main__":
    unittest.main(verbosity=2)
