#include "actors/tool_runner/output_deltas.hpp"

#include "actors/tool_runner/utf8_text.hpp"

#include <algorithm>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// Length of the longest run of whole characters at the start, at most `max_bytes`.
std::size_t valid_prefix(std::string_view text, std::size_t max_bytes) {
  std::size_t size = 0;
  while (size < text.size()) {
    const auto next = first_character(text.substr(size));
    if (!next.valid || size + next.size > max_bytes)
      break;
    size += next.size;
  }
  return size;
}

/// A lead byte and less than what it announces may become a character with the next read.
bool may_be_incomplete(std::string_view text) {
  constexpr std::size_t longest_character = 4;
  const auto lead = static_cast<std::uint8_t>(text.front());
  if (text.size() >= longest_character || lead < 0xC2 || lead >= 0xF5)
    return false;
  const std::size_t announced = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return text.size() < announced && std::all_of(text.begin() + 1, text.end(), [](char c) {
           return (static_cast<std::uint8_t>(c) & 0xC0u) == 0x80u;
         });
}

} // namespace

bool delta_budget::admit(std::size_t bytes, clock::time_point now) {
  if (deltas_ >= max_deltas)
    return false;
  const std::chrono::duration<double> elapsed = now - refilled_;
  refilled_ = now;
  available_ =
    std::min<double>(burst_bytes, available_ + elapsed.count() * double{bytes_per_second});
  if (available_ < static_cast<double>(bytes))
    return false;
  available_ -= static_cast<double>(bytes);
  ++deltas_;
  return true;
}

std::vector<std::string> delta_cutter::cut(std::string_view bytes) {
  kept_.append(bytes);
  std::vector<std::string> pieces;
  std::string_view rest{kept_};
  while (!rest.empty()) {
    auto size = valid_prefix(rest, max_piece_bytes);
    if (size == 0 && may_be_incomplete(rest))
      break;
    size = std::max<std::size_t>(size, 1);
    pieces.emplace_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  kept_ = std::string{rest};
  return pieces;
}

std::vector<std::string> delta_cutter::rest() {
  std::vector<std::string> pieces;
  for (const auto c : std::exchange(kept_, {}))
    pieces.emplace_back(1, c);
  return pieces;
}

} // namespace troupe::tool_runner
