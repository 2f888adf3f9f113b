// What a provider sends over a WebSocket never crashes the reader: the input is split into messages
// at zero bytes. A reader says the same of a message whatever else watches it.
#include "actors/model_client/event_reports.hpp"
#include "actors/model_client/rate_limit_event.hpp"
#include "actors/model_client/ws_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using namespace troupe;
using namespace troupe::model_client;

void read_message(ws_reader& reader, std::string_view message, std::vector<model_event>& events) {
  const bool was_over = reader.is_completed();
  const auto known = events.size();
  reader.read(message, events);
  // One message is one event at most, and none follows the completion.
  if (events.size() > known + (was_over ? 0 : 1))
    std::abort();
  if (report_of_message(message).kind.empty())
    std::abort();
  read_server_timings(message);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(bytes), size};
  ws_reader reader;
  std::vector<model_event> events;
  parse_rate_limit_event(rest);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\0'), rest.size());
    read_message(reader, rest.substr(0, end), events);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (reader.is_completed() && reader.error())
    std::abort();
  return 0;
}
