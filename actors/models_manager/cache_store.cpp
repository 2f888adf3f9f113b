#include "actors/models_manager/cache_store.hpp"

#include "config/catalogue.hpp"
#include "config/home.hpp"
#include "config/providers.hpp"
#include "config/text_file.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace troupe::models_manager {

namespace fs = std::filesystem;

namespace {

using text_result = std::variant<std::monostate, std::string, cache_remarks>;

/// Nothing when there is no file; remarks when it cannot be read.
text_result read_cache_file(const fs::path& file) {
  auto text = config::read_text_file(file, config::max_catalogue_bytes);
  if (auto* content = std::get_if<std::string>(&text))
    return std::move(*content);
  const auto error = std::get<std::error_code>(text);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory)
    return {};
  return cache_remarks{fmt::format("{} cannot be read: {}", file.string(), error.message())};
}

cache_remarks not_usable(const fs::path& file, const config::catalogue_error& problem) {
  return {fmt::format("{} is not usable and will be replaced: {}", file.string(), problem.message)};
}

cache_remarks remarks_of(const fs::path& file, const std::vector<std::string>& warnings) {
  cache_remarks result;
  for (const auto& text : warnings)
    result.push_back(fmt::format("{}: {}", file.string(), text));
  return result;
}

cache_remarks write_cache_file(const fs::path& file, std::string_view text) {
  if (const auto error = config::write_private_file(file, text))
    return {fmt::format("{} cannot be written: {}", file.string(), error.message())};
  return {};
}

} // namespace

fs::path cache_place::file() const {
  if (provider == config::default_provider_id)
    return config::models_cache_file(home);
  return config::models_cache_file(home / "remote_models" / cache_key(provider));
}

load_result load_cache(const cache_place& from, cache_time now) {
  auto text = read_cache_file(from.file());
  if (auto* remarks = std::get_if<cache_remarks>(&text))
    return {.hit = std::nullopt, .remarks = std::move(*remarks)};
  const auto* content = std::get_if<std::string>(&text);
  if (content == nullptr)
    return {};
  auto parsed = parse_cache(*content);
  if (const auto* problem = std::get_if<config::catalogue_error>(&parsed))
    return {.hit = std::nullopt, .remarks = not_usable(from.file(), *problem)};
  auto& found = std::get<read_cache>(parsed);
  if (found.content.client_version != from.client_version ||
      !is_fresh(found.content.fetched_at, now, from.lifetime))
    return {};
  return {.hit = std::move(found.content), .remarks = remarks_of(from.file(), found.warnings)};
}

cache_remarks save_cache(const cache_place& into, const cached_models& x) {
  return write_cache_file(into.file(), print_cache(x));
}

cache_remarks renew_cache(const cache_place& in, std::string_view etag, cache_time now) {
  auto text = read_cache_file(in.file());
  if (auto* remarks = std::get_if<cache_remarks>(&text))
    return std::move(*remarks);
  const auto* content = std::get_if<std::string>(&text);
  if (content == nullptr)
    return {fmt::format("{} is gone and cannot be renewed", in.file().string())};
  const auto renewed = renewed_cache(*content, etag, now);
  if (const auto* problem = std::get_if<config::catalogue_error>(&renewed))
    return not_usable(in.file(), *problem);
  const auto& replacement = std::get<std::string>(renewed);
  if (replacement.empty())
    return {}; // another process has fetched another list since
  return write_cache_file(in.file(), replacement);
}

cache_remarks drop_cache(const cache_place& in) {
  std::error_code error;
  fs::remove(in.file(), error);
  if (error)
    return {fmt::format("{} cannot be removed: {}", in.file().string(), error.message())};
  return {};
}

} // namespace troupe::models_manager
