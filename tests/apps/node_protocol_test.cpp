#define CAF_SUITE node_protocol
#include <caf/test/bdd_dsl.hpp>

#include "apps/node/node_protocol.hpp"

using namespace troupe;
using namespace troupe::node_app;

namespace {

std::string problem_of(std::string_view line) {
  const auto parsed = parse_order(line);
  const auto* problem = std::get_if<std::string>(&parsed);
  return problem ? *problem : "";
}

} // namespace

SCENARIO("orders are read strictly and problems name what is wrong") {
  const std::string id = "019c3762-2225-7c31-9a4e-5d0f6b7a8c21";
  CHECK(std::get<order>(parse_order(R"({"op":"start","node":"a","prompt":"hi"})")) ==
        order{start_order{"a", "hi"}});
  CHECK(std::get<order>(parse_order(R"({"op":"start","prompt":"hi"})")) ==
        order{start_order{"", "hi"}});
  CHECK(std::get<order>(parse_order(R"({"op":"list"})")) == order{list_order{}});
  CHECK(std::get<order>(parse_order(R"({"op":"submit","prompt":"x","thread_id":")" + id + "\"}")) ==
        order{submit_order{*parse_thread_id(id), "x"}});
  CHECK_EQ(problem_of("{"), "the line is not a JSON object");
  CHECK_EQ(problem_of("[]"), "the line is not a JSON object");
  CHECK_EQ(problem_of(R"({"op":"dance"})"),
           R"("op" must be "start", "submit" or "list", not "dance")");
  CHECK_EQ(problem_of(R"({"op":"start","prompt":7})"), R"("prompt" is missing or empty)");
  CHECK_EQ(problem_of(R"({"op":"submit","prompt":"x","thread_id":"7"})"),
           R"("thread_id" is not a thread id)");
}

SCENARIO("addresses are host and port") {
  CHECK(std::get<endpoint>(parse_endpoint("127.0.0.1:80")) == endpoint{"127.0.0.1", 80});
  CHECK(std::get<endpoint>(parse_endpoint("[::1]:0")) == endpoint{"::1", 0});
  for (auto text : {"", ":80", "host", "host:", "host:x", "host:70000", "::1:80", "[]:1"})
    CHECK(std::holds_alternative<std::string>(parse_endpoint(text)));
}

SCENARIO("only loopback counts as private") {
  CHECK(is_loopback("127.0.0.1"));
  CHECK(is_loopback("localhost"));
  CHECK(is_loopback("::1"));
  CHECK(!is_loopback("0.0.0.0"));
  CHECK(!is_loopback("10.0.0.1"));
}
