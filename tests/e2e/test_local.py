"""`--oss`: model servers on this machine, and the question whether they will do (contract responses-client.md 1.2)."""
import socket
import unittest

from provider import ProgramTest, reply, status


class LocalServers(ProgramTest):
    def run_at(self, url, *arguments):
        return self.run_program("exec", "--skip-git-repo-check", "--oss", *arguments, "go", CODEX_OSS_BASE_URL=url)

    def server(self, **pages):
        provider = self.provider(reply("ok"))
        provider.pages = {f"/{path.replace('__', '/')}": answer for path, answer in pages.items()}
        return provider

    def test_ollama_that_is_new_enough_is_used_with_its_model(self):
        server = self.server(v1__models=status(200, "{}"), api__version=status(200, '{"version":"v0.13.4"}'))
        result = self.run_at(server.url, "-c", 'model="another"')
        self.assertEqual((result.returncode, result.stdout), (0, "ok\n"), result.stderr)
        (request,) = server.requests
        self.assertEqual((request["path"], request["json"]["model"]), ("/v1/responses", "gpt-oss:20b"))

    def test_the_servers_own_api_is_asked_when_the_address_has_no_version(self):
        server = self.server(api__tags=status(200, "{}"))
        result = self.run_at(server.url.removesuffix("/v1"), "--local-provider", "ollama")
        self.assertEqual((result.returncode, server.requests[0]["path"]), (0, "/responses"), result.stderr)

    def test_an_old_ollama_is_refused_before_any_turn(self):
        server = self.server(v1__models=status(200, "{}"), api__version=status(200, '{"version":"0.13.4-rc1"}'))
        result = self.run_at(server.url)
        self.assertEqual((result.returncode, result.stdout, server.requests), (1, "", []))
        self.assertIn("update ollama to 0.13.4", result.stderr)

    def test_a_server_that_is_not_there_is_named_with_the_remedy(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
            for name, remedy in (("ollama", "ollama serve"), ("lmstudio", "LM Studio")):
                result = self.run_at(url, "--local-provider", name)
                self.assertEqual(result.returncode, 1)
                self.assertIn(f"cannot use the {name} server at {url}/models", result.stderr)
                self.assertIn(remedy, result.stderr)

    def test_lm_studio_is_not_asked_for_a_version(self):
        server = self.server(v1__models=status(200, '{"data":[]}'))
        result = self.run_at(server.url, "--local-provider", "lmstudio")
        self.assertEqual((result.returncode, server.requests[0]["json"]["model"]), (0, "openai/gpt-oss-20b"), result.stderr)

    def test_a_local_provider_that_is_merely_configured_is_not_asked(self):
        server = self.server()
        result = self.run_program("exec", "--skip-git-repo-check", "-c", 'model_provider="ollama"', "go",
                                  CODEX_OSS_BASE_URL=server.url)
        self.assertEqual(result.returncode, 0, result.stderr)


if __name__ == "__main__":
    unittest.main()
