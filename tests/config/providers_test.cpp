#define CAF_SUITE providers

#include "config/providers.hpp"

#include "tests/config/loading.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe::config;
using namespace troupe::config::test;

namespace {

provider at(std::string url) {
  provider x;
  x.name = "x";
  x.base_url = std::move(url);
  return x;
}

std::string base_url_of(std::string_view id, variable_map variables) {
  return builtin_providers(environment_of(std::move(variables)), {})
    .find(id)
    ->second.base_url.value_or("none");
}

struct fixture : config_fixture {
  std::string provider_error(std::string_view entry) const {
    user_file("[model_providers.p]\n" + std::string{entry});
    const auto prefix = "Error loading config.toml:\n" + (home / "config.toml").string() + ":";
    const auto full = error();
    if (!full.starts_with(prefix))
      return full;
    return full.substr(prefix.size(), full.find('\n', prefix.size()) - prefix.size());
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("the built-in provider sends its version, organisation and project") {
  const auto env = environment_of({{"OPENAI_ORGANIZATION", "org"}, {"OPENAI_PROJECT", " "}});
  const auto openai =
    std::get<provider>(select_provider(builtin_providers(env, {"9.8.7", {}}), "openai"));
  CHECK(openai.requires_openai_auth);
  CHECK(openai.supports_websockets);
  const std::vector<header> expected{{"version", "9.8.7"}, {"OpenAI-Organization", "org"}};
  CHECK(provider_headers(openai, env) == expected);
}

SCENARIO("OPENAI_BASE_URL counts unless it is blank, and the configuration wins over it") {
  CHECK_EQ(base_url_of("openai", {}), "none");
  CHECK_EQ(base_url_of("openai", {{"OPENAI_BASE_URL", "  "}}), "none");
  CHECK_EQ(base_url_of("openai", {{"OPENAI_BASE_URL", "http://e"}}), "http://e");
  request.env = environment_of({{"OPENAI_BASE_URL", "http://e"}});
  user_file("openai_base_url = 'http://c'\n");
  CHECK_EQ(loaded().model_provider.base_url.value_or(""), "http://c");
}

SCENARIO("local providers have their ports, which the environment can move") {
  CHECK_EQ(base_url_of("ollama", {}), "http://localhost:11434/v1");
  CHECK_EQ(base_url_of("lmstudio", {}), "http://localhost:1234/v1");
  CHECK_EQ(base_url_of("ollama", {{"CODEX_OSS_PORT", "8"}}), "http://localhost:8/v1");
  CHECK_EQ(base_url_of("ollama", {{"CODEX_OSS_PORT", "99999"}}), "http://localhost:11434/v1");
  CHECK_EQ(base_url_of("ollama", {{"CODEX_OSS_PORT", "x"}}), "http://localhost:11434/v1");
  CHECK_EQ(base_url_of("lmstudio", {{"CODEX_OSS_BASE_URL", "http://o"}, {"CODEX_OSS_PORT", "8"}}),
           "http://o");
  CHECK_EQ(base_url_of("lmstudio", {{"CODEX_OSS_BASE_URL", " "}}), "http://localhost:1234/v1");
}

SCENARIO("a configured provider is read with its defaults") {
  user_file("model_provider = 'p'\n[model_providers.p]\nname = 'P'\nunknown = 1\n");
  const auto p = loaded().model_provider;
  CHECK_EQ(p.name, "P");
  CHECK_EQ(p.request_max_retries, 4U);
  CHECK_EQ(p.stream_max_retries, 5U);
  CHECK(p.stream_idle_timeout == std::chrono::minutes{5});
  CHECK(!p.requires_openai_auth);
  CHECK(!p.supports_websockets);
}

SCENARIO("all keys of a provider are read") {
  user_file(R"(
[model_providers.p]
name = "P"
base_url = "http://b"
env_key = "K"
env_key_instructions = "get one"
experimental_bearer_token = "tok"
wire_api = "responses"
query_params = { a = "1" }
http_headers = { "X-A" = "1" }
env_http_headers = { "X-B" = "B" }
request_max_retries = 7
stream_max_retries = 0
stream_idle_timeout_ms = 1500
stream_progress_timeout_ms = 2500
response_timeout_ms = 3500
requires_openai_auth = true
supports_websockets = true
)");
  const auto p = loaded().model_providers.at("p");
  CHECK_EQ(p.base_url.value_or(""), "http://b");
  CHECK_EQ(p.env_key.value_or(""), "K");
  CHECK_EQ(p.env_key_instructions.value_or(""), "get one");
  CHECK_EQ(p.experimental_bearer_token.value().reveal(), "tok");
  CHECK_EQ(p.query_params.at("a"), "1");
  CHECK_EQ(p.http_headers.at("X-A"), "1");
  CHECK_EQ(p.env_http_headers.at("X-B"), "B");
  CHECK_EQ(p.request_max_retries, 7U);
  CHECK_EQ(p.stream_max_retries, 0U);
  CHECK(p.stream_idle_timeout == std::chrono::milliseconds{1500});
  CHECK(progress_timeout(p) == std::chrono::milliseconds{2500});
  CHECK(p.response_timeout == std::chrono::milliseconds{3500});
  CHECK(p.requires_openai_auth);
  CHECK(p.supports_websockets);
}

SCENARIO("a response may do without progress for five times the idle limit, and take four hours") {
  user_file("[model_providers.p]\nname = 'P'\nstream_idle_timeout_ms = 3000\n"
            "[model_providers.q]\nname = 'Q'\nstream_idle_timeout_ms = 99999999999999999\n"
            "[model_providers.openai]\nresponse_timeout_ms = 60000\n");
  const auto providers = loaded().model_providers;
  CHECK(progress_timeout(providers.at("p")) == std::chrono::seconds{15});
  CHECK(providers.at("p").response_timeout == std::chrono::hours{4});
  CHECK(progress_timeout(providers.at("q")).count() > 0);
  CHECK(providers.at("openai").response_timeout == std::chrono::minutes{1});
}

SCENARIO("more retries than a hundred are a hundred") {
  user_file(
    "[model_providers.p]\nname = 'P'\nrequest_max_retries = 1000\nstream_max_retries = 1000\n"
    "[model_providers.q]\nname = 'Q'\nrequest_max_retries = 100\nstream_max_retries = 99\n");
  const auto providers = loaded().model_providers;
  CHECK_EQ(providers.at("p").request_max_retries, 100U);
  CHECK_EQ(providers.at("p").stream_max_retries, 100U);
  CHECK_EQ(providers.at("q").request_max_retries, 100U);
  CHECK_EQ(providers.at("q").stream_max_retries, 99U);
}

SCENARIO("an entry with a built-in id is ignored") {
  user_file("[model_providers.openai]\nname = 'Mine'\nbase_url = 'http://mine'\n"
            "[model_providers.ollama]\nwire_api = 'chat'\n");
  CHECK_EQ(loaded().model_provider.name, "OpenAI");
  CHECK(!loaded().model_provider.base_url);
}

SCENARIO("limits of a provider, of a built-in one too, and of all together are read") {
  user_file(R"(
[model_limits]
requests_per_minute = 600
tokens_per_minute = 2_000_000
max_streams = 500
max_connections = 100
[model_providers.openai]
requests_per_minute = 60
[model_providers.p]
name = "P"
max_streams = 8
max_connections = 4
)");
  const auto x = loaded();
  const request_limits all{600, 2'000'000, 500, 100};
  CHECK(x.model_limits == all);
  CHECK(x.model_provider.limits.requests_per_minute == 60U);
  CHECK(!x.model_provider.limits.max_streams);
  CHECK(x.model_providers.at("p").limits.max_streams == 8U);
  CHECK(x.model_providers.at("p").limits.max_connections == 4U);
  CHECK(x.model_providers.at("ollama").limits == request_limits{});
}

SCENARIO("a limit of nothing, a negative one and one that does not exist are errors") {
  CHECK_EQ(provider_error("name = 'P'\nmax_streams = 0"),
           "3:15: `max_streams` must be at least 1; without the key there is no limit");
  CHECK_EQ(provider_error("name = 'P'\ntokens_per_minute = -1"),
           "3:21: `model_providers.p.tokens_per_minute` must not be negative");
  CHECK_EQ(provider_error("name = 'P'\n[model_limits]\nrequest_per_minute = 3"),
           "4:22: `request_per_minute` is no limit; there are `requests_per_minute`, "
           "`tokens_per_minute`, `max_streams`, `max_connections`");
}

SCENARIO("certificates are verified unless the user's own key says otherwise, with a warning") {
  constexpr auto entry = "model_provider = 'p'\n[model_providers.p]\nname = 'P'\n";
  user_file(entry);
  CHECK(loaded().model_provider.tls_verification == tls_verification::on);
  CHECK(loaded().warnings.empty());
  user_file(std::string{entry} + "tls_verification = 'off'\n");
  CHECK(loaded().model_provider.tls_verification == tls_verification::off);
  REQUIRE_EQ(loaded().warnings.size(), 1u);
  CHECK(loaded().warnings[0].find("`p` is not verified") != std::string::npos);
  request.overrides = {"model_providers.p.tls_verification=on"};
  CHECK(loaded().warnings.empty());
  request.overrides.clear();
  CHECK_EQ(provider_error("name = 'P'\ntls_verification = 'no'").find("3:20: unknown value"), 0u);
}

SCENARIO("a built-in provider is always verified") {
  user_file("[model_providers.openai]\ntls_verification = 'off'\n");
  CHECK(error().find("choose an id that is not built in") != std::string::npos);
}

SCENARIO("mistakes in a provider are errors with their place") {
  CHECK_EQ(provider_error("base_url = 'x'"), "1:1: a model provider needs a `name`");
  CHECK_EQ(provider_error("name = 'P'\nwire_api = 'chat'"),
           "3:12: `wire_api = \"chat\"` is not supported any more; set `wire_api = \"responses\"` "
           "for this provider. Background: https://github.com/openai/codex/discussions/7782");
  CHECK_EQ(provider_error("name = 'P'\nwire_api = 'soap'"),
           "3:12: unknown variant `soap` of `wire_api`, expected `responses`");
  CHECK_EQ(provider_error("name = 'P'\nrequest_max_retries = -1"),
           "3:23: `model_providers.p.request_max_retries` must not be negative");
}

SCENARIO("a provider that nobody defined is an error, the retired one with advice") {
  user_file("model_provider = 'x'\n");
  CHECK_EQ(error(), "Error: Model provider `x` not found");
  user_file("model_provider = 'ollama-chat'\n");
  CHECK(error().find("set `model_provider = \"ollama\"`") != std::string::npos);
  CHECK(error().find("https://github.com/openai/codex/discussions/7782") != std::string::npos);
}

SCENARIO("the root of the API depends on the login only where the provider names none") {
  const provider none;
  CHECK_EQ(api_root(none, login_kind::chatgpt), "https://chatgpt.com/backend-api/codex");
  CHECK_EQ(api_root(none, login_kind::api_key), "https://api.openai.com/v1");
  CHECK_EQ(api_root(none, login_kind::none), "https://api.openai.com/v1");
  CHECK_EQ(api_root(at("http://h/v1"), login_kind::chatgpt), "http://h/v1");
}

SCENARIO("addresses join without double slashes and carry the query parameters escaped") {
  CHECK_EQ(endpoint(at("https://h/v1///"), login_kind::none, "/responses"),
           "https://h/v1/responses");
  auto x = at("https://h");
  x.query_params = {{"api-version", "2026 X"}, {"b", "2"}};
  CHECK_EQ(endpoint(x, login_kind::none, "responses"),
           "https://h/responses?api-version=2026%20X&b=2");
}

SCENARIO("headers from the environment replace static ones, and illegal ones are skipped") {
  provider x;
  x.http_headers = {{"X-A", "static"}, {"bad name", "v"}, {"X-Bad", "a\nb"}, {"X-U", "\xc3\xa4\t"}};
  x.env_http_headers = {{"x-a", "A"}, {"X-Blank", "BLANK"}, {"X-Unset", "UNSET"}, {"X-S", "S"}};
  const auto env = environment_of({{"A", "dynamic"}, {"BLANK", " \t"}, {"S", " kept "}});
  const std::vector<header> expected{{"x-a", "dynamic"}, {"X-U", "\xc3\xa4\t"}, {"X-S", " kept "}};
  CHECK(provider_headers(x, env) == expected);
}

SCENARIO("header names are tokens, header values have no control characters but tab") {
  CHECK(is_legal_header_name("x-Api_Key.1"));
  CHECK(!is_legal_header_name(""));
  CHECK(!is_legal_header_name("a:b"));
  CHECK(!is_legal_header_name("\xc3\xa4"));
  CHECK(is_legal_header_value("a\tb \xff"));
  CHECK(!is_legal_header_value(std::string_view{"a\0b", 3}));
  CHECK(!is_legal_header_value("\x7f"));
  CHECK(!is_legal_header_value("a\r"));
}

SCENARIO("OpenAI is recognised by its exact name") {
  provider x;
  x.name = "OpenAI";
  CHECK(is_openai(x));
  x.name = "openai";
  CHECK(!is_openai(x));
}

SCENARIO("Azure is recognised by name or address") {
  auto named = at("http://localhost");
  named.name = "AZURE";
  CHECK(is_azure(named));
  for (const auto* url :
       {"https://foo.openai.azure.com/openai", "https://foo.cognitiveservices.azure.cn/openai",
        "https://foo.openai.azure-api.net/openai", "https://foo.z01.azurefd.net/",
        "https://FOO.AOAI.AZURE.com", "https://x.windows.net/openai"})
    CHECK(is_azure(at(url)));
  for (const auto* url : {"https://api.openai.com/v1", "https://example.com/openai",
                          "https://myproxy.azurewebsites.net/openai"})
    CHECK(!is_azure(at(url)));
}

END_FIXTURE_SCOPE()
