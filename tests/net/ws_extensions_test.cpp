#define CAF_SUITE ws_extensions
#include <caf/test/bdd_dsl.hpp>

#include "net/wire/ws_extensions.hpp"

using namespace troupe::net;

namespace {

using enum ws_deflate::context;

} // namespace

SCENARIO("a client takes every answer that the offer allows") {
  const struct {
    const char* answer;
    ws_deflate wanted;
  } cases[] = {
    {"permessage-deflate", {15, kept}},
    {"Permessage-Deflate", {15, kept}},
    {"permessage-deflate; server_no_context_takeover", {15, per_message}},
    {"permessage-deflate;client_no_context_takeover;server_max_window_bits=8", {15, kept}},
    {"permessage-deflate; client_max_window_bits=10", {10, kept}},
    {"permessage-deflate ; client_max_window_bits = \"9\" ", {9, kept}},
  };
  for (const auto& x : cases) {
    const auto agreed = read_deflate_answer(x.answer);
    REQUIRE(agreed.has_value());
    CHECK_EQ(agreed->window_bits, x.wanted.window_bits);
    CHECK(agreed->peer == x.wanted.peer);
  }
}

SCENARIO("a client refuses an answer it did not ask for") {
  for (const auto* answer :
       {"", "x-webkit-deflate-frame", "permessage-deflate; mystery",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=1x",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate, permessage-deflate"})
    CHECK(!read_deflate_answer(answer));
}

SCENARIO("a server takes the first offer it can keep and answers what it demands") {
  const struct {
    const char* offers;
    const char* answer;
    ws_deflate agreed;
  } cases[] = {
    {"permessage-deflate; client_max_window_bits", "permessage-deflate", {15, kept}},
    {"permessage-deflate; client_max_window_bits=10", "permessage-deflate", {15, kept}},
    {"x, permessage-deflate; mystery, permessage-deflate; client_no_context_takeover",
     "permessage-deflate; client_no_context_takeover",
     {15, per_message}},
    {"permessage-deflate; server_max_window_bits=10; server_no_context_takeover",
     "permessage-deflate; server_no_context_takeover; server_max_window_bits=10",
     {10, kept}},
    {"permessage-deflate; server_max_window_bits=8, permessage-deflate",
     "permessage-deflate",
     {15, kept}},
  };
  for (const auto& x : cases) {
    const auto accepted = accept_deflate_offer(x.offers);
    REQUIRE(accepted.has_value());
    CHECK_EQ(accepted->answer, x.answer);
    CHECK(accepted->agreed == x.agreed);
  }
}

SCENARIO("a server declines what it cannot keep or does not know") {
  for (const auto* offers : {"", "x", "permessage-deflate; server_max_window_bits=8",
                             "permessage-deflate; server_max_window_bits"})
    CHECK(!accept_deflate_offer(offers));
}

SCENARIO("what a client offers a server accepts, and the client takes the answer") {
  const auto accepted = accept_deflate_offer(ws_deflate_offer);
  REQUIRE(accepted.has_value());
  CHECK(read_deflate_answer(accepted->answer).has_value());
}
