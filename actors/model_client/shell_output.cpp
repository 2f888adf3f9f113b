#include "actors/model_client/shell_output.hpp"

#include "actors/model_client/json_scan.hpp"
#include "messages/json/writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

namespace troupe::model_client {

namespace {

constexpr std::string_view quoted(const json_slice& x) {
  return x.kind == json_kind::string ? x.text : std::string_view{};
}

} // namespace

bool offers_freeform_patch(std::string_view tools_json) {
  if (tools_json.find("\"apply_patch\"") == std::string_view::npos)
    return false;
  json_scan tools{tools_json};
  while (const auto tool = tools.next()) {
    std::string_view type;
    std::string_view name;
    json_scan members{tool->value.text};
    while (const auto member = members.next()) {
      if (member->name == "type")
        type = quoted(member->value);
      else if (member->name == "name")
        name = quoted(member->value);
    }
    if (type == "\"custom\"" && name == "\"apply_patch\"")
      return true;
  }
  return false;
}

namespace {

struct shell_output {
  std::string output;
  std::int32_t exit_code = 0;
  float duration_seconds = 0;
};

std::optional<float> parse_float(const json_slice& x) {
  if (x.kind != json_kind::number)
    return std::nullopt;
  double wide = 0;
  const auto read = std::from_chars(x.text.data(), x.text.data() + x.text.size(), wide);
  if (read.ec != std::errc{} || std::abs(wide) > std::numeric_limits<float>::max())
    return std::nullopt;
  return static_cast<float>(wide);
}

std::optional<std::int32_t> parse_exit_code(const json_slice& x) {
  const auto number = json_integer(x);
  if (!number || !std::in_range<std::int32_t>(*number))
    return std::nullopt;
  return static_cast<std::int32_t>(*number);
}

std::optional<shell_output> parse_shell_output(std::string_view json) {
  if (!json.starts_with('{')) // most outputs are text already
    return std::nullopt;
  std::optional<std::string> output;
  std::optional<std::int32_t> exit_code;
  std::optional<float> duration;
  json_scan scan{json};
  while (const auto member = scan.next()) {
    if (member->name == "output") {
      output = json_text(member->value);
    } else if (member->name == "metadata" && member->value.kind == json_kind::object) {
      json_scan metadata{member->value.text};
      while (const auto field = metadata.next()) {
        if (field->name == "exit_code")
          exit_code = parse_exit_code(field->value);
        else if (field->name == "duration_seconds")
          duration = parse_float(field->value);
      }
    }
  }
  if (!scan.is_complete() || !output || !exit_code || !duration)
    return std::nullopt;
  return shell_output{std::move(*output), *exit_code, *duration};
}

/// The shortest digits that read back as the same 32-bit number: `0.5`, `1`.
std::string shortest(float x) {
  std::array<char, 64> digits;
  const auto end =
    std::to_chars(digits.data(), digits.data() + digits.size(), x, std::chars_format::fixed).ptr;
  return {digits.data(), end};
}

struct split_output {
  std::optional<std::uint32_t> total_lines;
  std::string_view rest;
};

/// Takes the line `Total output lines: N`, and an empty one behind it, from the front.
split_output split_header(std::string_view output) {
  constexpr std::string_view header = "Total output lines: ";
  if (!output.starts_with(header))
    return {std::nullopt, output};
  const auto line_end = std::min(output.find('\n'), output.size());
  const auto number = output.substr(header.size(), line_end - header.size());
  std::uint32_t lines = 0;
  const auto end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, lines);
  if (error != std::errc{} || stop != end)
    return {std::nullopt, output};
  output.remove_prefix(std::min(line_end + 1, output.size()));
  if (output.starts_with('\n'))
    output.remove_prefix(1);
  return {lines, output};
}

} // namespace

std::optional<std::string> shell_output_text(std::string_view output) {
  const auto parsed = parse_shell_output(output);
  if (!parsed)
    return std::nullopt;
  const auto [total_lines, rest] = split_header(parsed->output);
  auto result = "Exit code: " + std::to_string(parsed->exit_code) +
                "\nWall time: " + shortest(parsed->duration_seconds) + " seconds";
  if (total_lines)
    result += "\nTotal output lines: " + std::to_string(*total_lines);
  result += "\nOutput:\n";
  result += rest;
  return result;
}

std::optional<std::string> with_text_output(std::string_view item_json) {
  std::optional<std::string> text;
  std::string result;
  json_writer writer{result};
  writer.begin_object();
  json_scan scan{item_json};
  while (const auto member = scan.next()) {
    writer.key(member->name);
    if (member->name == "output") {
      const auto output = json_text(member->value);
      text = output ? shell_output_text(*output) : std::nullopt;
      if (!text)
        return std::nullopt;
      writer.text(*text);
    } else {
      writer.raw(member->value.text);
    }
  }
  writer.end_object();
  if (!scan.is_complete() || !text)
    return std::nullopt;
  return result;
}

namespace {

/// What pairs calls and outputs, as far as it matters here. Ids are compared as written.
struct item_outline {
  enum class role : std::uint8_t { other, shell_call, output };
  role kind = role::other;
  std::string_view call_id;
};

bool is_shell_name(std::string_view type, std::string_view name) {
  if (type == "\"custom_tool_call\"")
    return name == "\"apply_patch\"";
  return name == "\"shell\"" || name == "\"container.exec\"" || name == "\"apply_patch\"";
}

item_outline outline(std::string_view item_json) {
  using enum item_outline::role;
  std::string_view type;
  std::string_view name;
  item_outline result;
  json_scan scan{item_json};
  while (const auto member = scan.next()) {
    if (member->name == "type") {
      type = quoted(member->value);
      // Our items begin with their type, so messages end here and are not read to their end.
      if (!type.ends_with("_call\"") && !type.ends_with("_call_output\""))
        return {};
    } else if (member->name == "name") {
      name = quoted(member->value);
    } else if (member->name == "call_id") {
      result.call_id = quoted(member->value);
    }
  }
  if (type == "\"function_call_output\"" || type == "\"custom_tool_call_output\"")
    result.kind = output;
  else if (type == "\"local_shell_call\"")
    result.kind = shell_call;
  else if (type == "\"function_call\"" || type == "\"custom_tool_call\"")
    result.kind = is_shell_name(type, name) ? shell_call : other;
  return result;
}

} // namespace

std::vector<shared_text> shell_output_formatter::format(const shared_text& tools_json,
                                                        std::vector<shared_text> input) {
  if (!is_wanted(tools_json))
    return input;
  std::vector<std::string_view> pending; // few at a time: parallel calls of one answer
  for (auto& item : input) {
    const auto x = outline(item.view());
    if (x.call_id.empty())
      continue;
    const auto call = std::ranges::find(pending, x.call_id);
    if (x.kind == item_outline::role::shell_call && call == pending.end()) {
      pending.push_back(x.call_id);
    } else if (x.kind == item_outline::role::output && call != pending.end()) {
      pending.erase(call);
      item = formatted(item);
    }
  }
  return input;
}

bool shell_output_formatter::is_wanted(const shared_text& tools_json) {
  const identity given = tools_json.pointer();
  const bool known = !tools_.owner_before(given) && !given.owner_before(tools_);
  if (!known) {
    tools_ = given;
    offers_patch_ = offers_freeform_patch(tools_json.view());
  }
  return offers_patch_;
}

shared_text shell_output_formatter::formatted(const shared_text& item) {
  const auto found = kept_.find(item.pointer());
  if (found != kept_.end())
    return found->second.empty() ? item : found->second;
  auto text = with_text_output(item.view());
  const shared_text result{std::move(text).value_or("")};
  // The whole memory is given up at once: what is still needed comes back with the next request.
  if (kept_.size() >= max_kept_items || kept_bytes_ + result.size() > max_kept_bytes) {
    kept_.clear();
    kept_bytes_ = 0;
  }
  kept_bytes_ += result.size();
  kept_.emplace(item.pointer(), result);
  return result.empty() ? item : result;
}

} // namespace troupe::model_client
