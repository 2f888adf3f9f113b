#define CAF_SUITE trace_context
#include <caf/test/bdd_dsl.hpp>

#include "actors/common/turn_connection.hpp"
#include "actors/model_client/trace_context.hpp"

using namespace troupe;
using namespace troupe::model_client;

SCENARIO("traceparent names version, trace, span and that it is kept") {
  const trace_context x{.trace = {0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92,
                                  0x9d, 0x0e, 0x0e, 0x47, 0x36},
                        .span = {0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7}};
  CHECK_EQ(traceparent_text(x), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
}

SCENARIO("without a span the headers stay as they are; with one it replaces what was there") {
  net::header_list headers;
  add_trace_header(headers, std::nullopt);
  CHECK_EQ(headers.size(), 0u);
  headers.set("Traceparent", "of the configuration");
  add_trace_header(headers, trace_context{.trace = {1}, .span = {2}});
  CHECK_EQ(headers.size(), 1u);
  CHECK(headers.find("traceparent") == "00-01000000000000000000000000000000-0200000000000000-01");
}

SCENARIO("the connection of a compaction is of its turn") {
  CHECK_EQ(compaction_connection("7", 2), "7/compaction-2");
  CHECK_EQ(turn_of_connection("7/compaction-2"), "7");
  CHECK_EQ(turn_of_connection("7"), "7");
  CHECK_EQ(turn_of_connection("a/b"), "a/b");
  CHECK_EQ(turn_of_connection(""), "");
}
