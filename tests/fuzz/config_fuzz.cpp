// Settings from outside: a line of `-c` arguments separated by NUL bytes, then, after the first
// newline, a TOML text. Neither may crash; what parses must merge, print and be readable.

#include "config/catalogue_json.hpp"
#include "config/credentials.hpp"
#include "config/overrides.hpp"
#include "config/provider_settings.hpp"
#include "config/toml_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace troupe::config;

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> result;
  for (;;) {
    const auto end = text.find(at);
    result.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos)
      return result;
    text.remove_prefix(end + 1);
  }
}

void expect(bool holds) {
  if (!holds)
    std::abort();
}

void read_settings(std::string_view arguments, std::string_view text) {
  const auto source = std::make_shared<const settings_source>(
    settings_source{"/h/config.toml", "/h", std::string{text}});
  const auto file = parse_toml(source);
  const auto flags = parse_overrides(split(arguments, '\0'), "/ws");
  const auto* lower = std::get_if<setting_table>(&file);
  const auto* upper = std::get_if<setting_table>(&flags);
  if (lower == nullptr)
    expect(!std::get<config_error>(file).message.empty());
  if (lower == nullptr || upper == nullptr)
    return;
  const auto both = merged(*lower, *upper);
  expect(!canonical_json(both).empty());
  const table_reader reader{both, "/users/me"};
  (void)read_providers(reader.table("model_providers"), {});
  (void)reader.table("sandbox_workspace_write").paths("writable_roots");
  (void)reader.table("history").count("max_bytes");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const std::string_view view = text;
  const auto newline = view.find('\n');
  read_settings(view.substr(0, newline),
                newline == view.npos ? std::string_view{} : view.substr(newline + 1));
  const auto models = parse_catalogue(view, catalogue_form::file);
  if (const auto* list = std::get_if<catalogue>(&models))
    expect(parse_catalogue(print_catalogue(*list), catalogue_form::strict) == models);
  const auto login = parse_login(view);
  if (const auto* found = std::get_if<troupe::config::login>(&login))
    expect(std::holds_alternative<troupe::config::login>(parse_login(print_login(*found))));
  return 0;
}
