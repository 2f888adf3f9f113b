#define CAF_SUITE history
#include <caf/test/bdd_dsl.hpp>

#include "actors/codex_thread/history.hpp"
#include "scripted_turn.hpp"

using namespace troupe;
using namespace troupe::codex_thread;
using namespace troupe::codex_thread::testing;

namespace {

constexpr truncation_policy ten_bytes{truncation_mode::bytes, 10};
constexpr truncation_policy plenty{truncation_mode::bytes, 1'000'000};

std::vector<std::string> texts(const std::vector<shared_text>& x) {
  std::vector<std::string> result;
  for (const auto& item : x)
    result.push_back(item.str());
  return result;
}

} // namespace

SCENARIO("a call without an output gets one right behind it") {
  GIVEN("a history that was cut off between call and output") {
    codex_thread::history uut;
    uut.record(function_call("exec_command", "c1"), plenty);
    uut.record(make_message("user", "next"), plenty);
    THEN("the prompt says that the call was aborted") {
      const auto prompt = texts(uut.for_prompt());
      REQUIRE_EQ(prompt.size(), 3u);
      CHECK_EQ(prompt[1], R"({"type":"function_call_output","call_id":"c1","output":"aborted"})");
    }
  }
}

SCENARIO("an output without its call is not sent") {
  GIVEN("outputs of calls that are not there") {
    codex_thread::history uut;
    uut.record(make_function_output("gone", "x"), plenty);
    uut.record(make_custom_output("c1", "x"), plenty); // a custom output needs a custom call
    uut.record(function_call("exec_command", "c1"), plenty);
    THEN("they are left out, and the call counts as unanswered") {
      const auto prompt = texts(uut.for_prompt());
      REQUIRE_EQ(prompt.size(), 2u);
      CHECK(prompt[1].find("aborted") != std::string::npos);
    }
  }
}

SCENARIO("system messages and unknown items are not kept") {
  GIVEN("a history") {
    codex_thread::history uut;
    uut.record(make_message("system", "no"), plenty);
    uut.record(*parse_response_item(std::string_view{R"({"type":"something_new"})"}), plenty);
    uut.record(make_message("developer", "yes"), plenty);
    THEN("only the developer message is there") {
      CHECK_EQ(uut.items().size(), 1u);
    }
  }
}

SCENARIO("a long output is cut to 1.2 times the policy when it is stored") {
  GIVEN("a policy of ten bytes") {
    codex_thread::history uut;
    uut.record(make_function_output("c1", "123456789012"), ten_bytes);
    uut.record(make_function_output("c2", "1234567890123"), ten_bytes);
    THEN("twelve bytes pass and thirteen do not") {
      CHECK_EQ(output_text(uut.items()[0]), "123456789012");
      CHECK_EQ(output_text(uut.items()[1]), "123456…1 chars truncated…890123");
    }
  }
}

SCENARIO("dropping user turns cuts at the user's messages") {
  GIVEN("context and two turns") {
    codex_thread::history full;
    full.record(make_message("developer", "rules"), plenty);
    full.record(make_message("user", "<environment_context>\n</environment_context>"), plenty);
    for (auto text : {"one", "two"}) {
      full.record(make_message("user", text), plenty);
      full.record(make_message("assistant", text), plenty);
    }
    auto left_after = [&full](std::size_t turns) {
      auto uut = full;
      uut.drop_last_user_turns(turns);
      return uut.items().size();
    };
    THEN("the context stays, whatever is dropped") {
      CHECK_EQ(left_after(0), 6u);
      CHECK_EQ(left_after(1), 4u);
      CHECK_EQ(left_after(2), 2u);
      CHECK_EQ(left_after(9), 2u);
    }
  }
}
