#include "config/overrides.hpp"

#include "config/text_file.hpp"
#include "config/toml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace troupe::config {

namespace {

using source_pointer = std::shared_ptr<const settings_source>;

std::string_view without_quotes(std::string_view text) {
  const auto first = text.find_first_not_of("\"'");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of("\"'") - first + 1);
}

// The whole tree gets the command line as its origin: places inside an argument help nobody.
setting relocated(setting x, const source_pointer& source) {
  x.where = {source, 0, 0};
  if (auto* list = std::get_if<setting_list>(&x.value))
    for (auto& element : *list)
      element = relocated(std::move(element), source);
  if (auto* table = std::get_if<setting_table>(&x.value))
    for (auto& [key, element] : *table)
      element = relocated(std::move(element), source);
  return x;
}

// TOML where it is TOML; everything else is taken as the text itself, so that people need not
// quote.
setting parse_value(std::string_view text, const source_pointer& source) {
  const auto line =
    std::make_shared<const settings_source>(settings_source{{}, {}, fmt::format("_x_ = {}", text)});
  const auto parsed = parse_toml(line);
  if (const auto* table = std::get_if<setting_table>(&parsed))
    if (const auto* value = find_setting(*table, {"_x_"}))
      return relocated(*value, source);
  return {std::string{without_quotes(text)}, {source, 0, 0}};
}

std::vector<std::string_view> split_key(std::string_view key) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto dot = key.find('.');
    parts.push_back(key.substr(0, dot));
    if (dot == std::string_view::npos)
      return parts;
    key.remove_prefix(dot + 1);
  }
}

setting_table with_value(setting_table root, const std::vector<std::string_view>& path,
                         setting value) {
  auto* table = &root;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    auto& next = (*table)[std::string{path[i]}];
    if (!std::holds_alternative<setting_table>(next.value))
      next = {setting_table{}, value.where};
    table = &std::get<setting_table>(next.value);
  }
  table->insert_or_assign(std::string{path.back()}, std::move(value));
  return root;
}

constexpr std::size_t most_key_bytes = 100;
constexpr std::size_t longest_word = 40; // names of settings are shorter, keys and tokens are not

/// The argument without what may be a secret: the value, or all of it where somebody has put a key
/// in place of a setting.
std::string shown(std::string_view argument) {
  const auto equals = argument.find('=');
  if (equals != std::string_view::npos)
    return fmt::format("{}=***", argument.substr(0, std::min(equals, most_key_bytes)));
  const bool may_be_key = trimmed(argument).starts_with("sk-") || argument.size() > longest_word;
  return may_be_key ? "***" : std::string{argument};
}

config_error refuse(std::string_view why, std::string_view argument) {
  return {config_errc::bad_override, fmt::format("{}: {}", why, shown(argument))};
}

} // namespace

std::variant<setting_table, config_error> parse_overrides(std::span<const std::string> arguments,
                                                          const std::filesystem::path& cwd) {
  const auto source = std::make_shared<const settings_source>(settings_source{{}, cwd, {}});
  setting_table result;
  for (const std::string_view argument : arguments) {
    const auto equals = argument.find('=');
    if (equals == std::string_view::npos)
      return refuse("Invalid override (missing '=')", argument);
    auto key = trimmed(argument.substr(0, equals));
    if (key.empty())
      return refuse("Empty key in override", argument);
    if (key == "use_linux_sandbox_bwrap")
      key = "features.use_linux_sandbox_bwrap"; // its old place
    const auto path = split_key(key);
    if (path.size() > max_key_parts)
      return refuse("Too many parts in the key of the override", argument);
    const auto text = trimmed(argument.substr(equals + 1));
    result = with_value(std::move(result), path, parse_value(text, source));
  }
  return result;
}

} // namespace troupe::config
