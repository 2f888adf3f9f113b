"""Metrics and spans from the outside: a page that can be read, a collector that gets what it should and nothing else."""
import json
import re
import socket
import time
import unittest
import urllib.request

from provider import LIMIT_S, STALL, ProgramTest, call, needs_sandbox, reply, shell, status, tool


class Metrics(ProgramTest):
    def scrape(self, url):
        with urllib.request.urlopen(url, timeout=LIMIT_S) as answer:
            self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
            return answer.read().decode()

    def scrape_until(self, url, line):
        """The page with `line` in it: what a client reads is counted a moment later."""
        end = time.monotonic() + LIMIT_S
        while True:
            page = self.scrape(url)
            if re.search(line, page, re.MULTILINE):
                return page
            if time.monotonic() > end:
                self.fail(f"no {line} in:\n{page}")
            time.sleep(0.01)

    def test_a_turn_under_way_is_on_the_page(self):
        provider = self.provider(STALL)
        process = self.start_program("exec", "--json", "--skip-git-repo-check", *self.configured(provider),
                                     "--metrics-port", "0", "go")
        line = ""
        while not line.startswith("metrics: "):
            line = process.stderr.readline()
            self.assertTrue(line, "the program ended without telling its port")
        url = line.split()[1]
        self.assertRegex(url, r"^http://127\.0\.0\.1:[0-9]+/metrics$")
        page = self.scrape_until(url, r'^codex_sse_event_total\{kind="response.created",success="true"\} 1 ')
        for expected in (r'codex_api_request_total\{status="200",success="true"\} 1 ',
                         r'codex_api_request_duration_ms_bucket\{.*le="\+Inf"\} 1(\.0*)? ', r"troupe_open_streams 1 ",
                         r"troupe_waiting_requests 0 ", r"troupe_live_threads 1 ", r"troupe_open_sockets [1-9]"):
            self.assertRegex(page, re.compile("^" + expected, re.MULTILINE))

    def test_a_port_that_is_taken_stops_the_start(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            provider = self.provider(reply("ok"))
            for command in (("exec", "--skip-git-repo-check", *self.configured(provider), "go"), ("node",)):
                result = self.run_program(*command, "--metrics-port", port)
                self.assertEqual(result.returncode, 1)
                self.assertIn(f"cannot serve metrics on 127.0.0.1:{port}", result.stderr)
            self.assertEqual(provider.requests, [])


class Spans(ProgramTest):
    def run_with(self, provider, **environment):
        return self.run_program("exec", "--json", "--skip-git-repo-check", *self.configured(provider), "secret prompt",
                                **environment)

    @staticmethod
    def exported(collector, resources, scopes, entries):
        return [entry for request in collector.requests for resource in request["json"].get(resources, ())
                for scope in resource[scopes] for entry in scope[entries]]

    def spans(self, collector):
        return self.exported(collector, "resourceSpans", "scopeSpans", "spans")

    def logs(self, collector):
        return self.exported(collector, "resourceLogs", "scopeLogs", "logRecords")

    @staticmethod
    def attributes(entry):
        return {x["key"]: next(iter(x["value"].values())) for x in entry["attributes"]}

    @needs_sandbox
    def test_a_turn_arrives_with_its_requests_and_tools_and_without_texts(self):
        collector = self.provider(status(200, "{}"))
        plan = call("update_plan", {"plan": [{"step": "secret step", "status": "pending"}]}, "call_2")
        provider = self.provider(tool(shell("echo secret-output"), plan), reply("secret answer"))
        result = self.run_with(provider, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url.removesuffix("/v1"),
                               OTEL_SERVICE_NAME="fleet")
        self.assertEqual(result.returncode, 0)
        self.assertEqual({request["path"] for request in collector.requests}, {"/v1/traces", "/v1/logs"})
        spans = self.spans(collector)
        self.assertEqual(sorted(span["name"] for span in spans),
                         ["command", "model_request", "model_request", "tool", "tool", "turn"])
        named = {name: [span for span in spans if span["name"] == name] for name in ("turn", "tool", "command")}
        (turn,) = named["turn"]
        (command,) = named["command"]
        self.assertEqual(turn["status"], {"code": 1})
        tools = {self.attributes(span)["tool.name"]: span for span in named["tool"]}
        self.assertEqual(set(tools), {"exec_command", "update_plan"})
        for span in spans:
            self.assertEqual(span["traceId"], turn["traceId"])
            if span is command:
                self.assertEqual(span["parentSpanId"], tools["exec_command"]["spanId"])
            elif span is not turn:
                self.assertEqual(span["parentSpanId"], turn["spanId"])
        self.assertEqual(self.attributes(turn)["gen_ai.usage.input_tokens"], "200")
        text = json.dumps([request["json"] for request in collector.requests])
        self.assertIn("fleet", text)
        self.assertNotIn("secret", text)

    def test_a_provider_is_told_the_span_of_each_request(self):
        collector = self.provider(status(200, "{}"))
        provider = self.provider(tool(shell("true")), reply("ok"))
        self.assertEqual(self.run_with(provider, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url.removesuffix("/v1")).returncode, 0)
        sent = [{name.lower(): value for name, value in request["headers"].items()}["traceparent"]
                for request in provider.requests]
        exported = [f"00-{span['traceId']}-{span['spanId']}-01" for span in self.spans(collector)
                    if span["name"] == "model_request"]
        self.assertEqual(len(set(sent)), 2)
        self.assertEqual(sorted(sent), sorted(exported))

    def test_log_events_tell_of_requests_and_events_and_of_no_text(self):
        collector = self.provider(status(200, "{}"))
        provider = self.provider(status(500, "secret error"), reply("secret answer"))
        endpoint = collector.url.removesuffix("/v1")
        result = self.run_with(provider, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_TRACES_EXPORTER="none")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(self.spans(collector), [])
        logs = self.logs(collector)
        self.assertEqual([log["eventName"] for log in logs],
                         ["codex.api_request"] * 2 + ["codex.sse_event"] * 4)
        self.assertEqual([self.attributes(log).get("http.response.status_code") for log in logs[:2]], ["500", "200"])
        used = [log for log in logs if "input_token_count" in self.attributes(log)]
        self.assertEqual(len(used), 1)
        for log in logs:
            attributes = self.attributes(log)
            self.assertEqual(attributes["originator"], "codex_exec")
            self.assertRegex(attributes["event.timestamp"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertEqual(attributes["model"], attributes["slug"])
        self.assertNotIn("secret", json.dumps(logs))
        self.assertNotIn("traceparent", {name.lower() for name in provider.requests[0]["headers"]})

    def test_a_trusted_project_does_not_say_where_telemetry_goes(self):
        elsewhere = self.provider(status(200, "{}"))
        (self.work / ".git").mkdir()
        (self.work / ".codex").mkdir()
        (self.work / ".codex/config.toml").write_text(
            f'[otel]\nlog_user_prompt = true\nexporter = {{ otlp-http = {{ endpoint = "{elsewhere.url}" }} }}\n')
        (self.home / "config.toml").write_text(f'[projects."{self.work}"]\ntrust_level = "trusted"\n')
        self.assertEqual(self.run_with(self.provider(reply("ok"))).returncode, 0)
        self.assertEqual(elsewhere.requests, [])

    def test_a_collector_that_hangs_delays_neither_a_turn_nor_the_end(self):
        collector = self.provider(STALL)
        result = self.run_with(self.provider(reply("ok")), OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(json.loads(result.stdout.splitlines()[-1])["type"], "turn.completed")
        collector.wait_for(1)

    def test_config_toml_names_the_collector_its_headers_and_asks_for_prompts(self):
        collector = self.provider(status(200, "{}"))
        (self.home / "config.toml").write_text(
            "[otel]\nlog_user_prompt = true\n"
            f'trace_exporter = {{ otlp-http = {{ endpoint = "{collector.url}/traces", headers = {{ "x-key" = "k" }} }} }}\n')
        self.assertEqual(self.run_with(self.provider(reply("ok"))).returncode, 0)
        self.assertEqual(collector.requests[0]["headers"]["x-key"], "k")
        self.assertEqual({request["path"] for request in collector.requests}, {"/v1/traces"})
        (turn,) = [span for span in self.spans(collector) if span["name"] == "turn"]
        self.assertIn({"key": "prompt", "value": {"stringValue": "secret prompt"}}, turn["attributes"])

    def test_a_collector_that_is_not_there_changes_nothing(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
            result = self.run_with(self.provider(reply("ok")), OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(json.loads(result.stdout.splitlines()[-1])["type"], "turn.completed")


if __name__ == "__main__":
    unittest.main()
