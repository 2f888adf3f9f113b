// A peer's bytes must give the same messages however they are cut, stay within the limits, and what
// our own writer makes of them must come back as it was.
#include "net/ws_reader.hpp"
#include "net/ws_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace troupe::net;

// Small, so that the bounds are met often.
constexpr ws_reader::limits sizes{256, 512};

struct result {
  std::vector<std::pair<ws_frame, std::string>> messages;
  net_errc error = net_errc::none;

  bool operator==(const result&) const = default;
};

result read(ws_role role, std::string_view bytes, std::size_t step) {
  ws_reader reader{role, sizes, ws_deflate{}};
  result x;
  std::string buffer;
  while (x.error == net_errc::none) {
    const auto progress = reader.feed(buffer);
    x.error = progress.error;
    if (progress.error == net_errc::none && progress.message) {
      if (progress.payload.size() > sizes.max_message_bytes)
        std::abort();
      x.messages.emplace_back(*progress.message, std::string{progress.payload});
    }
    buffer.erase(0, progress.used);
    if (progress.frame)
      continue;
    if (bytes.empty())
      break;
    buffer += bytes.substr(0, step);
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  return x;
}

void check_own_messages(std::string_view text) {
  ws_writer writer{ws_role::client, [] { return ws_mask{7, 77, 177, 27}; }};
  writer.compress({});
  writer.add(ws_frame::binary, {std::make_shared<const std::string>(text)});
  std::string bytes;
  writer.fill(bytes);
  const auto back = read(ws_role::server, bytes, bytes.size());
  const bool fits = text.size() <= sizes.max_frame_bytes;
  if (fits && (back.messages.size() != 1 || back.messages[0].second != text))
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  for (const auto role : {ws_role::client, ws_role::server}) {
    const auto whole = read(role, text, size);
    const auto cut = size == 0 ? 1 : 1 + bytes[size / 2] % size;
    if (read(role, text, 1) != whole || read(role, text, cut) != whole)
      std::abort();
  }
  check_own_messages(text);
  return 0;
}
