#define CAF_SUITE sim_ws_memory
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/ws_memory.hpp"

#include <string>
#include <string_view>

using namespace troupe::sim;

namespace {

// The body that a message means, or the code of its problem.
std::string read(ws_memory& memory, std::string_view message) {
  const auto result = memory.whole_body(message);
  const auto* problem = std::get_if<ws_memory::problem>(&result);
  return problem == nullptr ? std::get<std::string>(result) : std::string{problem->code};
}

constexpr std::string_view first =
  R"({"type":"response.create","model":"m","input":[{"a":1}],"x":2})";

} // namespace

SCENARIO("a request with its whole input is read as it is") {
  ws_memory memory{ws_version::v2};
  CHECK_EQ(read(memory, first), first);
}

SCENARIO("what is appended is added to the last request") {
  ws_memory memory{ws_version::v1};
  read(memory, first);
  CHECK_EQ(read(memory, R"({"type":"response.append","input":[{"b":2}, {"c":3}]})"),
           R"({"type":"response.create","model":"m","input":[{"a":1},{"b":2}, {"c":3}],"x":2})");
  CHECK_EQ(
    read(memory, R"({"type":"response.append","input":[{"d":4}]})"),
    R"({"type":"response.create","model":"m","input":[{"a":1},{"b":2}, {"c":3},{"d":4}],"x":2})");
}

SCENARIO("a request that names the last response goes on from its input") {
  ws_memory memory{ws_version::v2};
  read(memory, first);
  memory.answered("resp_1");
  CHECK_EQ(
    read(memory,
         R"({"type":"response.create","previous_response_id":"resp_1","input":[ {"b":2} ],"x":3})"),
    R"({"type":"response.create","previous_response_id":"resp_1","input":[{"a":1},{"b":2}],"x":3})");
}

SCENARIO("another response than the last one is not known") {
  ws_memory memory{ws_version::v2};
  read(memory, first);
  memory.answered("resp_1");
  read(memory, first);
  const auto* stale = R"({"type":"response.create","previous_response_id":"resp_1","input":[]})";
  CHECK_EQ(read(memory, stale), "previous_response_not_found"); // not answered yet
  memory.answered("resp_2");
  CHECK_EQ(read(memory, stale), "previous_response_not_found");
  // The refused request has changed nothing.
  CHECK_EQ(
    read(memory, R"({"type":"response.create","previous_response_id":"resp_2","input":[{"b":2}]})"),
    R"({"type":"response.create","previous_response_id":"resp_2","input":[{"a":1},{"b":2}]})");
}

SCENARIO("a whole request begins anew") {
  ws_memory memory{ws_version::v1};
  read(memory, first);
  read(memory, R"({"type":"response.create","input":[]})");
  CHECK_EQ(read(memory, R"({"type":"response.append","input":[{"b":2}]})"),
           R"({"type":"response.create","input":[{"b":2}]})");
}

SCENARIO("each version has its own way to go on") {
  ws_memory one{ws_version::v1};
  read(one, first);
  one.answered("resp_1");
  CHECK_EQ(read(one, R"({"type":"response.create","previous_response_id":"resp_1","input":[]})"),
           "unsupported_parameter");
  ws_memory two{ws_version::v2};
  read(two, first);
  CHECK_EQ(read(two, R"({"type":"response.append","input":[]})"), "unsupported_message");
}

SCENARIO("what is no request is refused") {
  for (const std::string_view message :
       {"", "nonsense", "{}", R"({"type":"response.cancel"})", R"({"type":"response.create"})",
        R"({"type":"response.create","input":"text"})", R"({"type":"response.create","input":[)",
        R"({"type":"response.append","input":[]})"}) {
    ws_memory memory{ws_version::v1};
    CHECK_EQ(read(memory, message), "invalid_request_error");
  }
}

SCENARIO("a request that has grown too large is refused") {
  ws_memory memory{ws_version::v1};
  const auto half = "[\"" + std::string(ws_memory::max_body_bytes / 2, 'x') + "\"]";
  const auto created = R"({"type":"response.create","input":)" + half + "}";
  CHECK_EQ(read(memory, created).size(), created.size());
  CHECK_EQ(read(memory, R"({"type":"response.append","input":)" + half + "}"),
           "invalid_request_error");
}
