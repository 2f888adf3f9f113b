#define CAF_SUITE unary_answers
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/unary_answers.hpp"

using namespace troupe;
using namespace troupe::model_client;

SCENARIO("a compacted history is a list of items, unknown kinds included") {
  const auto x = read_compacted_history(
    R"({"output":[{"type":"message","role":"user","content":[]},)"
    R"({"type":"compaction_summary","encrypted_content":"c"},{"type":"new_thing"}],"id":"r"})");
  CHECK(!x.error);
  REQUIRE_EQ(x.output.size(), 3u);
  CHECK_EQ(x.output[1].json.str(), R"({"type":"compaction","encrypted_content":"c"})");
  CHECK(x.output[2].kind == item_kind::other);
  CHECK(!read_compacted_history(R"({"output":[]})").error);
}

SCENARIO("an answer of another shape is a stream error") {
  for (const auto* body :
       {"", "nonsense", "[]", "{}", R"({"output":1})", R"({"output":[1]})",
        R"({"output":[{"type":"message","role":"user","content":[{"type":"hologram"}]}]})"}) {
    const auto x = read_compacted_history(body);
    REQUIRE(x.error.has_value());
    CHECK(x.error->code == model_errc::stream);
    CHECK(x.output.empty());
  }
  for (const auto* body : {"", "[]", "{}", R"({"output":[{"trace_summary":"a"}]})",
                           R"({"output":[{"trace_summary":1,"memory_summary":"b"}]})"}) {
    const auto x = read_trace_summaries(body, 1);
    REQUIRE(x.error.has_value());
    CHECK(x.error->code == model_errc::stream);
  }
}

SCENARIO("there is one summary per trace, in their order") {
  constexpr auto body = R"({"output":[{"trace_summary":"a","memory_summary":"b"},)"
                        R"({"trace_summary":"c","memory_summary":"d"}]})";
  const auto x = read_trace_summaries(body, 2);
  CHECK(!x.error);
  CHECK(x.summaries == (std::vector<trace_summary>{{"a", "b"}, {"c", "d"}}));
  const auto other = read_trace_summaries(body, 3);
  REQUIRE(other.error.has_value());
  CHECK(other.error->code == model_errc::invalid_request);
  CHECK(other.summaries.empty());
}
