#include "actors/rollout_recorder/line_codec.hpp"

#include "actors/rollout_recorder/meta_codec.hpp"
#include "actors/rollout_recorder/persistence.hpp"
#include "net/wire/utf8_check.hpp"

#include <algorithm>
#include <optional>

namespace troupe::rollout_recorder {

namespace {

constexpr std::string_view timestamp_start = R"({"timestamp":")";
constexpr std::string_view type_start = R"(","type":")";
constexpr std::string_view payload_start = R"(","payload":)";

/// Takes `expected` off the front of `text`.
bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected))
    return false;
  text.remove_prefix(expected.size());
  return true;
}

/// What is before the next quote. ASCII without escapes only.
std::string_view take_word(std::string_view& text) {
  const auto is_plain = [](char c) { return c >= ' ' && c < 0x7F && c != '"' && c != '\\'; };
  const auto end = std::find_if_not(text.begin(), text.end(), is_plain);
  const auto word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(word.size());
  return word;
}

/// The line taken apart by the exact form in which it is written; the payload is not looked at, and
/// might be followed by further members.
std::optional<decoded_line> split_standard(std::string_view line) {
  if (!take(line, timestamp_start))
    return std::nullopt;
  decoded_line result;
  result.timestamp = take_word(line);
  if (!take(line, type_start))
    return std::nullopt;
  const auto kind = parse_enum<line_kind>(take_word(line));
  if (!kind || !take(line, payload_start) || !line.ends_with('}'))
    return std::nullopt;
  result.kind = *kind;
  result.payload = line.substr(0, line.size() - 1);
  return result;
}

/// The line taken apart member by member: other orders, white space, members we do not know.
std::optional<decoded_line> split_members(std::string_view object) {
  std::optional<line_kind> kind;
  std::optional<std::string_view> timestamp;
  decoded_line result;
  member_scanner scanner{object};
  while (const auto member = scanner.next()) {
    if (member->name == "timestamp")
      timestamp = plain_string(member->value);
    else if (member->name == "type")
      kind = parse_enum<line_kind>(plain_string(member->value).value_or(std::string_view{}));
    else if (member->name == "payload")
      result.payload = member->value;
  }
  if (!kind || !timestamp || result.payload.empty())
    return std::nullopt;
  result.kind = *kind;
  result.timestamp = *timestamp;
  return result;
}

line_fault fault_of_text(std::string_view line) {
  net::utf8_check utf8;
  utf8.accept(line);
  if (utf8.failed())
    return line_fault::invalid_utf8;
  return utf8.is_inside_sequence() ? line_fault::cut_in_a_character : line_fault::not_json;
}

} // namespace

void append_line(std::string& out, std::string_view timestamp, const rollout_line& line) {
  const auto payload = line.payload_json.view();
  out += timestamp_start;
  out += timestamp;
  out += type_start;
  out += to_text(line.kind);
  out += payload_start;
  const auto start = out.size();
  out += payload;
  if (payload.find('\n') != std::string_view::npos)
    std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), '\n', ' ');
  out += "}\n";
}

std::variant<decoded_line, line_fault> line_decoder::decode(std::string_view line) {
  const auto text = without_space(line);
  if (const auto standard = split_standard(text))
    if (is_valid_payload(standard->kind, standard->payload))
      return *standard;
  switch (probe_.examine(text)) {
  case json_shape::invalid: return fault_of_text(line);
  case json_shape::other: return line_fault::not_a_line;
  case json_shape::object: break;
  }
  const auto members = split_members(text);
  if (!members || !is_valid_payload(members->kind, members->payload))
    return line_fault::not_a_line;
  return *members;
}

bool line_decoder::is_valid_payload(line_kind kind, std::string_view payload) {
  if (probe_.examine(payload) != json_shape::object)
    return false;
  switch (kind) {
  case line_kind::meta: return parse_meta(payload).has_value();
  case line_kind::item: return !probe_.type().empty();
  case line_kind::event: return is_known_event(probe_.type());
  case line_kind::compacted:
  case line_kind::context: return true;
  }
  return false;
}

} // namespace troupe::rollout_recorder
