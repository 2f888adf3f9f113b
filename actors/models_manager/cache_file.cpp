#include "actors/models_manager/cache_file.hpp"

#include "actors/rollout_recorder/timestamps.hpp"
#include "config/models_answer.hpp"
#include "messages/json/document.hpp"
#include "messages/json/object_reader.hpp"
#include "messages/json/writer.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cctype>
#include <utility>

namespace troupe::models_manager {

namespace {

namespace json = boost::json;

/// 64 bits, of FNV-1a: enough to keep a home's few providers apart.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t result = 14'695'981'039'346'656'037U;
  for (const unsigned char c : text)
    result = (result ^ c) * 1'099'511'628'211U;
  return result;
}

/// Indents compact JSON by two spaces a level, as the reference's files are.
std::string indented(std::string_view compact) {
  std::string out;
  out.reserve(compact.size() + compact.size() / 4);
  std::size_t depth = 0;
  bool in_text = false;
  const auto line = [&] { out.append(1, '\n').append(2 * depth, ' '); };
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    if (in_text) {
      out += c;
      if (c == '\\')
        out += compact[++i];
      in_text = c != '"';
      continue;
    }
    const bool opens = c == '{' || c == '[';
    const bool closes = c == '}' || c == ']';
    if (opens && compact[i + 1] == (c == '{' ? '}' : ']')) {
      out.append(1, c).append(1, compact[++i]);
      continue;
    }
    if (closes) {
      --depth;
      line();
    }
    out += c;
    in_text = c == '"';
    depth += opens ? 1 : 0;
    if (opens || c == ',')
      line();
    if (c == ':')
      out += ' ';
  }
  return out;
}

/// Other times are no time of this program, and a clock of nanoseconds cannot hold them all.
bool is_plausible(rollout_recorder::sys_milliseconds time) {
  using namespace std::chrono;
  return time >= sys_days{1970y / 1 / 1} && time < sys_days{2200y / 1 / 1};
}

std::optional<std::string> owned_text(std::optional<std::string_view> x) {
  return x ? std::optional{std::string{*x}} : std::nullopt;
}

} // namespace

std::variant<read_cache, config::catalogue_error> parse_cache(std::string_view text) {
  const json_document document{text};
  const auto* object = document.root() ? document.root()->if_object() : nullptr;
  if (object == nullptr)
    return config::catalogue_error{"not a JSON object"};
  object_reader in{*object};
  const auto fetched_at = rollout_recorder::parse_rfc3339(in.text("fetched_at"));
  read_cache result;
  result.content.etag = owned_text(in.optional_text("etag"));
  result.content.client_version = owned_text(in.optional_text("client_version"));
  if (in.failed() || !fetched_at || !is_plausible(*fetched_at))
    return config::catalogue_error{"`fetched_at`, `etag` or `client_version` has a wrong value"};
  result.content.fetched_at = *fetched_at;
  if (!object->contains("models"))
    return config::catalogue_error{"no array `models`"};
  auto models = config::parse_models_answer(*document.root());
  if (auto* error = std::get_if<config::catalogue_error>(&models))
    return std::move(*error);
  auto& read = std::get<config::models_answer>(models);
  result.content.models = std::move(read.models);
  result.warnings = std::move(read.warnings);
  return result;
}

std::string print_cache(const cached_models& x) {
  std::string text;
  json_writer out{text};
  out.begin_object().member("fetched_at", rollout_recorder::line_time_text(x.fetched_at));
  if (x.etag)
    out.member("etag", std::string_view{*x.etag});
  if (x.client_version)
    out.member("client_version", std::string_view{*x.client_version});
  std::string models;
  config::append_models(models, x.models);
  out.key("models").raw(models).end_object();
  return indented(text);
}

std::variant<std::string, config::catalogue_error>
renewed_cache(std::string_view text, std::string_view etag, cache_time fetched_at) {
  const json_document document{text};
  const auto* object = document.root() ? document.root()->if_object() : nullptr;
  if (object == nullptr)
    return config::catalogue_error{"not a JSON object"};
  object_reader in{*object};
  if (in.optional_text("etag") != etag)
    return std::string{};
  json::object renewed{*object, json::storage_ptr{}};
  renewed["fetched_at"] = rollout_recorder::line_time_text(fetched_at);
  std::string compact;
  append_json(compact, renewed);
  return indented(compact);
}

bool is_fresh(cache_time fetched_at, cache_time now, std::chrono::seconds lifetime) {
  return lifetime.count() > 0 && (fetched_at >= now || now - fetched_at <= lifetime);
}

std::string cache_key(std::string_view provider) {
  constexpr std::size_t longest = 120; // names of files end at 255 bytes
  std::string result;
  for (const unsigned char c : provider)
    result += std::isalnum(c) != 0 || c == '-' || c == '_' ? fmt::format("{}", static_cast<char>(c))
                                                           : fmt::format("%{:02x}", c);
  if (result.size() > longest)
    return fmt::format("{}%~{:016x}", std::string_view{result}.substr(0, longest),
                       hash_of(provider));
  return result.empty() ? "%" : result;
}

std::string_view whole_version(std::string_view version) {
  return version.substr(0, version.find_first_of("-+"));
}

} // namespace troupe::models_manager
