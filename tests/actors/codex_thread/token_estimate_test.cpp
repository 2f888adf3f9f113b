#define CAF_SUITE token_estimate
#include <caf/test/bdd_dsl.hpp>

#include "actors/codex_thread/token_estimate.hpp"
#include "scripted_turn.hpp"

using namespace troupe;
using namespace troupe::codex_thread;
using namespace troupe::codex_thread::testing;

namespace {

response_item reasoning_of(std::size_t encrypted) {
  return item_of(R"({"type":"reasoning","summary":[],"encrypted_content":")" +
                 std::string(encrypted, 'A') + "\"}");
}

std::int64_t json_tokens(const response_item& x) {
  return static_cast<std::int64_t>((x.json.size() + 3) / 4);
}

constexpr auto not_counted = reasoning_usage::not_counted;

} // namespace

SCENARIO("a text takes a quarter of its bytes, rounded up") {
  CHECK_EQ(estimated_tokens(std::string_view{}), 0);
  CHECK_EQ(estimated_tokens(std::string_view{"a"}), 1);
  CHECK_EQ(estimated_tokens(std::string_view{"abcd"}), 1);
  CHECK_EQ(estimated_tokens(std::string_view{"abcde"}), 2);
  CHECK_EQ(estimated_tokens(std::string_view{"\xC3\xA4\xC3\xA4\xC3\xA4"}), 2);
}

SCENARIO("an item takes what its JSON takes") {
  const auto message = make_message("user", "hello");
  CHECK_EQ(estimated_tokens(message), json_tokens(message));
  const auto plain = item_of(R"({"type":"reasoning","summary":[],"encrypted_content":null})");
  CHECK_EQ(estimated_tokens(plain), json_tokens(plain));
}

SCENARIO("encrypted content counts as three quarters of it less 650 bytes") {
  CHECK_EQ(estimated_tokens(reasoning_of(4'000)), (3'000 - 650 + 3) / 4);
  CHECK_EQ(estimated_tokens(reasoning_of(868)), 1); // 651 bytes
  CHECK_EQ(estimated_tokens(reasoning_of(867)), 0); // 650.25, rounded down
  CHECK_EQ(estimated_tokens(reasoning_of(10)), 0);
  const auto compacted =
    item_of(R"({"type":"compaction","encrypted_content":")" + std::string(4'000, 'A') + "\"}");
  CHECK_EQ(estimated_tokens(compacted), (3'000 - 650 + 3) / 4);
}

SCENARIO("a ghost snapshot takes nothing") {
  CHECK_EQ(estimated_tokens(item_of(R"({"type":"ghost_snapshot","ghost_commit":{"id":"x"}})")), 0);
}

SCENARIO("a conversation takes its instructions and the sum of its items") {
  const std::vector<response_item> items{make_message("user", "hello"), reasoning_of(4'000)};
  CHECK_EQ(estimated_tokens("12345", items), 2 + json_tokens(items[0]) + 588);
  CHECK_EQ(estimated_tokens("", {}), 0);
}

SCENARIO("what came after the last response is added to what it reported") {
  const auto output = make_function_output("c1", "some output");
  const auto note = make_message("developer", "note");
  std::vector<response_item> items{make_message("user", "hi"), function_call("exec_command", "c1"),
                                   output, note};
  CHECK_EQ(current_usage(100, items, not_counted), 100 + json_tokens(output) + json_tokens(note));
  // Only what stands at the end.
  items.push_back(assistant("done"));
  CHECK_EQ(current_usage(100, items, not_counted), 100);
  CHECK_EQ(current_usage(100, {}, not_counted), 100);
}

SCENARIO("reasoning before the last user message is added unless the provider counts it") {
  std::vector<response_item> items{reasoning_of(4'000), make_message("user", "hi"),
                                   reasoning_of(8'000)};
  CHECK_EQ(current_usage(100, items, not_counted), 100 + 588);
  CHECK_EQ(current_usage(100, items, reasoning_usage::counted), 100);
  // Reasoning without encrypted content is dropped by the provider.
  items[0] = item_of(R"({"type":"reasoning","summary":[],"encrypted_content":null})");
  CHECK_EQ(current_usage(100, items, not_counted), 100);
}
