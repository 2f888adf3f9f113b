"""`troupe login`, `login status` and `logout` from the outside, and the login that requests carry (contract config.md 9)."""
import base64
import json
import os
import stat
import subprocess
import threading
import unittest
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from provider import LIMIT_S, PROGRAM, ProgramTest, reply, status

KEY = "sk-proj-0123456789ABCDE"


def id_token(account):
    claims = {"https://api.openai.com/auth": {"chatgpt_account_id": account}}
    return "h." + base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=") + ".s"


def chatgpt_login(access="access-1", refresh="refresh-1", account="acc-1", days=1):
    then = datetime.now(timezone.utc) - timedelta(days=days)
    return {"auth_mode": "chatgpt", "OPENAI_API_KEY": None,
            "tokens": {"id_token": id_token(account), "access_token": access, "refresh_token": refresh,
                       "account_id": account},
            "last_refresh": then.strftime("%Y-%m-%dT%H:%M:%S.000000Z")}


class TokenServer:
    """Answers the n-th refresh with the n-th (status, body), later ones with the last."""

    def __init__(self, *answers):
        self.requests = []
        self.lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with server.lock:
                    server.requests.append({"json": body, "headers": dict(self.headers)})
                    status, answer = answers[min(len(server.requests), len(answers)) - 1]
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/oauth/token"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class LoginTest(ProgramTest):
    @property
    def auth_file(self):
        return self.home / "auth.json"

    def store(self, login):
        self.auth_file.write_text(json.dumps(login))

    def stored(self):
        return json.loads(self.auth_file.read_text())

    def token_server(self, *answers):
        result = TokenServer(*answers)
        self.addCleanup(result.close)
        return result

    def run_exec(self, provider, server, **config):
        """`exec --json` with the token server in place: exit code, events, stderr."""
        result = self.run_program("exec", "--json", "--skip-git-repo-check", *self.configured(provider, **config), "go",
                                  CODEX_REFRESH_TOKEN_URL_OVERRIDE=server.url)
        return result.returncode, [json.loads(line) for line in result.stdout.splitlines()], result.stderr

    def assert_result(self, result, code, text):
        self.assertEqual((result.returncode, result.stdout, result.stderr), (code, "", text))


class Commands(LoginTest):
    def test_a_key_is_stored_shown_by_its_ends_and_removed(self):
        self.assert_result(self.run_program("login", "--with-api-key", stdin=KEY + "\n"), 0, "Successfully logged in\n")
        self.assertEqual(self.stored(), {"auth_mode": "apikey", "OPENAI_API_KEY": KEY})
        self.assertEqual(stat.S_IMODE(os.stat(self.auth_file).st_mode), 0o600)
        self.assert_result(self.run_program("login", "status"), 0, "Logged in using an API key - sk-proj-***ABCDE\n")
        self.assert_result(self.run_program("logout"), 0, "Successfully logged out\n")
        self.assertFalse(self.auth_file.exists())

    def test_nobody_is_logged_in(self):
        self.assert_result(self.run_program("login", "status"), 1, "Not logged in\n")
        self.assert_result(self.run_program("logout"), 0, "Not logged in\n")

    def test_the_environment_is_no_login(self):
        result = self.run_program("login", "status", CODEX_API_KEY="sk-env", OPENAI_API_KEY="sk-env")
        self.assert_result(result, 1, "Not logged in\n")

    def test_a_torn_login_is_named_with_the_remedy(self):
        self.auth_file.write_text('{"OPENAI_API_KEY": "sk-hidden')
        result = self.run_program("login", "status")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        for words in (str(self.auth_file), "troupe logout", "troupe login --with-api-key"):
            self.assertIn(words, result.stderr)
        self.assertNotIn("sk-hidden", result.stderr)
        self.assertEqual(self.run_program("logout").returncode, 0)
        self.assert_result(self.run_program("login", "status"), 1, "Not logged in\n")

    def test_a_broken_configuration_keeps_nobody_logged_in(self):
        self.store({"auth_mode": "apikey", "OPENAI_API_KEY": KEY})
        (self.home / "config.toml").write_text("model = \n")
        result = self.run_program("logout")
        self.assertEqual(result.returncode, 0)
        self.assertIn("config.toml:1:", result.stderr)
        self.assertTrue(result.stderr.endswith("\nSuccessfully logged out\n"), result.stderr)
        self.assertFalse(self.auth_file.exists())
        self.assertEqual(self.run_program("logout", "-c", "x").returncode, 1)

    def test_a_chatgpt_login_is_named(self):
        self.store(chatgpt_login())
        self.assert_result(self.run_program("login", "status"), 0, "Logged in using ChatGPT\n")

    def test_an_empty_pipe_stores_nothing(self):
        result = self.run_program("login", "--with-api-key", stdin="\n")
        self.assertEqual(result.returncode, 1)
        self.assertIn("troupe login --with-api-key", result.stderr)
        self.assertFalse(self.auth_file.exists())

    def test_a_terminal_is_refused_with_advice(self):
        controller, terminal = os.openpty()
        self.addCleanup(os.close, controller)
        self.addCleanup(os.close, terminal)
        result = subprocess.run([PROGRAM, "login", "--with-api-key"], stdin=terminal, capture_output=True, text=True,
                                env=self.environment(), timeout=LIMIT_S)
        self.assertEqual(result.returncode, 1)
        self.assertIn("standard input", result.stderr)

    def test_a_browser_login_is_refused_with_what_there_is(self):
        for words in (["login"], ["login", "--device-auth"]):
            result = self.run_program(*words)
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn("--with-api-key", result.stderr)

    def test_a_forced_method_refuses_the_other(self):
        result = self.run_program("login", "--with-api-key", "-c", 'forced_login_method="chatgpt"', stdin=KEY)
        self.assertEqual(result.returncode, 1)
        self.assertFalse(self.auth_file.exists())

    def test_help_teaches(self):
        result = self.run_program("login", "--help")
        self.assertEqual(result.returncode, 0)
        for words in ("--with-api-key", "login status", "CODEX_API_KEY"):
            self.assertIn(words, result.stdout)


class Restrictions(LoginTest):
    def test_a_forced_method_removes_the_other_login_at_start(self):
        self.store({"OPENAI_API_KEY": KEY})
        code, events, error = self.exec_json(self.provider(reply("ok")), "-c", 'forced_login_method="chatgpt"', "go")
        self.assertEqual((code, events), (1, []))
        self.assertIn("required", error)
        self.assertNotIn(KEY, error)
        self.assertFalse(self.auth_file.exists())

    def test_a_forced_workspace_removes_the_login_of_another(self):
        self.store(chatgpt_login(account="acc-2"))
        code, _, error = self.exec_json(self.provider(reply("ok")), "-c", 'forced_chatgpt_workspace_id="acc-1"', "go")
        self.assertEqual(code, 1)
        self.assertIn("acc-1", error)
        self.assertFalse(self.auth_file.exists())

    def test_an_unreadable_login_stops_exec(self):
        self.auth_file.write_text('{"OPENAI_API_KEY": "sk-hidden')
        code, events, error = self.exec_json(self.provider(reply("ok")), "go")
        self.assertEqual((code, events), (1, []))
        self.assertIn("auth.json", error)
        self.assertNotIn("sk-hidden", error)

    def test_an_unreadable_login_stops_nothing_that_needs_none(self):
        self.auth_file.write_text('{"OPENAI_API_KEY": "sk-hidden')
        tasks = self.work / "tasks.jsonl"
        tasks.write_text('{"prompt": "say hello"}\n')
        for words in (["exec", "--offline", "--skip-git-repo-check", "say hello"], ["run", tasks, "--offline"]):
            result = self.run_program(*words)
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_keyring_that_is_not_there_is_only_a_warning(self):
        provider = self.provider(reply("ok"))
        code, _, _ = self.exec_json(provider, "-c", 'cli_auth_credentials_store="keyring"', "go")
        self.assertEqual(code, 0)
        self.assertNotIn("Authorization", provider.requests[0]["headers"])


class Requests(LoginTest):
    def test_the_environment_wins_over_the_file(self):
        self.store({"OPENAI_API_KEY": KEY})
        provider = self.provider(reply("ok"))
        self.exec_json(provider, "go")
        self.assertEqual(provider.requests[0]["headers"]["Authorization"], f"Bearer {KEY}")
        result = self.run_program("exec", "--skip-git-repo-check", *self.configured(provider), "go",
                                  CODEX_API_KEY=" sk-env ")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(provider.requests[1]["headers"]["Authorization"], "Bearer sk-env")

    def headers(self, login, env_key=None, **environment):
        self.store(login)
        provider = self.provider(reply("ok"))
        options = self.configured(provider, **({"env_key": env_key} if env_key else {}))
        result = self.run_program("exec", "--skip-git-repo-check", *options, "go", **environment)
        self.assertEqual(result.returncode, 0)
        return provider.requests[0]["headers"]

    def test_a_key_beside_tokens_is_the_login_where_no_mode_is_stated(self):
        login = {**chatgpt_login(), "OPENAI_API_KEY": KEY}
        del login["auth_mode"]
        headers = self.headers(login)
        self.assertEqual(headers["Authorization"], f"Bearer {KEY}")
        self.assertNotIn("ChatGPT-Account-ID", headers)

    def test_tokens_are_sent_with_their_account(self):
        headers = self.headers(chatgpt_login())
        self.assertEqual((headers["Authorization"], headers["ChatGPT-Account-ID"]), ("Bearer access-1", "acc-1"))

    def test_a_key_of_the_provider_is_sent_instead_and_without_an_account(self):
        headers = self.headers(chatgpt_login(), env_key="THE_KEY", THE_KEY="sk-provider")
        self.assertEqual(headers["Authorization"], "Bearer sk-provider")
        self.assertNotIn("ChatGPT-Account-ID", headers)


def bearers(provider):
    return [request["headers"].get("Authorization") for request in provider.requests]


RENEWED = (200, {"access_token": "access-2", "refresh_token": "refresh-2"})
REUSED = (401, {"error": {"code": "refresh_token_reused"}})
REFUSED = status(401, '{"error":{"message":"no"}}')


class Renewal(LoginTest):
    def test_old_tokens_are_renewed_before_the_request(self):
        self.store(chatgpt_login(days=9))
        provider, server = self.provider(reply("ok")), self.token_server(RENEWED)
        self.assertEqual(self.run_exec(provider, server)[0], 0)
        self.assertEqual(bearers(provider), ["Bearer access-2"])
        self.assertEqual(provider.requests[0]["headers"]["ChatGPT-Account-ID"], "acc-1")
        (request,) = server.requests
        self.assertEqual(request["json"], {"client_id": "app_EMoamEEZ73f0CkXaXp7hrann", "grant_type": "refresh_token",
                                           "refresh_token": "refresh-1", "scope": "openid profile email"})
        self.assertEqual(request["headers"]["originator"], "codex_exec")
        self.assertTrue(request["headers"]["User-Agent"].startswith("codex_exec/"))
        tokens = self.stored()["tokens"]
        self.assertEqual((tokens["access_token"], tokens["refresh_token"], tokens["account_id"], tokens["id_token"]),
                         ("access-2", "refresh-2", "acc-1", id_token("acc-1")))
        self.assertEqual(stat.S_IMODE(os.stat(self.auth_file).st_mode), 0o600)

    def test_a_failed_renewal_does_not_stop_the_request(self):
        self.store(chatgpt_login(days=9))
        before = self.auth_file.read_text()
        provider, server = self.provider(reply("ok")), self.token_server((500, {}))
        self.assertEqual(self.run_exec(provider, server)[0], 0)
        self.assertEqual(bearers(provider), ["Bearer access-1"])
        self.assertEqual(self.auth_file.read_text(), before)

    def test_a_refused_token_is_reloaded_then_refreshed(self):
        self.store(chatgpt_login())
        provider, server = self.provider(REFUSED, REFUSED, reply("ok")), self.token_server(RENEWED)
        self.assertEqual(self.run_exec(provider, server)[0], 0)
        self.assertEqual(bearers(provider), ["Bearer access-1", "Bearer access-1", "Bearer access-2"])
        self.assertEqual(len(server.requests), 1)

    def refused_while(self, change):
        """A 401; when its request has come, somebody else changes the stored login."""
        return {**REFUSED, "before": lambda: self.store(change)}

    def test_tokens_that_somebody_else_has_stored_are_tried_before_a_refresh(self):
        self.store(chatgpt_login())
        change = chatgpt_login(access="access-disk", refresh="refresh-disk")
        provider, server = self.provider(self.refused_while(change), reply("ok")), self.token_server(RENEWED)
        self.assertEqual(self.run_exec(provider, server)[0], 0)
        self.assertEqual((bearers(provider), server.requests), (["Bearer access-1", "Bearer access-disk"], []))

    def test_of_another_account_in_the_file_only_its_record_is_used(self):
        self.store(chatgpt_login())
        change = chatgpt_login(access="access-disk", refresh="refresh-disk", account="acc-2")
        provider, server = self.provider(self.refused_while(change), reply("ok")), self.token_server(RENEWED)
        self.assertEqual(self.run_exec(provider, server)[0], 0)
        self.assertEqual(bearers(provider), ["Bearer access-1", "Bearer access-2"])
        self.assertEqual([request["headers"]["ChatGPT-Account-ID"] for request in provider.requests], ["acc-1", "acc-2"])
        self.assertEqual([request["json"]["refresh_token"] for request in server.requests], ["refresh-1"])
        tokens = self.stored()["tokens"]
        self.assertEqual((tokens["account_id"], tokens["access_token"], tokens["refresh_token"], tokens["id_token"]),
                         ("acc-2", "access-2", "refresh-2", id_token("acc-2")))

    def test_one_call_makes_three_requests_at_most(self):
        self.store(chatgpt_login())
        provider, server = self.provider(REFUSED), self.token_server(RENEWED)
        code, events, _ = self.run_exec(provider, server, stream_max_retries=0)
        self.assertEqual((code, len(provider.requests), len(server.requests)), (1, 3, 1))
        self.assertIn("unexpected status 401 Unauthorized", events[-1]["error"]["message"])

    def test_a_refresh_token_that_is_used_up_ends_the_turn(self):
        self.store(chatgpt_login())
        before = self.auth_file.read_text()
        provider, server = self.provider(REFUSED), self.token_server(REUSED)
        code, events, error = self.run_exec(provider, server, stream_max_retries=5)
        self.assertEqual((code, len(provider.requests), len(server.requests)), (1, 2, 1))
        self.assertIn("already used", events[-1]["error"]["message"])
        self.assertEqual(self.auth_file.read_text(), before)
        for secret in ("access-1", "refresh-1"):
            self.assertNotIn(secret, error + json.dumps(events))

    def test_an_api_key_is_not_renewed(self):
        self.store({"OPENAI_API_KEY": KEY})
        provider, server = self.provider(REFUSED), self.token_server(RENEWED)
        code, _, _ = self.run_exec(provider, server, stream_max_retries=0)
        self.assertEqual((code, len(provider.requests), server.requests), (1, 1, []))

    def test_two_processes_use_a_refresh_token_once(self):
        self.store(chatgpt_login(days=9))
        provider, server = self.provider(reply("ok")), self.token_server(RENEWED, REUSED)
        words = ["exec", "--skip-git-repo-check", *self.configured(provider), "go"]
        running = [self.start_program(*words, CODEX_REFRESH_TOKEN_URL_OVERRIDE=server.url) for _ in range(4)]
        self.assertEqual([process.wait(LIMIT_S) for process in running], [0] * 4)
        self.assertEqual(len(server.requests), 1)
        self.assertEqual(bearers(provider), ["Bearer access-2"] * 4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
