#include "apps/sim/json_text.hpp"
#include "apps/sim/utf8.hpp"
#include "messages/json/writer.hpp"

#include <array>
#include <charconv>

namespace troupe::sim {

namespace {

constexpr auto npos = std::string_view::npos;

// Behind the closing quote of the string that opens at `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (auto quote = text.find('"', at + 1); quote != npos; quote = text.find('"', quote + 1)) {
    auto first = quote;
    while (first > at + 1 && text[first - 1] == '\\')
      --first;
    if ((quote - first) % 2 == 0)
      return quote + 1;
  }
  return npos;
}

enum class byte_kind : std::uint8_t { other, quote, open, close };

constexpr auto byte_kinds = [] {
  std::array<byte_kind, 256> result{};
  result['"'] = byte_kind::quote;
  result['{'] = result['['] = byte_kind::open;
  result['}'] = result[']'] = byte_kind::close;
  return result;
}();

std::size_t container_end(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    switch (byte_kinds[static_cast<unsigned char>(text[at])]) {
    case byte_kind::other: ++at; continue;
    case byte_kind::quote:
      at = string_end(text, at);
      if (at == npos)
        return npos;
      continue;
    case byte_kind::open:
      ++depth;
      ++at;
      continue;
    case byte_kind::close:
      ++at;
      if (--depth == 0)
        return at;
      continue;
    }
  }
  return npos;
}

constexpr bool ends_scalar(char c) {
  return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t' ||
         c == ':' || c == '"' || c == '{' || c == '[';
}

std::optional<char32_t> hex_unit(std::string_view digits) {
  std::uint32_t value = 0;
  if (digits.size() < 4)
    return std::nullopt;
  const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + 4, value, 16);
  if (problem != std::errc{} || stop != digits.data() + 4)
    return std::nullopt;
  return static_cast<char32_t>(value);
}

/// Reads the inside of a string piece by piece.
class string_reader {
public:
  explicit string_reader(std::string_view inside) : rest_(inside) {}

  bool at_end() const { return rest_.empty(); }

  void append_next(std::string& out) {
    const auto run = rest_.substr(0, rest_.find('\\'));
    if (!run.empty()) {
      append_valid_utf8(out, run);
      rest_.remove_prefix(run.size());
      return;
    }
    rest_.remove_prefix(1);
    const char letter = rest_.empty() ? '\\' : rest_.front();
    rest_.remove_prefix(rest_.empty() ? 0 : 1);
    switch (letter) {
    case 'n': out += '\n'; return;
    case 't': out += '\t'; return;
    case 'r': out += '\r'; return;
    case 'b': out += '\b'; return;
    case 'f': out += '\f'; return;
    case 'u': append_utf8(out, escaped_unit()); return;
    default: out += static_cast<unsigned char>(letter) < 0x80 ? letter : '?';
    }
  }

private:
  char32_t escaped_unit() {
    const auto high = hex_unit(rest_);
    if (!high)
      return 0xFFFD;
    rest_.remove_prefix(4);
    if (*high < 0xD800 || *high > 0xDBFF || !rest_.starts_with("\\u"))
      return *high;
    const auto low = hex_unit(rest_.substr(2));
    if (!low || *low < 0xDC00 || *low > 0xDFFF)
      return *high;
    rest_.remove_prefix(6);
    return 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00);
  }

  std::string_view rest_;
};

} // namespace

std::string escaped_json(std::string_view text) {
  std::string result;
  append_json_string(result, text);
  return result.substr(1, result.size() - 2);
}

std::string unescaped_json(std::string_view raw, std::size_t max_bytes) {
  std::string result;
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"')
    return result;
  // No escape makes text longer than six times its bytes; what lies beyond is not looked at.
  auto inside = raw.substr(1, raw.size() - 2);
  inside = inside.substr(0, std::min(inside.size(), 6 * max_bytes));
  string_reader reader{inside};
  while (!reader.at_end() && result.size() < max_bytes)
    reader.append_next(result);
  result.resize(utf8_prefix(result, max_bytes).size());
  return result;
}

std::size_t skip_json_space(std::string_view text, std::size_t at) {
  while (at < text.size() &&
         (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t'))
    ++at;
  return at;
}

std::size_t json_value_end(std::string_view text, std::size_t at) {
  at = skip_json_space(text, at);
  if (at >= text.size())
    return npos;
  switch (byte_kinds[static_cast<unsigned char>(text[at])]) {
  case byte_kind::quote: return string_end(text, at);
  case byte_kind::open: return container_end(text, at);
  case byte_kind::close: return npos;
  case byte_kind::other: break;
  }
  auto end = at;
  while (end < text.size() && !ends_scalar(text[end]))
    ++end;
  return end == at ? npos : end;
}

json_walk::json_walk(std::string_view raw) : text_(raw) {
  at_ = skip_json_space(text_, 0);
  is_object_ = at_ < text_.size() && text_[at_] == '{';
  done_ = !is_object_ && (at_ >= text_.size() || text_[at_] != '[');
  ++at_;
}

bool json_walk::finish(bool whole) {
  done_ = true;
  whole_ = whole;
  return false;
}

bool json_walk::read_key() {
  if (at_ >= text_.size() || text_[at_] != '"')
    return false;
  const auto end = string_end(text_, at_);
  if (end == npos)
    return false;
  key_ = text_.substr(at_ + 1, end - at_ - 2);
  at_ = skip_json_space(text_, end);
  if (at_ >= text_.size() || text_[at_] != ':')
    return false;
  ++at_;
  return true;
}

bool json_walk::next() {
  if (done_)
    return false;
  at_ = skip_json_space(text_, at_);
  if (at_ >= text_.size())
    return finish(false);
  if (text_[at_] == (is_object_ ? '}' : ']')) {
    ++at_;
    return finish(true);
  }
  if (started_) {
    if (text_[at_] != ',')
      return finish(false);
    at_ = skip_json_space(text_, at_ + 1);
  }
  started_ = true;
  if (is_object_ && !read_key())
    return finish(false);
  at_ = skip_json_space(text_, at_);
  const auto end = json_value_end(text_, at_);
  if (end == npos)
    return finish(false);
  value_ = text_.substr(at_, end - at_);
  at_ = end;
  return true;
}

std::optional<std::string_view> json_member(std::string_view raw_object, std::string_view key) {
  if (!raw_object.starts_with('{'))
    return std::nullopt;
  json_walk members{raw_object};
  while (members.next())
    if (members.key() == key)
      return members.value();
  return std::nullopt;
}

} // namespace troupe::sim
