#define CAF_SUITE cache_file
#include <caf/test/bdd_dsl.hpp>

#include "actors/models_manager/cache_file.hpp"
#include "config/catalogue.hpp"

#include <set>
#include <string>

using namespace troupe;
using namespace troupe::models_manager;
using namespace std::chrono_literals;

namespace {

const cache_time noon{std::chrono::sys_days{std::chrono::year{2026} / 2 / 7} + 12h + 120ms};

cached_models sample() {
  return {.fetched_at = noon,
          .etag = "\"abc\"",
          .client_version = "1.2.3",
          .models = {config::fallback_model("gpt-5.2"), config::fallback_model("zzz")}};
}

cached_models read(std::string_view text) {
  auto result = parse_cache(text);
  REQUIRE(std::holds_alternative<read_cache>(result));
  return std::get<read_cache>(std::move(result)).content;
}

std::string problem(std::string_view text) {
  const auto result = parse_cache(text);
  const auto* error = std::get_if<config::catalogue_error>(&result);
  return error ? error->message : "none";
}

std::string renewed(std::string_view text, std::string_view etag, cache_time at) {
  auto result = renewed_cache(text, etag, at);
  REQUIRE(std::holds_alternative<std::string>(result));
  return std::get<std::string>(std::move(result));
}

} // namespace

SCENARIO("a cache survives writing and reading") {
  CHECK(read(print_cache(sample())) == sample());
  const cached_models bare{.fetched_at = noon};
  CHECK(read(print_cache(bare)) == bare);
}

SCENARIO("the file has the reference's form") {
  auto x = sample();
  x.models.clear();
  CHECK_EQ(print_cache(x), "{\n"
                           "  \"fetched_at\": \"2026-02-07T12:00:00.120Z\",\n"
                           "  \"etag\": \"\\\"abc\\\"\",\n"
                           "  \"client_version\": \"1.2.3\",\n"
                           "  \"models\": []\n"
                           "}");
  x.models = {config::fallback_model("a\\\"{")};
  const auto text = print_cache(x);
  CHECK(text.find("  \"models\": [\n    {\n      \"slug\": \"a\\\\\\\"{\",\n") !=
        std::string::npos);
  CHECK(text.ends_with("\n      ]\n    }\n  ]\n}"));
}

SCENARIO("without an ETag the member is left out") {
  auto x = sample();
  x.etag.reset();
  CHECK_EQ(print_cache(x).find("etag"), std::string::npos);
  CHECK(!read(print_cache(x)).etag);
}

SCENARIO("a file that the reference wrote is read, with nanoseconds and other members") {
  const auto x = read(R"({
  "fetched_at": "2026-02-07T12:00:00.120456789Z",
  "etag": "W/\"x\"",
  "client_version": "0.99.0",
  "models": [
    {
      "slug": "gpt-9", "display_name": "gpt-9", "description": null,
      "supported_reasoning_levels": [{"effort": "low", "description": "d"}],
      "shell_type": "shell_command", "visibility": "list", "supported_in_api": true,
      "priority": 0, "upgrade": null, "base_instructions": "b",
      "supports_reasoning_summaries": true, "support_verbosity": false,
      "default_verbosity": null, "apply_patch_tool_type": null,
      "truncation_policy": {"mode": "tokens", "limit": 10000},
      "supports_parallel_tool_calls": true, "context_window": 272000,
      "experimental_supported_tools": [], "input_modalities": ["text"]
    }
  ],
  "added_later": true
})");
  CHECK(x.fetched_at == noon);
  CHECK(x.etag == "W/\"x\"");
  CHECK(x.client_version == "0.99.0");
  REQUIRE_EQ(x.models.size(), 1U);
  CHECK_EQ(x.models.front().slug, "gpt-9");
}

SCENARIO("torn and foreign files are refused") {
  const auto whole = print_cache(sample());
  for (std::size_t length = 0; length < whole.size(); length += 7)
    CHECK_NE(problem(whole.substr(0, length)), "none");
  for (const auto* text : {"", "null", "[]", "{}", R"({"fetched_at":"yesterday","models":[]})",
                           R"({"fetched_at":"2026-02-07T12:00:00Z"})", R"({"models":[]})",
                           R"({"fetched_at":"2026-02-07T12:00:00Z","models":3})",
                           R"({"fetched_at":"2026-02-07T12:00:00Z","etag":3,"models":[]})",
                           R"({"fetched_at":"2026-02-07T12:00:00Z","models":[{"slug":"x"}]})"})
    CHECK_NE(problem(text), "none");
}

SCENARIO("a list is fresh for 300 seconds, the last one included, and in the future") {
  CHECK(is_fresh(noon, noon, cache_lifetime));
  CHECK(is_fresh(noon, noon + 300s, cache_lifetime));
  CHECK(!is_fresh(noon, noon + 300s + 1ms, cache_lifetime));
  CHECK(!is_fresh(noon, noon + 301s, cache_lifetime));
  CHECK(is_fresh(noon + 1h, noon, cache_lifetime));
  CHECK(!is_fresh(noon, noon, 0s));
}

SCENARIO("a renewal changes the time and nothing else") {
  const auto before = print_cache(sample());
  auto expected = sample();
  expected.fetched_at += 1h;
  CHECK_EQ(renewed(before, "\"abc\"", noon + 1h), print_cache(expected));
  const std::string odd = "{\n  \"fetched_at\": \"2026-02-07T12:00:00.120Z\",\n"
                          "  \"etag\": \"e\",\n  \"new\": [\n    1.5,\n    {}\n  ],\n"
                          "  \"models\": [\n    {\n      \"slug\": 7\n    }\n  ]\n}";
  auto later = odd;
  later.replace(later.find("12:00"), 5, "12:05");
  CHECK_EQ(renewed(odd, "e", noon + 5min), later);
}

SCENARIO("a list of another ETag is not renewed") {
  CHECK(renewed(print_cache(sample()), "\"abd\"", noon).empty());
  CHECK(renewed(R"({"models":[]})", "", noon).empty());
  CHECK(std::holds_alternative<config::catalogue_error>(renewed_cache("{", "e", noon)));
  CHECK(std::holds_alternative<config::catalogue_error>(renewed_cache("[]", "e", noon)));
}

SCENARIO("a provider's key is a plain name of its own") {
  CHECK_EQ(cache_key("my-vllm_2"), "my-vllm_2");
  CHECK_EQ(cache_key(".."), "%2e%2e");
  CHECK_EQ(cache_key("a/b"), "a%2fb");
  CHECK_EQ(cache_key("a%2fb"), "a%252fb");
  CHECK_EQ(cache_key(""), "%");
  const std::string long_id(300, 'x');
  std::set<std::string> keys{cache_key(""), cache_key("%"), cache_key(long_id),
                             cache_key(long_id + "y"), cache_key(std::string(300, '/'))};
  CHECK_EQ(keys.size(), 5U);
  for (const auto& key : keys) {
    CHECK_LT(key.size(), 200U);
    CHECK_EQ(key.find('/'), std::string::npos);
  }
}

SCENARIO("providers are told the whole version") {
  CHECK_EQ(whole_version("1.2.3-alpha.4"), "1.2.3");
  CHECK_EQ(whole_version("1.2.3+b"), "1.2.3");
  CHECK_EQ(whole_version("1.2.3"), "1.2.3");
}
