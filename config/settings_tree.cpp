#include "config/settings_tree.hpp"

#include "messages/json/writer.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace troupe::config {

namespace {

namespace json = boost::json;

constexpr std::size_t max_shown_line_bytes = 200;

json::value to_json(const setting& x) {
  struct visitor {
    json::value operator()(const std::string& v) const { return json::string(v); }
    json::value operator()(std::int64_t v) const { return v; }
    json::value operator()(double v) const { return v; }
    json::value operator()(bool v) const { return v; }
    json::value operator()(const date_text& v) const { return json::string(v.text); }
    json::value operator()(const setting_list& v) const {
      json::array result;
      for (const auto& element : v)
        result.push_back(to_json(element));
      return result;
    }
    json::value operator()(const setting_table& v) const {
      json::object result; // keeps the order of insertion, which the map has sorted
      for (const auto& [key, element] : v)
        result.emplace(key, to_json(element));
      return result;
    }
  };
  return std::visit(visitor{}, x.value);
}

std::string_view line_of(std::string_view text, std::uint32_t number) {
  for (std::uint32_t i = 1; i < number; ++i) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos)
      return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r'))
    text.remove_suffix(1);
  return text;
}

bool may_hold_credential(std::string_view line) {
  constexpr auto words = std::to_array<std::string_view>(
    {"bearer", "secret", "authorization", "password", "api_key", "api-key", "apikey"});
  std::string lower(line);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::any_of(
    words, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

std::string shown_line(std::string_view line) {
  if (may_hold_credential(line))
    return fmt::format("{} ***", line.substr(0, line.find('=') + 1));
  std::string result(line.substr(0, max_shown_line_bytes));
  for (char& c : result)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      c = ' '; // a file must not drive the terminal, and a tab would move the marker
  return result;
}

} // namespace

setting_table merged(setting_table base, const setting_table& over) {
  for (const auto& [key, value] : over) {
    const auto* upper = std::get_if<setting_table>(&value.value);
    const auto found = base.find(key);
    auto* lower = found == base.end() ? nullptr : std::get_if<setting_table>(&found->second.value);
    if (upper != nullptr && lower != nullptr)
      *lower = merged(std::move(*lower), *upper);
    else
      base.insert_or_assign(key, value);
  }
  return base;
}

const setting* find_setting(const setting_table& root,
                            std::initializer_list<std::string_view> path) {
  const auto* table = &root;
  const setting* result = nullptr;
  for (const auto key : path) {
    if (table == nullptr)
      return nullptr;
    const auto found = table->find(key);
    if (found == table->end())
      return nullptr;
    result = &found->second;
    table = std::get_if<setting_table>(&result->value);
  }
  return result;
}

std::string_view kind_name(const setting& x) {
  constexpr auto names = std::to_array<std::string_view>(
    {"a string", "an integer", "a float", "a boolean", "a date", "an array", "a table"});
  return names[x.value.index()];
}

std::string canonical_json(const setting_table& root) {
  std::string result;
  append_json(result, to_json(setting{root, {}}));
  return result;
}

config_error error_at(const origin& where, std::string_view message) {
  if (!where.source)
    return {config_errc::bad_file, std::string{message}};
  if (where.source->label.empty())
    return {config_errc::bad_override, std::string{message}};
  const auto& label = where.source->label;
  if (where.line == 0)
    return {config_errc::bad_file, fmt::format("{}: {}", label, message)};
  const auto line = shown_line(line_of(where.source->text, where.line));
  const auto number = std::to_string(where.line);
  const auto column = std::min<std::size_t>(std::max(where.column, 1U) - 1, line.size());
  return {config_errc::bad_file,
          fmt::format("{0}:{1}:{2}: {3}\n{4:>{5}} |\n{1} | {6}\n{4:>{5}} | {4:>{7}}^", label,
                      number, where.column, message, "", number.size(), line, column)};
}

} // namespace troupe::config
