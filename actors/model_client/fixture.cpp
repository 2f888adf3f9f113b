#include "actors/model_client/fixture.hpp"

#include "actors/model_client/stream_errors.hpp"
#include "actors/model_client/stream_reader.hpp"
#include "config/text_file.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace troupe::model_client {

std::optional<offline_fixture> read_fixture(const config::environment& environment) {
  const auto path = environment("CODEX_RS_SSE_FIXTURE");
  if (!path)
    return std::nullopt;
  offline_fixture result;
  auto text = config::read_text_file(*path, max_fixture_bytes);
  if (auto* content = std::get_if<std::string>(&text))
    result.text = std::move(*content);
  else if (std::get<std::error_code>(text) == std::errc::file_too_large)
    result.problem = "CODEX_RS_SSE_FIXTURE names a file that is too large: " + *path;
  else
    result.problem = "CODEX_RS_SSE_FIXTURE names a file that cannot be read: " + *path;
  return result;
}

fixture_response replay(const offline_fixture& x) {
  fixture_response result;
  if (!x.problem.empty()) {
    result.error = stream_error(x.problem);
    return result;
  }
  stream_reader reader;
  std::string_view rest = x.text;
  while (!rest.empty() && !reader.is_completed()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = std::string{rest.substr(0, end)} + "\n\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (reader.feed(line, result.events).error != net::net_errc::none)
      break;
  }
  if (!reader.is_completed())
    result.error = reader.failure(net::net_errc::none);
  return result;
}

} // namespace troupe::model_client
