#include "apps/sim/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace troupe::sim {

namespace {

constexpr bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80;
}

struct lead {
  std::size_t bytes = 0; // 0: no lead byte
  char32_t bits = 0;
  char32_t lowest = 0; // anything below is an overlong form
};

constexpr lead lead_of(unsigned char c) {
  if (c >= 0xC2 && c <= 0xDF)
    return {2, c & 0x1FU, 0x80};
  if (c >= 0xE0 && c <= 0xEF)
    return {3, c & 0x0FU, 0x800};
  if (c >= 0xF0 && c <= 0xF4)
    return {4, c & 0x07U, 0x10000};
  return {};
}

constexpr bool is_scalar(char32_t x) {
  return x < 0xD800 || (x > 0xDFFF && x <= 0x10FFFF);
}

// Behind the ASCII that begins at `at`, eight bytes at a time: most texts are nothing else.
std::size_t ascii_end(std::string_view text, std::size_t at) {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  std::uint64_t word = 0;
  while (text.size() - at >= sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & high_bits) != 0)
      break;
    at += sizeof word;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80)
    ++at;
  return at;
}

} // namespace

code_point decode_utf8(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80)
    return {first, 1};
  const code_point bad{first_bad_byte + first, 1};
  const auto head = lead_of(first);
  if (head.bytes == 0 || text.size() - at < head.bytes)
    return bad;
  auto value = head.bits;
  for (std::size_t i = 1; i < head.bytes; ++i) {
    const char c = text[at + i];
    if (!is_continuation(c))
      return bad;
    value = (value << 6) | (static_cast<unsigned char>(c) & 0x3FU);
  }
  if (value < head.lowest || !is_scalar(value))
    return bad;
  return {value, head.bytes};
}

void append_utf8(std::string& out, char32_t value) {
  if (!is_scalar(value))
    value = 0xFFFD;
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (value < 0x80) {
    put(value);
  } else if (value < 0x800) {
    put(0xC0 | (value >> 6));
    put(0x80 | (value & 0x3F));
  } else if (value < 0x10000) {
    put(0xE0 | (value >> 12));
    put(0x80 | ((value >> 6) & 0x3F));
    put(0x80 | (value & 0x3F));
  } else {
    put(0xF0 | (value >> 18));
    put(0x80 | ((value >> 12) & 0x3F));
    put(0x80 | ((value >> 6) & 0x3F));
    put(0x80 | (value & 0x3F));
  }
}

void append_valid_utf8(std::string& out, std::string_view text) {
  std::size_t done = 0;
  for (std::size_t at = ascii_end(text, 0); at < text.size(); at = ascii_end(text, at)) {
    const auto x = decode_utf8(text, at);
    if (x.value >= first_bad_byte) {
      out.append(text.substr(done, at - done));
      append_utf8(out, 0xFFFD);
      done = at + 1;
    }
    at += x.bytes;
  }
  out.append(text.substr(done));
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes)
    return text;
  auto end = max_bytes;
  // A sequence has at most three continuation bytes; more of them are no UTF-8 and may be cut.
  for (int i = 0; i < 3 && end > 0 && is_continuation(text[end]); ++i)
    --end;
  return text.substr(0, end);
}

} // namespace troupe::sim
