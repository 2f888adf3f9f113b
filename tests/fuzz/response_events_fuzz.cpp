// What a provider streams never crashes the reader, and the scan that reads it agrees with a full
// JSON parser on what is an object. The input is taken as the data of one event, as a stream of
// bytes, and as a header-like text where such are parsed.
#include "actors/model_client/http_errors.hpp"
#include "actors/model_client/json_scan.hpp"
#include "actors/model_client/response_reader.hpp"
#include "actors/model_client/retry_after.hpp"
#include "actors/model_client/shell_output.hpp"
#include "actors/model_client/stream_errors.hpp"
#include "actors/model_client/stream_reader.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using namespace troupe;
using namespace troupe::model_client;

std::vector<model_event> read_stream(std::string_view bytes, std::size_t step) {
  stream_reader reader{4096};
  std::vector<model_event> events;
  while (!bytes.empty() && !reader.is_completed()) {
    const auto chunk = bytes.substr(0, step);
    bytes.remove_prefix(chunk.size());
    if (reader.feed(chunk, events).error != net::net_errc::none)
      break;
  }
  if (!reader.is_completed() && reader.failure(net::net_errc::none).message.empty())
    std::abort();
  return events;
}

/// Every container that a full parser accepts, the scan accepts. (Not the other way round: the scan
/// checks neither UTF-8, which the stream's parser has done, nor surrogate pairs nor the range of
/// numbers.)
void compare_with_full_parser(std::string_view text) {
  boost::json::error_code error;
  const auto value = boost::json::parse(text, error);
  if (error || !(value.is_object() || value.is_array()))
    return;
  json_scan scan{text};
  while (const auto member = scan.next()) {
    json_text(member->value);
    json_integer(member->value);
  }
  if (!scan.is_complete())
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  response_reader reader;
  std::vector<model_event> events;
  reader.read(text, events);
  if (events.size() > 1)
    std::abort();
  const auto whole = read_stream(text, std::max<std::size_t>(size, 1));
  if (read_stream(text, 1) != whole)
    std::abort();
  compare_with_full_parser(text);
  failed_response(text);
  requested_delay(text);
  with_text_output(text);
  shell_output_text(text);
  offers_freeform_patch(text);
  net::header_list headers;
  headers.set("retry-after", text);
  read_retry_after(headers, 0);
  const auto clock = system_clock();
  for (const int status : {400, 403, 429, 503})
    map_status({.status = status, .url = "u", .headers = headers, .body = text}, clock);
  return 0;
}
