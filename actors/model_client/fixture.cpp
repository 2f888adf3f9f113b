#include "actors/model_client/fixture.hpp"

#include "actors/model_client/stream_errors.hpp"
#include "actors/model_client/stream_reader.hpp"

#include <algorithm>
#include <fstream>
#include <string_view>
#include <utility>

namespace troupe::model_client {

std::optional<offline_fixture> read_fixture(const config::environment& environment) {
  const auto path = environment("CODEX_RS_SSE_FIXTURE");
  if (!path)
    return std::nullopt;
  offline_fixture result;
  std::ifstream file{*path, std::ios::binary};
  std::string text(max_fixture_bytes + 1, '\0');
  if (file)
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (!file.is_open() || file.bad())
    result.problem = "CODEX_RS_SSE_FIXTURE names a file that cannot be read: " + *path;
  else if (text.size() > max_fixture_bytes)
    result.problem = "CODEX_RS_SSE_FIXTURE names a file that is too large: " + *path;
  else
    result.text = std::move(text);
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
