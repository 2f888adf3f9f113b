#include "net/wire/utf8_check.hpp"

#include <cstring>

namespace troupe::net {

namespace {

// Most text is ASCII: eight bytes at a time, no branch per byte.
std::size_t ascii_prefix(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  std::size_t n = 0;
  for (std::uint64_t word; n + sizeof(word) <= text.size(); n += sizeof(word)) {
    std::memcpy(&word, text.data() + n, sizeof(word));
    if ((word & high_bits) != 0)
      break;
  }
  while (n < text.size() && static_cast<std::uint8_t>(text[n]) < 0x80)
    ++n;
  return n;
}

} // namespace

std::size_t utf8_check::accept(std::string_view chunk) {
  if (failed_)
    return 0;
  std::size_t sequence_start = 0;
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    if (missing_ == 0) {
      i += ascii_prefix(chunk.substr(i));
      if (i == chunk.size())
        break;
      sequence_start = i;
    }
    if (!step(static_cast<std::uint8_t>(chunk[i]))) {
      failed_ = true;
      return sequence_start;
    }
  }
  return chunk.size();
}

bool utf8_check::step(std::uint8_t byte) {
  if (missing_ > 0) {
    if (byte < low_ || byte > high_)
      return false;
    low_ = 0x80;
    high_ = 0xBF;
    --missing_;
    return true;
  }
  if (byte >= 0xC2 && byte <= 0xDF) {
    missing_ = 1;
  } else if (byte >= 0xE0 && byte <= 0xEF) {
    missing_ = 2;
    low_ = byte == 0xE0 ? 0xA0 : 0x80;  // overlong
    high_ = byte == 0xED ? 0x9F : 0xBF; // surrogates
  } else if (byte >= 0xF0 && byte <= 0xF4) {
    missing_ = 3;
    low_ = byte == 0xF0 ? 0x90 : 0x80;  // overlong
    high_ = byte == 0xF4 ? 0x8F : 0xBF; // above U+10FFFF
  } else {
    return false;
  }
  return true;
}

void append_utf8(std::uint32_t code_point, std::string& out) {
  const auto tail = [&](unsigned shift) {
    out.push_back(static_cast<char>(0x80u | (code_point >> shift & 0x3Fu)));
  };
  if (code_point < 0x80) {
    out.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out.push_back(static_cast<char>(0xC0u | code_point >> 6));
    tail(0);
  } else if (code_point < 0x10000) {
    out.push_back(static_cast<char>(0xE0u | code_point >> 12));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0u | code_point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

} // namespace troupe::net
