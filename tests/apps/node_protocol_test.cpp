#define CAF_SUITE node_protocol
#include <caf/test/bdd_dsl.hpp>

#include "apps/node/node_protocol.hpp"

using namespace troupe;
using namespace troupe::node_app;

namespace {

std::string problem_of(std::string_view line) {
  const auto parsed = parse_order(line);
  const auto* problem = std::get_if<order_problem>(&parsed);
  return problem ? problem->message : "";
}

bool is_order(std::string_view line, const order& expected) {
  const auto parsed = parse_order(line);
  const auto* found = std::get_if<order>(&parsed);
  return found && *found == expected;
}

endpoint endpoint_of(std::string host, std::uint16_t port) {
  return {std::move(host), port};
}

bool is_endpoint(std::string_view text, const endpoint& expected) {
  const auto parsed = parse_endpoint(text);
  const auto* found = std::get_if<endpoint>(&parsed);
  return found && *found == expected;
}

} // namespace

SCENARIO("orders are read strictly and problems name what is wrong") {
  const std::string id = "019c3762-2225-7c31-9a4e-5d0f6b7a8c21";
  const std::string submit = R"({"op":"submit","prompt":"x","thread_id":")" + id + "\"}";
  const start_order on_a{"a", "hi"};
  const start_order here{"", "hi"};
  const submit_order more{*parse_thread_id(id), "x"};
  CHECK(is_order(R"({"op":"start","node":"a","prompt":"hi"})", on_a));
  CHECK(is_order(R"({"op":"start","prompt":"hi"})", here));
  CHECK(is_order(R"({"op":"list"})", list_order{}));
  CHECK(is_order(submit, more));
  CHECK_EQ(problem_of("{"), "the line is not a JSON object");
  CHECK_EQ(problem_of("[]"), "the line is not a JSON object");
  CHECK_EQ(problem_of(R"({"op":"dance"})"),
           R"("op" must be "start", "submit" or "list", not "dance")");
  CHECK_EQ(problem_of(R"({"op":"start","prompt":"x","sandbox":"read-only"})"),
           R"("start" has no key "sandbox"; its keys are "op", "node", "prompt")");
  CHECK_EQ(problem_of(R"({"op":"list","cwd":"/"})"),
           R"("list" has no key "cwd"; its keys are "op")");
  CHECK_EQ(problem_of(R"({"op":"submit","node":"a","prompt":"x"})"),
           R"("submit" has no key "node"; its keys are "op", "thread_id", "prompt")");
  CHECK_EQ(problem_of(R"({"op":"start","node":7,"prompt":"x"})"), R"("node" is not a text)");
  CHECK_EQ(problem_of(R"({"op":"start","prompt":7})"), R"("prompt" is missing or empty)");
  CHECK_EQ(problem_of(R"({"op":"submit","prompt":"x","thread_id":"7"})"),
           R"("thread_id" is not a thread id)");
}

SCENARIO("an error names the order and the thread that it is about, as far as they are known") {
  const std::string id = "019c3762-2225-7c31-9a4e-5d0f6b7a8c21";
  const auto told = [](const std::string& line) {
    return error_line(std::get<order_problem>(parse_order(line)));
  };
  CHECK_EQ(told(R"({"op":"submit","prompt":"","thread_id":")" + id + "\"}"),
           R"({"type":"error","op":"submit","thread_id":")" + id +
             R"(","message":"\"prompt\" is missing or empty"})"
             "\n");
  CHECK_EQ(told(R"({"op":"start"})"),
           R"({"type":"error","op":"start","message":"\"prompt\" is missing or empty"})"
           "\n");
  CHECK_EQ(told("{"), R"({"type":"error","message":"the line is not a JSON object"})"
                      "\n");
}

SCENARIO("addresses are host and port") {
  CHECK(is_endpoint("127.0.0.1:80", endpoint_of("127.0.0.1", 80)));
  CHECK(is_endpoint("[::1]:0", endpoint_of("::1", 0)));
  for (auto text : {"", ":80", "host", "host:", "host:x", "host:70000", "::1:80", "[]:1"})
    CHECK(std::holds_alternative<std::string>(parse_endpoint(text)));
}

SCENARIO("a peer may be named") {
  CHECK_EQ(std::get<add_peer>(parse_peer("127.0.0.1:4711")), (add_peer{"127.0.0.1", 4711, {}}));
  CHECK_EQ(std::get<add_peer>(parse_peer("left@[::1]:4711")), (add_peer{"::1", 4711, "left"}));
  for (const auto* text : {"@127.0.0.1:1", "a b@127.0.0.1:1", "left@127.0.0.1", "left@"})
    CHECK(std::holds_alternative<std::string>(parse_peer(text)));
}

SCENARIO("peers are told with what they are to this node, and a list has an end") {
  CHECK_EQ(node_joined_line("left", peer_role::followed),
           "{\"type\":\"node.joined\",\"node\":\"left\",\"role\":\"followed\"}\n");
  CHECK_EQ(node_left_line("left", peer_role::follower),
           "{\"type\":\"node.left\",\"node\":\"left\",\"role\":\"follower\"}\n");
  const linked_nodes nodes{.followed = {"left"}, .followers = {}};
  CHECK_EQ(list_completed_line(0, nodes), "{\"type\":\"list.completed\",\"threads\":0,"
                                          "\"followed\":[\"left\"],\"followers\":[]}\n");
}

SCENARIO("who cannot be reached is told with what helps") {
  const linked_nodes nodes{.followed = {"b", "a"}, .followers = {"c"}};
  CHECK_EQ(no_link_text("c", nodes),
           "node c follows this one, but this one does not follow it: to start threads there, "
           "start this node with --join c@HOST:PORT, too");
  CHECK_EQ(no_link_text("d", nodes), "no such node: d; this one follows a, b");
  CHECK_EQ(no_link_text("d", {}), "no such node: d; this one follows none (--join)");
}
