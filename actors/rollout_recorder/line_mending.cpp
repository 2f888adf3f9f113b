#include "actors/rollout_recorder/line_mending.hpp"

#include "net/wire/utf8_check.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace troupe::rollout_recorder {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view escaped_replacement = "\\ufffd";
constexpr std::size_t longest_sequence = 4;
constexpr std::size_t unicode_escape_size = 6; // \uXXXX

/// Bytes of the character that `text` begins with; 0: it is none.
std::size_t character_size(std::string_view text) {
  for (std::size_t size = 1; size <= std::min(longest_sequence, text.size()); ++size) {
    net::utf8_check check;
    check.accept(text.substr(0, size));
    if (check.failed())
      return 0;
    if (!check.is_inside_sequence())
      return size;
  }
  return 0;
}

/// The code unit of the \uXXXX that `text` begins with.
std::optional<std::uint32_t> code_unit(std::string_view text) {
  if (text.size() < unicode_escape_size || !text.starts_with("\\u"))
    return std::nullopt;
  std::uint32_t unit = 0;
  const auto* end = text.data() + unicode_escape_size;
  const auto read = std::from_chars(text.data() + 2, end, unit, 16);
  return read.ec == std::errc{} && read.ptr == end ? std::optional{unit} : std::nullopt;
}

bool is_high(std::optional<std::uint32_t> unit) {
  return unit && *unit >= 0xD800 && *unit < 0xDC00;
}

bool is_low(std::optional<std::uint32_t> unit) {
  return unit && *unit >= 0xDC00 && *unit < 0xE000;
}

class mender {
public:
  explicit mender(std::string_view line) : rest_(line) { out_.reserve(line.size()); }

  std::string mend() {
    while (!rest_.empty()) {
      if (in_string_ && rest_.front() == '\\')
        take_escape();
      else
        take_character();
    }
    return std::move(out_);
  }

private:
  void keep(std::size_t size) {
    out_ += rest_.substr(0, size);
    rest_.remove_prefix(std::min(size, rest_.size()));
  }

  void replace(std::size_t size, std::string_view by) {
    out_ += by;
    rest_.remove_prefix(size);
  }

  void take_escape() {
    const auto unit = code_unit(rest_);
    if (is_high(unit) && is_low(code_unit(rest_.substr(unicode_escape_size))))
      return keep(2 * unicode_escape_size);
    if (is_high(unit) || is_low(unit))
      return replace(unicode_escape_size, escaped_replacement);
    keep(1);
    if (!rest_.empty())
      take_plain_character(); // what is escaped; a quote ends nothing
  }

  void take_character() {
    if (rest_.front() == '"')
      in_string_ = !in_string_;
    take_plain_character();
  }

  void take_plain_character() {
    const bool is_control = static_cast<unsigned char>(rest_.front()) < 0x20;
    const auto size = in_string_ && is_control ? 0 : character_size(rest_);
    if (size > 0)
      keep(size);
    else
      replace(1, replacement);
  }

  std::string_view rest_;
  std::string out_;
  bool in_string_ = false;
};

} // namespace

std::string mended_line(std::string_view line) {
  return mender{line}.mend();
}

bool claims_to_be_meta(std::string_view line) {
  return line.find(R"("type":"session_meta")") != std::string_view::npos;
}

bool claims_to_be_user_message(std::string_view line) {
  return line.find(R"("type":"user_message")") != std::string_view::npos;
}

bool is_utf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

std::string_view to_sentence(line_fault fault) {
  switch (fault) {
  case line_fault::not_json: return "it is no JSON";
  case line_fault::not_a_line: return "it is no line of a rollout";
  case line_fault::invalid_utf8: return "it holds bytes that are no UTF-8";
  case line_fault::cut_in_a_character: return "it is cut off";
  case line_fault::utf16: return "it is UTF-16 and a rollout is UTF-8";
  }
  return "it cannot be read"; // unreachable; keeps GCC content
}

} // namespace troupe::rollout_recorder
