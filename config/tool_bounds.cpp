#include "config/tool_bounds.hpp"

#include "config/table_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace troupe::config {

namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t tebibyte = 1024 * 1024 * mebibyte;
constexpr std::uint64_t most_bytes = 1024 * tebibyte;
constexpr std::uint64_t least_memory_bytes = 16 * mebibyte;
constexpr std::uint64_t least_file_bytes = mebibyte;
constexpr std::int64_t least_processes = 8;
constexpr std::int64_t most_processes = 4'194'304; // the kernel's own limit of process ids

std::optional<std::uint64_t> read_size(const table_reader& from, std::string_view key,
                                       std::uint64_t least) {
  const auto* given = from.find(key);
  if (given == nullptr)
    return std::nullopt;
  std::optional<std::uint64_t> size;
  if (const auto* text = std::get_if<std::string>(&given->value))
    size = parse_size(*text);
  else if (const auto* number = std::get_if<std::int64_t>(&given->value); number && *number >= 0)
    size = static_cast<std::uint64_t>(*number);
  if (size && (*size == 0 || (*size >= least && *size <= most_bytes)))
    return size;
  from.refuse(key, fmt::format("`tools.{}` must be a number of bytes, or a text with B, KiB, MiB, "
                               "GiB or TiB like \"8 GiB\", from {} MiB to {} TiB; 0 means no bound",
                               key, least / mebibyte, most_bytes / tebibyte));
  return std::nullopt;
}

} // namespace

tool_bounds read_tool_bounds(const table_reader& from) {
  tool_bounds result;
  result.max_memory_bytes = read_size(from, "max_memory", least_memory_bytes);
  result.max_file_bytes =
    read_size(from, "max_file_size", least_file_bytes).value_or(result.max_file_bytes);
  if (const auto count = from.integer("max_processes")) {
    if (*count == 0 || (*count >= least_processes && *count <= most_processes))
      result.max_processes = static_cast<std::uint32_t>(*count);
    else
      from.refuse("max_processes",
                  fmt::format("`tools.max_processes` must be a number of processes from {} to {}; "
                              "0 means no bound",
                              least_processes, most_processes));
  }
  return result;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 6> units{
    {{"", 1},
     {"B", 1},
     {"KiB", 1024},
     {"MiB", mebibyte},
     {"GiB", 1024 * mebibyte},
     {"TiB", tebibyte}}};
  double number = 0;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || !(number >= 0))
    return std::nullopt;
  std::string_view unit{stop, static_cast<std::size_t>(end - stop)};
  if (unit.starts_with(' '))
    unit.remove_prefix(1);
  constexpr double most = 1e18;
  for (const auto& [name, factor] : units)
    if (unit == name && number * static_cast<double>(factor) < most)
      return static_cast<std::uint64_t>(number * static_cast<double>(factor));
  return std::nullopt;
}

} // namespace troupe::config
