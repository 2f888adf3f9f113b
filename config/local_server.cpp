#include "config/local_server.hpp"

#include "messages/json/document.hpp"
#include "messages/json/object_reader.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>

namespace troupe::config {

namespace {

constexpr std::string_view version_root = "/v1";

std::string_view without_slashes(std::string_view url) {
  while (url.ends_with('/'))
    url.remove_suffix(1);
  return url;
}

/// The three numbers of a semantic version, and whether it comes before their release.
struct semantic_version {
  std::array<unsigned, 3> numbers{};
  bool is_preview = false;
};

/// Reads one number off the front of `text`.
std::optional<unsigned> take_number(std::string_view& text) {
  unsigned number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{})
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return number;
}

std::optional<semantic_version> parse_version(std::string_view text) {
  while (text.starts_with('v'))
    text.remove_prefix(1);
  semantic_version result;
  for (auto& number : result.numbers) {
    if (&number != result.numbers.data()) {
      if (!text.starts_with('.'))
        return std::nullopt;
      text.remove_prefix(1);
    }
    const auto taken = take_number(text);
    if (!taken)
      return std::nullopt;
    number = *taken;
  }
  if (!text.empty() && text.front() != '-' && text.front() != '+')
    return std::nullopt;
  result.is_preview = text.starts_with('-');
  return result;
}

bool is_too_old(const semantic_version& x) {
  static const auto oldest = parse_version(oldest_ollama)->numbers;
  const auto is_development = x.numbers == std::array<unsigned, 3>{} && !x.is_preview;
  return !is_development && (x.numbers < oldest || (x.numbers == oldest && x.is_preview));
}

} // namespace

std::string local_server_root(std::string_view base_url) {
  auto root = without_slashes(base_url);
  if (root.ends_with(version_root))
    root = without_slashes(root.substr(0, root.size() - version_root.size()));
  return std::string{root};
}

std::string local_server_probe(std::string_view base_url) {
  const auto has_version = without_slashes(base_url).ends_with(version_root);
  return local_server_root(base_url) + (has_version ? "/v1/models" : "/api/tags");
}

std::string without_credentials(std::string_view url) {
  constexpr std::string_view mark = "://";
  const auto scheme = url.find(mark);
  const auto start = scheme == std::string_view::npos ? 0 : scheme + mark.size();
  const auto host = url.substr(start, url.find('/', start) - start).rfind('@');
  if (host == std::string_view::npos)
    return std::string{url};
  return std::string{url.substr(0, start)}.append(url.substr(start + host + 1));
}

std::optional<std::string> refuse_ollama_version(int status, std::string_view body) {
  if (status < 200 || status > 299)
    return std::nullopt;
  const json_document document{body};
  if (!document.root())
    return "its answer to api/version is not JSON; is it an ollama server?";
  if (!document.root()->is_object())
    return std::nullopt;
  const object_reader answer{*document.root()};
  const auto* text = answer.find("version");
  const auto version = text && text->is_string() ? parse_version(text->get_string()) : std::nullopt;
  if (!version || !is_too_old(*version))
    return std::nullopt;
  return fmt::format(
    "its version {} is too old for the Responses API; update ollama to {} or later",
    std::string_view{text->get_string()}, oldest_ollama);
}

} // namespace troupe::config
