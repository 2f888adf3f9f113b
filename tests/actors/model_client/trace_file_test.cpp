#define CAF_SUITE trace_file
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/trace_file.hpp"

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::model_client;

namespace {

using texts = std::vector<std::string>;

texts items_of(std::string_view bytes) {
  const auto prepared = prepare_trace(bytes, "/x/a.jsonl", 1);
  texts result;
  if (const auto* trace = std::get_if<memory_trace>(&prepared))
    for (const auto& item : trace->items)
      result.push_back(item.str());
  return result;
}

bool is_refused(std::string_view bytes) {
  const auto prepared = prepare_trace(bytes, "/x/a.jsonl", 1);
  const auto* error = std::get_if<model_error>(&prepared);
  return error != nullptr && error->code == model_errc::invalid_request;
}

} // namespace

SCENARIO("a trace has its number and the file's stem in its id") {
  const auto id = [](const std::string& path, std::size_t number) {
    return std::get<memory_trace>(prepare_trace(R"({"type":"a"})", path, number)).id;
  };
  CHECK_EQ(id("/x/name.jsonl", 1), "trace_1_name");
  CHECK_EQ(id("rollout-2026.01.json", 12), "trace_12_rollout-2026.01");
  CHECK_EQ(id("/x/.hidden", 2), "trace_2_.hidden");
  CHECK_EQ(id("", 3), "trace_3_trace");
  CHECK_EQ(std::get<memory_trace>(prepare_trace(R"({"type":"a"})", "/x/b", 1)).source_path, "/x/b");
}

SCENARIO("a whole array gives its objects, lines give theirs") {
  CHECK(items_of(R"([{"type":"a"},1,{"type":"b"}])") ==
        (texts{R"({"type":"a"})", R"({"type":"b"})"}));
  CHECK(items_of("{\"type\":\"a\"}\r\n\n  [{\"type\":\"b\"},2]\nnonsense\n{broken\n\"text\"\n") ==
        (texts{R"({"type":"a"})", R"({"type":"b"})"}));
}

SCENARIO("rollout lines are unwrapped, other lines of a rollout left out") {
  CHECK(items_of(R"({"type":"session_meta","payload":{"type":"message","role":"user"}})"
                 "\n"
                 R"({"type":"response_item","payload":{"type":"reasoning"}})"
                 "\n"
                 R"({"type":"response_item","payload":[{"type":"a"},3,{"type":"b"}]})") ==
        (texts{R"({"type":"reasoning"})", R"({"type":"a"})", R"({"type":"b"})"}));
}

SCENARIO("items need a type, and messages a known role") {
  CHECK(
    items_of(R"([{"role":"user"},{"type":7},{"type":"message"},{"type":"message","role":"tool"},)"
             R"({"type":"message","role":"user"},{"type":"message","role":"developer"}])") ==
    (texts{R"({"type":"message","role":"user"})", R"({"type":"message","role":"developer"})"}));
}

SCENARIO("bytes are UTF-8 with or without a mark, else Latin-1") {
  CHECK(items_of("\xef\xbb\xbf{\"type\":\"\xc3\xa4\"}") == (texts{"{\"type\":\"\xc3\xa4\"}"}));
  CHECK(items_of("{\"type\":\"\xe4\"}") == (texts{"{\"type\":\"\xc3\xa4\"}"}));
}

SCENARIO("nothing usable is an invalid request") {
  CHECK(is_refused(""));
  CHECK(is_refused("nonsense"));
  CHECK(is_refused("[]"));
  CHECK(is_refused(R"({"role":"user"})"));
  CHECK(is_refused(R"({"type":"event_msg","payload":{"type":"a"}})"));
}
