#define CAF_SUITE utf8_check
#include <caf/test/bdd_dsl.hpp>

#include "net/wire/utf8_check.hpp"

#include <cstdint>
#include <string>

using troupe::net::utf8_check;

namespace {

// The definition itself: decode, then check the shortest form and the range.
bool is_valid_by_definition(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<std::uint8_t>(text[k]); };
    const std::size_t length = byte(i) < 0x80   ? 1
                               : byte(i) < 0xC0 ? 0
                               : byte(i) < 0xE0 ? 2
                               : byte(i) < 0xF0 ? 3
                               : byte(i) < 0xF8 ? 4
                                                : 0;
    if (length == 0 || i + length > text.size())
      return false;
    std::uint32_t code = length == 1 ? byte(i) : byte(i) & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80)
        return false;
      code = code << 6 | (byte(i + k) & 0x3FU);
    }
    const std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < smallest[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
      return false;
    i += length;
  }
  return true;
}

bool is_valid(const std::string& text) {
  utf8_check check;
  return check.accept(text) == text.size() && !check.is_inside_sequence();
}

} // namespace

SCENARIO("every text of up to three bytes is judged as the definition says") {
  for (std::uint32_t x = 0; x < 1U << 24; x += x < 1U << 16 ? 1 : 7) {
    const std::string text{static_cast<char>(x >> 16), static_cast<char>(x >> 8 & 0xFF),
                           static_cast<char>(x & 0xFF)};
    if (is_valid(text) != is_valid_by_definition(text))
      FAIL("differs for " << x);
  }
}

SCENARIO("every sequence of four bytes at the edges is judged as the definition says") {
  const unsigned edges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
  for (unsigned first = 0xE0; first <= 0xFF; ++first)
    for (auto a : edges)
      for (auto b : edges)
        for (auto c : edges) {
          const std::string text{static_cast<char>(first), static_cast<char>(a),
                                 static_cast<char>(b), static_cast<char>(c)};
          CHECK_EQ(is_valid(text), is_valid_by_definition(text));
        }
}

SCENARIO("the usable part ends before the invalid sequence, wherever it lies in the word") {
  for (std::size_t n = 0; n < 40; ++n) {
    utf8_check check;
    const auto text = std::string(n, 'x') + "\xE2\x82x and more";
    CHECK_EQ(check.accept(text), n);
    CHECK(check.failed());
    CHECK_EQ(check.accept("more"), 0u);
  }
}
