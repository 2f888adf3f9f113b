#define CAF_SUITE line_codec
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/line_codec.hpp"

#include "tests/actors/rollout_recorder/rollout_samples.hpp"

using namespace troupe;
using namespace troupe::rollout_recorder;

namespace {

constexpr std::string_view time_text = "2026-02-07T09:15:04.120Z";

std::string encoded(const rollout_line& line) {
  std::string out;
  append_line(out, time_text, line);
  return out;
}

std::string framed(std::string_view type, std::string_view payload) {
  return fmt::format(R"({{"timestamp":"{}","type":"{}","payload":{}}})", time_text, type, payload);
}

/// "kind payload", or the fault.
std::string read(std::string_view line) {
  line_decoder decoder;
  const auto result = decoder.decode(line);
  if (const auto* good = std::get_if<decoded_line>(&result))
    return to_string(good->kind) + ' ' + std::string{good->payload};
  switch (std::get<line_fault>(result)) {
  case line_fault::not_json: return "not_json";
  case line_fault::not_a_line: return "not_a_line";
  case line_fault::invalid_utf8: return "invalid_utf8";
  case line_fault::cut_in_a_character: return "cut";
  case line_fault::utf16: return "utf16";
  }
  return "?";
}

} // namespace

SCENARIO("a line is the payload in its frame, byte by byte") {
  CHECK_EQ(encoded(test::line(line_kind::item, R"({"type":"message","x":1.0})")),
           R"({"timestamp":"2026-02-07T09:15:04.120Z","type":"response_item",)"
           R"("payload":{"type":"message","x":1.0}})"
           "\n");
}

SCENARIO("a line break inside a payload cannot end the line") {
  CHECK_EQ(encoded(test::line(line_kind::context, "{\n\"a\":1\n}")),
           R"({"timestamp":"2026-02-07T09:15:04.120Z","type":"turn_context",)"
           R"("payload":{ "a":1 }})"
           "\n");
}

SCENARIO("the overhead of a line is bounded") {
  for (const auto kind : {line_kind::meta, line_kind::item, line_kind::compacted,
                          line_kind::context, line_kind::event})
    CHECK(encoded(test::line(kind, "{}")).size() <= line_overhead_bytes + 2);
}

SCENARIO("every kind of line reads back as it was written") {
  const std::vector<rollout_line> lines{
    test::line(line_kind::meta, R"({"id":"00000000-0000-4000-8000-000000000001"})"),
    test::line(line_kind::item, R"({"type":"message","role":"user"})"),
    test::line(line_kind::compacted, R"({"message":""})"),
    test::line(line_kind::context, R"({"cwd":"/x"})"),
    test::line(line_kind::event, R"({"type":"user_message","message":"caf\u00e9 é"})")};
  for (const auto& line : lines) {
    auto text = encoded(line);
    text.pop_back();
    CHECK_EQ(read(text), to_string(line.kind) + ' ' + line.payload_json.str());
  }
}

SCENARIO("other spellings of a line read the same") {
  const std::string expected = R"(turn_context {"a":"}"})";
  const std::string time = R"("timestamp":"2026-02-07T09:15:04.120Z")";
  CHECK_EQ(read(R"({"payload":{"a":"}"},"type":"turn_context",)" + time + "}"), expected);
  CHECK_EQ(read("{" + time + R"(,"ordinal":12,"type":"turn_context","payload":{"a":"}"}})"),
           expected);
  CHECK_EQ(read("{" + time + R"(,"type":"turn_context","payload":{"a":"}"},"ordinal":12})"),
           expected);
  CHECK_EQ(read("  { " + time + R"( , "type" : "turn_context" , "payload" : {"a":"}"} } )" + "\r"),
           expected);
}

SCENARIO("unknown items and unknown fields are accepted") {
  CHECK_EQ(read(framed("response_item", R"({"type":"brand_new","x":{}})")),
           R"(response_item {"type":"brand_new","x":{}})");
  CHECK_EQ(read(framed("event_msg", R"({"type":"turn_started"})")),
           R"(event_msg {"type":"turn_started"})");
}

SCENARIO("JSON of another shape is not a line") {
  const std::vector<std::string> others{"{}",
                                        "[]",
                                        "12",
                                        "\"text\"",
                                        framed("no_such_type", "{}"),
                                        framed("event_msg", R"({"type":"no_such_event"})"),
                                        framed("event_msg", "{}"),
                                        framed("response_item", "{}"),
                                        framed("response_item", R"({"type":7})"),
                                        framed("response_item", "[]"),
                                        framed("turn_context", "null"),
                                        framed("session_meta", "{}"),
                                        framed("session_meta", R"({"id":"not an id"})"),
                                        R"({"type":"turn_context","payload":{}})",
                                        R"({"timestamp":12,"type":"turn_context","payload":{}})",
                                        R"({"timestamp":"x","payload":{}})",
                                        R"({"timestamp":"x","type":"turn_context"})"};
  for (const auto& text : others)
    CHECK_EQ(read(text), "not_a_line");
}

SCENARIO("cut and garbled text is not JSON") {
  const auto whole = framed("turn_context", R"({"a":"b"})");
  for (std::size_t size = 1; size < whole.size(); ++size)
    CHECK_EQ(read(std::string_view{whole}.substr(0, size)), "not_json");
  CHECK_EQ(read(whole + "}"), "not_json");
  CHECK_EQ(read(whole + whole), "not_json");
  CHECK_EQ(read(std::string(3, '\0')), "not_json");
}

SCENARIO("invalid UTF-8 is told from a character that was cut off") {
  CHECK_EQ(read(framed("turn_context", "{\"a\":\"\xff\"}")), "invalid_utf8");
  CHECK_EQ(read("garbage \xe2\x82 more"), "invalid_utf8");
  CHECK_EQ(read("{\"timestamp\":\"x\xe2\x82"), "cut");
}
