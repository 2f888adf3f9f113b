#include "apps/sim/other_endpoints.hpp"
#include "apps/sim/request_view.hpp"
#include "apps/sim/schema_instance.hpp"
#include "apps/sim/token_desk.hpp"
#include "apps/sim/ws_memory.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace troupe::sim;

// A request body or message from the network: must never crash, and every text kept must be
// bounded.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body{reinterpret_cast<const char*>(data), size};
  memory_summaries(body);
  token_desk{auth_rule{}}.refresh(body);
  ws_memory memory{ws_version::v1};
  memory.whole_body(body);
  memory.whole_body(body);
  const auto viewed = view_request(body);
  const auto* view = std::get_if<request_view>(&viewed);
  if (view == nullptr)
    return 0;
  view->form_of("exec_command");
  view->calls_of("exec_command");
  schema_instance(view->raw_schema);
  compacted_history(*view);
  const bool is_bounded = view->last_user.size() <= 2 * request_view::max_text_bytes &&
                          view->calls.size() <= request_view::max_known_tools;
  if (!is_bounded)
    __builtin_trap();
  return 0;
}
