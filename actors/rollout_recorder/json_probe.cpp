#include "actors/rollout_recorder/json_probe.hpp"

#include "messages/json/document.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <string>

namespace troupe::rollout_recorder {

namespace {

constexpr std::string_view space = " \t\r\n";
constexpr std::size_t max_type_bytes = 64;

using boost::json::error_code;
using boost::json::string_view;

/// Follows the parser's events just closely enough to see the top-level member "type".
struct type_handler {
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);

  std::string type;
  std::string key; // of the top level, cut when long
  std::size_t depth = 0;
  bool is_object = false;
  bool after_type_key = false;

  void reset() {
    type.clear();
    key.clear();
    depth = 0;
    is_object = false;
    after_type_key = false;
  }

  static void append_cut(std::string& to, string_view part) {
    const auto room = max_type_bytes - std::min(max_type_bytes, to.size());
    to.append(part.data(), std::min(room, part.size()));
  }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) {
    ++depth;
    return on_value();
  }
  bool on_array_end(std::size_t, error_code&) {
    --depth;
    return true;
  }
  bool on_object_begin(error_code&) {
    is_object = is_object || depth == 0;
    ++depth;
    return on_value();
  }
  bool on_object_end(std::size_t, error_code&) {
    --depth;
    return true;
  }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    if (depth == 1)
      append_cut(key, part);
    return true;
  }
  bool on_key(string_view part, std::size_t, error_code&) {
    if (depth != 1)
      return true;
    append_cut(key, part);
    after_type_key = is_object && key == "type";
    key.clear();
    if (after_type_key)
      type.clear();
    return true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) {
    if (after_type_key)
      append_cut(type, part);
    return true;
  }
  bool on_string(string_view part, std::size_t, error_code&) {
    if (after_type_key)
      append_cut(type, part);
    return on_value();
  }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, string_view, error_code&) { return on_value(); }
  bool on_uint64(std::uint64_t, string_view, error_code&) { return on_value(); }
  bool on_double(double, string_view, error_code&) { return on_value(); }
  bool on_bool(bool, error_code&) { return on_value(); }
  bool on_null(error_code&) { return on_value(); }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

private:
  bool on_value() {
    after_type_key = false;
    return true;
  }
};

boost::json::parse_options options() {
  boost::json::parse_options result;
  result.max_depth = max_json_depth;
  return result;
}

} // namespace

struct json_probe::parser {
  boost::json::basic_parser<type_handler> core{options()};
};

json_probe::json_probe() : parser_(std::make_unique<parser>()) {}

json_probe::~json_probe() = default;

json_shape json_probe::examine(std::string_view text) {
  auto& core = parser_->core;
  core.reset();
  core.handler().reset();
  error_code error;
  const auto used = core.write_some(false, text.data(), text.size(), error);
  if (error || used != text.size() || !core.done())
    return json_shape::invalid;
  return core.handler().is_object ? json_shape::object : json_shape::other;
}

std::string_view json_probe::type() const {
  return parser_->core.handler().type;
}

member_scanner::member_scanner(std::string_view object) : text_(without_space(object)) {
  if (text_.starts_with('{'))
    at_ = 1;
  else
    text_ = {};
}

std::optional<member_scanner::member> member_scanner::next() {
  skip_space();
  if (at_ < text_.size() && text_[at_] == ',') {
    ++at_;
    skip_space();
  }
  const auto name = at_;
  if (!skip_string())
    return std::nullopt;
  const auto name_end = at_;
  skip_space();
  if (at_ >= text_.size() || text_[at_] != ':')
    return std::nullopt;
  ++at_;
  skip_space();
  const auto value = at_;
  if (!skip_value())
    return std::nullopt;
  return member{text_.substr(name + 1, name_end - name - 2), text_.substr(value, at_ - value)};
}

void member_scanner::skip_space() {
  at_ = std::min(text_.find_first_not_of(space, at_), text_.size());
}

bool member_scanner::skip_string() {
  if (at_ >= text_.size() || text_[at_] != '"')
    return false;
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == '\\') {
      ++at_;
    } else if (text_[at_] == '"') {
      ++at_;
      return true;
    }
  }
  return false;
}

bool member_scanner::skip_value() {
  const auto start = at_;
  std::size_t depth = 0;
  while (at_ < text_.size()) {
    switch (text_[at_]) {
    case '"':
      if (!skip_string())
        return false;
      break;
    case '{':
    case '[':
      ++depth;
      ++at_;
      break;
    case '}':
    case ']':
      if (depth == 0)
        return at_ > start; // the end of a number or literal, and of the object around it
      --depth;
      ++at_;
      break;
    default:
      if (depth == 0) {
        at_ = std::min(text_.find_first_of(" \t\r\n,}]", at_), text_.size());
        return at_ > start;
      }
      ++at_;
      continue;
    }
    if (depth == 0)
      return true;
  }
  return false;
}

std::optional<std::string_view> plain_string(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"')
    return std::nullopt;
  const auto inner = value.substr(1, value.size() - 2);
  if (inner.find_first_of("\"\\") != std::string_view::npos)
    return std::nullopt;
  return inner;
}

std::string_view without_space(std::string_view text) {
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

} // namespace troupe::rollout_recorder
