// The stream parser must not depend on where chunks end: the same bytes whole, in single bytes, and
// cut at a place the input chooses give the same events and the same end.
#include "net/wire/sse_parser.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using troupe::net::net_errc;
using troupe::net::sse_event;
using troupe::net::sse_parser;

// Small, so that the bound is met often.
constexpr std::size_t max_event_bytes = 64;

struct result {
  std::vector<sse_event> events;
  net_errc end = net_errc::none;

  bool operator==(const result&) const = default;
};

result parse(std::string_view text, std::size_t first, std::size_t step) {
  result x;
  sse_parser parser{max_event_bytes};
  for (auto size = first; !text.empty(); size = step) {
    const auto chunk = text.substr(0, size);
    parser.feed(chunk, x.events);
    text.remove_prefix(chunk.size());
  }
  x.end = parser.finish();
  return x;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const auto whole = parse(text, size, size);
  const auto cut = size == 0 ? 1 : 1 + bytes[size / 2] % size;
  if (parse(text, 1, 1) != whole || parse(text, cut, size) != whole)
    std::abort();
  for (const auto& x : whole.events)
    if (x.data.size() + x.name.size() > max_event_bytes)
      std::abort();
  return 0;
}
