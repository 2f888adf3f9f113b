#pragma once

#include "config/loader.hpp"
#include "tests/support/temp_folder.hpp"

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What the tests of config/ have in common: a home, a system directory and a workspace on disk,
/// and an environment that holds only what a test puts there.
namespace troupe::config::test {

using variable_map = std::map<std::string, std::string>;

inline environment environment_of(variable_map variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string{name});
    return found == variables.end() ? std::nullopt : std::optional{found->second};
  };
}

struct config_fixture {
  troupe::test::temp_folder disk;
  std::filesystem::path home = disk.make_folder("home");
  std::filesystem::path system = disk.make_folder("etc");
  std::filesystem::path workspace = disk.make_folder("ws");
  load_request request{.home = home,
                       .cwd = workspace,
                       .system_directory = system,
                       .overrides = {},
                       .typed = {},
                       .env = environment_of({}),
                       .client_version = "1.2.3"};

  void user_file(std::string_view text) const { disk.write("home/config.toml", text); }
  void system_file(std::string_view text) const { disk.write("etc/config.toml", text); }

  void trust(const std::filesystem::path& folder, std::string_view level = "trusted") const {
    std::ofstream out(home / "config.toml", std::ios::app);
    out << "\n[projects.\"" << folder.string() << "\"]\ntrust_level = \"" << level << "\"\n";
  }

  config loaded() const {
    auto result = load(request);
    if (const auto* error = std::get_if<config_error>(&result))
      throw std::runtime_error(to_string(*error));
    return std::get<config>(std::move(result));
  }

  /// The text on stderr; "loaded" when there is no error.
  std::string error() const {
    const auto result = load(request);
    const auto* error = std::get_if<config_error>(&result);
    return error ? to_string(*error) : "loaded";
  }
};

} // namespace troupe::config::test
