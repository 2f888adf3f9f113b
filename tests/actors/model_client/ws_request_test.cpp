#define CAF_SUITE ws_request
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/ws_request.hpp"

#include <string>

using namespace troupe;
using namespace troupe::model_client;

namespace {

shared_text item(const std::string& name) {
  return shared_text{"{\"n\":\"" + name + "\"}"};
}

model_request request(model_transport transport, std::vector<shared_text> input) {
  model_request x;
  x.thread = *parse_thread_id("019c3c5e-0000-7000-8000-000000000000");
  x.model = "m";
  x.input = std::move(input);
  x.origin.transport = transport;
  return x;
}

std::string joined(const std::vector<fragment>& pieces) {
  std::string result;
  for (const auto& piece : pieces)
    result += *piece;
  return result;
}

/// A whole `response.create`.
std::string create(const std::string& input, const std::string& tail = "") {
  return R"({"type":"response.create","model":"m","instructions":"","input":[)" + input +
         R"(],"tools":[],"tool_choice":"auto","parallel_tool_calls":false,"reasoning":null,)"
         R"("store":false,"stream":true,"include":[],)"
         R"("prompt_cache_key":"019c3c5e-0000-7000-8000-000000000000")" +
         tail + "}";
}

constexpr auto v1 = model_transport::websocket_v1;
constexpr auto v2 = model_transport::websocket_v2;

} // namespace

SCENARIO("the first request of a connection is whole") {
  for (const auto transport : {v1, v2}) {
    ws_request x;
    CHECK_EQ(joined(x.next_message(request(transport, {item("a")}))), create(R"({"n":"a"})"));
  }
}

SCENARIO("version 1: a request that extends the last one appends exactly the tail") {
  ws_request x;
  x.next_message(request(v1, {item("a")}));
  x.on_completed("resp_1");
  CHECK_EQ(joined(x.next_message(request(v1, {item("a"), item("b"), item("c")}))),
           R"({"type":"response.append","input":[{"n":"b"},{"n":"c"}]})");
}

SCENARIO("version 2: a request that extends the last one names its response") {
  ws_request x;
  x.next_message(request(v2, {item("a")}));
  x.on_completed("resp_1");
  CHECK_EQ(joined(x.next_message(request(v2, {item("a"), item("b")}))),
           create(R"({"n":"b"})", R"(,"previous_response_id":"resp_1")"));
}

SCENARIO("version 2: without the id of the last response the request is whole") {
  ws_request x;
  x.next_message(request(v2, {item("a")}));
  CHECK_EQ(joined(x.next_message(request(v2, {item("a"), item("b")}))),
           create(R"({"n":"a"},{"n":"b"})"));
  x.on_completed("");
  CHECK_EQ(joined(x.next_message(request(v2, {item("a"), item("b"), item("c")}))),
           create(R"({"n":"a"},{"n":"b"},{"n":"c"})"));
}

SCENARIO("version 2: an id serves the next request only") {
  ws_request x;
  x.next_message(request(v2, {item("a")}));
  x.on_completed("resp_1");
  x.next_message(request(v2, {item("a"), item("b")}));
  CHECK_EQ(joined(x.next_message(request(v2, {item("a"), item("b"), item("c")}))),
           create(R"({"n":"a"},{"n":"b"},{"n":"c"})"));
}

SCENARIO("an input that is no extension is sent whole") {
  for (const auto transport : {v1, v2}) {
    const std::vector<std::vector<shared_text>> others{
      {item("a"), item("b")},            // the same
      {item("a")},                       // shorter
      {item("x"), item("b"), item("c")}, // another beginning
    };
    for (const auto& other : others) {
      ws_request x;
      x.next_message(request(transport, {item("a"), item("b")}));
      x.on_completed("resp_1");
      CHECK(joined(x.next_message(request(transport, other)))
              .starts_with(R"({"type":"response.create","model":"m")"));
    }
  }
}

SCENARIO("an empty last input is extended by nothing") {
  ws_request x;
  x.next_message(request(v1, {}));
  CHECK_EQ(joined(x.next_message(request(v1, {item("a")}))), create(R"({"n":"a"})"));
}

SCENARIO("only the input is compared: other models and tools do not prevent an append") {
  ws_request x;
  x.next_message(request(v1, {item("a")}));
  auto next = request(v1, {item("a"), item("b")});
  next.model = "other";
  next.tools_json = shared_text{R"([{"type":"local_shell"}])"};
  CHECK_EQ(joined(x.next_message(next)), R"({"type":"response.append","input":[{"n":"b"}]})");
}

SCENARIO("items are not copied to be remembered") {
  ws_request x;
  const auto a = item("a");
  const auto owners = a.pointer().use_count();
  const auto sent = request(v1, {a});
  x.next_message(sent);
  CHECK_EQ(a.pointer().use_count(), owners + 2); // the request's and the remembered one
}
