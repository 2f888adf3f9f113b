#include "actors/rollout_recorder/file_names.hpp"

#include "actors/rollout_recorder/timestamps.hpp"

#include <fmt/format.h>

namespace troupe::rollout_recorder {

namespace {

constexpr std::string_view prefix = "rollout-";
constexpr std::string_view suffix = ".jsonl";
constexpr std::size_t uuid_size = 36;

} // namespace

std::string file_name(const rollout_name& x) {
  return fmt::format("{}{}-{}{}", prefix, file_time_text(x.time), to_string(x.thread), suffix);
}

std::filesystem::path dated_path(const rollout_name& x) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(x.time)};
  return fmt::format("{}/{:02}/{:02}/{}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     file_name(x));
}

std::optional<rollout_name> parse_file_name(std::string_view name) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix))
    return std::nullopt;
  name.remove_prefix(prefix.size());
  if (name.size() < suffix.size() + uuid_size + 1)
    return std::nullopt;
  name.remove_suffix(suffix.size());
  const auto hyphen = name.size() - uuid_size - 1;
  if (name[hyphen] != '-')
    return std::nullopt;
  const auto time = parse_file_time(name.substr(0, hyphen));
  const auto thread = parse_thread_id(name.substr(hyphen + 1));
  if (!time || !thread)
    return std::nullopt;
  return rollout_name{*time, *thread};
}

std::optional<std::chrono::system_clock::time_point> creation_time(const thread_id& id) {
  if (id.bytes[6] >> 4 != 7)
    return std::nullopt;
  std::int64_t millis = 0; // the first 48 bits
  for (std::size_t i = 0; i < 6; ++i)
    millis = millis << 8 | id.bytes[i];
  return std::chrono::system_clock::time_point{std::chrono::milliseconds{millis}};
}

} // namespace troupe::rollout_recorder
