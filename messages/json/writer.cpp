#include "messages/json/writer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace troupe {

namespace {

/// What a byte of a string needs: 0 nothing, 'u' the long escape, 'x' a look at its neighbours,
/// else the letter of its short escape.
constexpr std::array<char, 256> make_byte_classes() {
  std::array<char, 256> result{};
  for (std::size_t i = 0; i < 0x20; ++i)
    result[i] = 'u';
  result['\b'] = 'b';
  result['\t'] = 't';
  result['\n'] = 'n';
  result['\f'] = 'f';
  result['\r'] = 'r';
  result['"'] = '"';
  result['\\'] = '\\';
  for (std::size_t i = 0x80; i < 0x100; ++i)
    result[i] = 'x';
  return result;
}

constexpr auto byte_classes = make_byte_classes();

constexpr unsigned byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

/// Length of the well-formed UTF-8 character at `i`, which is no ASCII; 0 when there is none
/// (Unicode, table 3-7: no overlong forms, surrogates or values over U+10FFFF).
std::size_t character_length(std::string_view text, std::size_t i) {
  const auto first = byte_at(text, i);
  const auto second = byte_at(text, i + 1);
  const auto tail = [&](std::size_t at) { return (byte_at(text, at) & 0xC0) == 0x80; };
  if (first >= 0xC2 && first <= 0xDF)
    return tail(i + 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const auto low = first == 0xE0 ? 0xA0U : 0x80U;
    const auto high = first == 0xED ? 0x9FU : 0xBFU;
    return second >= low && second <= high && tail(i + 2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const auto low = first == 0xF0 ? 0x90U : 0x80U;
    const auto high = first == 0xF4 ? 0x8FU : 0xBFU;
    return second >= low && second <= high && tail(i + 2) && tail(i + 3) ? 4 : 0;
  }
  return 0;
}

/// The high bits of those among eight bytes that may not be copied as they are. Only the lowest is
/// sure: a borrow can mark bytes above it.
std::uint64_t marks_of(std::uint64_t bytes) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  const auto below = [](std::uint64_t x, std::uint64_t limit) { return x - ones * limit; };
  const auto marks =
    bytes | below(bytes, 0x20) | below(bytes ^ (ones * '"'), 1) | below(bytes ^ (ones * '\\'), 1);
  return marks & (ones * 0x80);
}

/// The first byte from `i` on that may need something, or one of the last seven. Long texts are
/// nearly all plain bytes, and looking at one at a time was a sixth of a thread's start.
std::size_t skip_plain(std::string_view text, std::size_t i) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t bytes = 0;
  for (; text.size() - i >= sizeof bytes; i += sizeof bytes) {
    std::memcpy(&bytes, text.data() + i, sizeof bytes);
    if (const auto marks = marks_of(bytes))
      return i + static_cast<std::size_t>(std::countr_zero(marks)) / 8;
  }
  return i;
}

void append_escape(std::string& out, char byte, char kind) {
  out += '\\';
  out += kind;
  if (kind != 'u')
    return;
  static constexpr char digits[] = "0123456789abcdef";
  out += "00";
  out += digits[static_cast<unsigned char>(byte) >> 4];
  out += digits[static_cast<unsigned char>(byte) & 15];
}

template <class Number>
void append_number(std::string& out, Number x) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x).ptr;
  out.append(buffer.data(), end);
}

void append_real(std::string& out, double x) {
  if (!std::isfinite(x)) {
    out += "null";
    return;
  }
  const auto start = out.size();
  append_number(out, x);
  if (out.find_first_of(".e", start) == std::string::npos)
    out += ".0";
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t run = 0; // start of what is copied as it is
  std::size_t i = skip_plain(text, 0);
  while (i < text.size()) {
    const char kind = byte_classes[static_cast<unsigned char>(text[i])];
    if (kind == 0) {
      i = skip_plain(text, i + 1);
      continue;
    }
    const auto length = kind == 'x' ? character_length(text, i) : 0;
    if (length != 0) {
      i += length;
      continue;
    }
    out.append(text, run, i - run);
    if (kind == 'x')
      out += "\xEF\xBF\xBD";
    else
      append_escape(out, text[i], kind);
    run = ++i;
  }
  out.append(text, run);
  out += '"';
}

void append_json(std::string& out, const boost::json::value& x) {
  using boost::json::kind;
  switch (x.kind()) {
  case kind::null: out += "null"; return;
  case kind::bool_: out += x.get_bool() ? "true" : "false"; return;
  case kind::int64: append_number(out, x.get_int64()); return;
  case kind::uint64: append_number(out, x.get_uint64()); return;
  case kind::double_: append_real(out, x.get_double()); return;
  case kind::string: append_json_string(out, x.get_string()); return;
  case kind::object: append_json(out, x.get_object()); return;
  case kind::array: break;
  }
  char separator = '[';
  for (const auto& element : x.get_array()) {
    out += separator;
    append_json(out, element);
    separator = ',';
  }
  out += separator == '[' ? "[]" : "]";
}

void append_json(std::string& out, const boost::json::object& x) {
  char separator = '{';
  for (const auto& member : x) {
    out += separator;
    append_json_string(out, member.key());
    out += ':';
    append_json(out, member.value());
    separator = ',';
  }
  out += separator == '{' ? "{}" : "}";
}

json_writer& json_writer::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_ += ':';
  needs_comma_ = false;
  return *this;
}

json_writer& json_writer::text(std::string_view x) {
  separate();
  append_json_string(out_, x);
  return *this;
}

json_writer& json_writer::number(std::int64_t x) {
  separate();
  append_number(out_, x);
  return *this;
}

json_writer& json_writer::number(std::uint64_t x) {
  separate();
  append_number(out_, x);
  return *this;
}

json_writer& json_writer::real(double x) {
  separate();
  append_real(out_, x);
  return *this;
}

json_writer& json_writer::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

json_writer& json_writer::open(char bracket) {
  separate();
  out_ += bracket;
  needs_comma_ = false;
  return *this;
}

json_writer& json_writer::close(char bracket) {
  out_ += bracket;
  needs_comma_ = true;
  return *this;
}

} // namespace troupe
