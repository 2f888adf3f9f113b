#include "actors/model_client/json_scan.hpp"

#include <array>
#include <charconv>
#include <cstring>

namespace troupe::model_client {

namespace {

/// Bytes that end a run of plain characters inside a string: control characters, quote, backslash.
constexpr auto string_stops = [] {
  std::array<bool, 256> result{};
  for (std::size_t i = 0; i < 0x20; ++i)
    result[i] = true;
  result['"'] = true;
  result['\\'] = true;
  return result;
}();

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

json_kind kind_of(char first) {
  switch (first) {
  case '{': return json_kind::object;
  case '[': return json_kind::array;
  case '"': return json_kind::string;
  case 't':
  case 'f': return json_kind::boolean;
  case 'n': return json_kind::null;
  default: return json_kind::number;
  }
}

} // namespace

json_scan::json_scan(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {
  skip_space();
  if (take('['))
    close_ = ']';
  else if (!take('{'))
    state_ = state::failed;
}

std::optional<json_member> json_scan::next() {
  if (state_ == state::complete || state_ == state::failed)
    return std::nullopt;
  skip_space();
  if (take(close_))
    return finish();
  if (state_ == state::further) {
    if (!take(','))
      return fail();
    skip_space();
  }
  state_ = state::further;
  json_member result;
  if (close_ == '}') {
    const auto key = name();
    if (!key)
      return fail();
    result.name = *key;
  }
  const auto content = value(1);
  if (!content)
    return fail();
  result.value = *content;
  return result;
}

std::optional<json_member> json_scan::fail() {
  state_ = state::failed;
  return std::nullopt;
}

std::optional<json_member> json_scan::finish() {
  skip_space();
  state_ = at_ == end_ ? state::complete : state::failed;
  return std::nullopt;
}

void json_scan::skip_space() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t'))
    ++at_;
}

bool json_scan::take(char c) {
  if (at_ == end_ || *at_ != c)
    return false;
  ++at_;
  return true;
}

std::optional<json_slice> json_scan::value(unsigned depth) {
  if (at_ == end_)
    return std::nullopt;
  const auto start = at_;
  const auto kind = kind_of(*start);
  const bool good = [&] {
    switch (*start) {
    case '{': return skip_container('}', depth + 1);
    case '[': return skip_container(']', depth + 1);
    case '"': return skip_string();
    case 't': return skip_word("true");
    case 'f': return skip_word("false");
    case 'n': return skip_word("null");
    default: return skip_number();
    }
  }();
  if (!good)
    return std::nullopt;
  return json_slice{kind, {start, static_cast<std::size_t>(at_ - start)}};
}

std::optional<std::string_view> json_scan::name() {
  const auto start = at_;
  if (!skip_string())
    return std::nullopt;
  const std::string_view result{start + 1, static_cast<std::size_t>(at_ - start) - 2};
  skip_space();
  if (!take(':'))
    return std::nullopt;
  skip_space();
  return result;
}

bool json_scan::skip_container(char close, unsigned depth) {
  if (depth > max_depth)
    return false;
  ++at_;
  skip_space();
  if (take(close))
    return true;
  for (;;) {
    if (close == '}' && !name())
      return false;
    if (!value(depth))
      return false;
    skip_space();
    if (take(close))
      return true;
    if (!take(','))
      return false;
    skip_space();
  }
}

bool json_scan::skip_string() {
  if (!take('"'))
    return false;
  for (;;) {
    while (at_ != end_ && !string_stops[static_cast<unsigned char>(*at_)])
      ++at_;
    if (take('"'))
      return true;
    if (!take('\\') || !skip_escape())
      return false;
  }
}

bool json_scan::skip_escape() {
  if (at_ == end_)
    return false;
  const char kind = *at_++;
  if (kind != 'u')
    return kind != '\0' && std::strchr("\"\\/bfnrt", kind) != nullptr;
  for (int i = 0; i < 4; ++i, ++at_)
    if (at_ == end_ || !is_hex(*at_))
      return false;
  return true;
}

bool json_scan::skip_number() {
  take('-');
  if (!take('0') && !skip_digits())
    return false;
  if (take('.') && !skip_digits())
    return false;
  if (!take('e') && !take('E'))
    return true;
  if (!take('+'))
    take('-');
  return skip_digits();
}

bool json_scan::skip_digits() {
  const auto start = at_;
  while (at_ != end_ && is_digit(*at_))
    ++at_;
  return at_ != start;
}

bool json_scan::skip_word(std::string_view word) {
  if (!std::string_view{at_, static_cast<std::size_t>(end_ - at_)}.starts_with(word))
    return false;
  at_ += word.size();
  return true;
}

namespace {

unsigned hex_number(std::string_view digits) {
  unsigned result = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), result, 16);
  return result;
}

void append_utf8(std::string& out, unsigned code) {
  const auto put = [&out](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80)
    return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

/// Appends the character of the `\u` escape whose digits are at `at`; returns what is behind it, or
/// npos for half a pair. The digits were checked by the scan.
std::size_t append_long_escape(std::string& out, std::string_view text, std::size_t at) {
  auto code = hex_number(text.substr(at, 4));
  at += 4;
  if (code < 0xD800 || code > 0xDFFF) {
    append_utf8(out, code);
    return at;
  }
  if (code > 0xDBFF || text.substr(at, 2) != "\\u")
    return std::string_view::npos;
  const auto low = hex_number(text.substr(at + 2, 4));
  if (low < 0xDC00 || low > 0xDFFF)
    return std::string_view::npos;
  append_utf8(out, 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00));
  return at + 6;
}

char short_escape(char kind) {
  switch (kind) {
  case 'b': return '\b';
  case 'f': return '\f';
  case 'n': return '\n';
  case 'r': return '\r';
  case 't': return '\t';
  default: return kind;
  }
}

} // namespace

std::optional<std::string> json_text(const json_slice& x) {
  if (x.kind != json_kind::string)
    return std::nullopt;
  const auto text = x.text.substr(1, x.text.size() - 2);
  std::string result;
  std::size_t at = 0;
  for (;;) {
    const auto escape = text.find('\\', at);
    result.append(text, at, escape - at);
    if (escape == std::string_view::npos)
      return result;
    const char kind = text[escape + 1];
    at = escape + 2;
    if (kind == 'u') {
      at = append_long_escape(result, text, at);
      if (at == std::string_view::npos)
        return std::nullopt;
    } else {
      result += short_escape(kind);
    }
  }
}

std::optional<std::int64_t> json_integer(const json_slice& x) {
  if (x.kind != json_kind::number)
    return std::nullopt;
  std::int64_t result = 0;
  const auto end = x.text.data() + x.text.size();
  const auto [stop, error] = std::from_chars(x.text.data(), end, result);
  if (error != std::errc{} || stop != end)
    return std::nullopt;
  return result;
}

} // namespace troupe::model_client
