#include "config/known_keys.hpp"

#include "config/suggestion.hpp"
#include "config/table_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::config {

namespace {

std::vector<std::string_view> unknown_keys(const table_reader& table,
                                           std::span<const std::string_view> known) {
  auto result = table.keys();
  std::erase_if(result,
                [&](std::string_view key) { return std::ranges::find(known, key) != known.end(); });
  return result;
}

void refuse_key(const table_reader& table, std::string_view name, std::string_view key,
                std::span<const std::string_view> known) {
  table.refuse(key, fmt::format("unknown key `{}.{}`{}", name, key, suggestion(key, known)));
}

} // namespace

void refuse_unknown_keys(const table_reader& table, std::string_view name,
                         std::span<const std::string_view> known) {
  for (const auto key : unknown_keys(table, known))
    refuse_key(table, name, key, known);
}

std::vector<std::string> refuse_misspelt_keys(const table_reader& table, std::string_view name,
                                              std::span<const std::string_view> known) {
  std::vector<std::string> result;
  for (const auto key : unknown_keys(table, known)) {
    if (nearest_name(key, known))
      refuse_key(table, name, key, known);
    else
      result.emplace_back(key);
  }
  return result;
}

} // namespace troupe::config
