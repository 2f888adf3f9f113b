#include "apps/common/override_options.hpp"

#include "config/features.hpp"

#include <CLI/App.hpp>
#include <optional>

namespace troupe::common {

namespace {

void add_list(CLI::App& app, const char* names, std::vector<std::string>& into, const char* metavar,
              const char* help) {
  app.add_option(names, into, help)
    ->type_name(metavar)
    ->allow_extra_args(false)
    ->group("Configuration");
}

std::optional<config::config_error> append_switches(const std::vector<std::string>& features,
                                                    config::feature_switch to,
                                                    std::vector<std::string>& out) {
  for (const auto& feature : features) {
    auto made = config::feature_override(feature, to);
    if (auto* error = std::get_if<config::config_error>(&made))
      return std::move(*error);
    out.push_back(std::get<std::string>(std::move(made)));
  }
  return std::nullopt;
}

} // namespace

void add_override_options(CLI::App& app, override_options& into) {
  add_list(app, "-c,--config", into.settings, "KEY=VALUE",
           "Override a setting of config.toml for this run. Dots reach into tables; the value is "
           "read as TOML, or taken as text when it is none. May be repeated, the last one wins. "
           "Example: -c model_reasoning_effort=high");
  add_list(app, "--enable", into.enabled, "FEATURE",
           "Switch a feature on, like -c features.FEATURE=true. May be repeated");
  add_list(app, "--disable", into.disabled, "FEATURE",
           "Switch a feature off, like -c features.FEATURE=false. May be repeated");
}

override_options given_overrides(const CLI::App& app) {
  const auto results = [&app](const char* name) {
    const auto* option = app.get_option_no_throw(name);
    return option == nullptr ? std::vector<std::string>{} : option->results();
  };
  return {results("--config"), results("--enable"), results("--disable")};
}

std::variant<std::vector<std::string>, config::config_error>
joined_overrides(std::span<const override_options> levels) {
  std::vector<std::string> out;
  for (const auto& level : levels) {
    out.insert(out.end(), level.settings.begin(), level.settings.end());
    if (auto error = append_switches(level.enabled, config::feature_switch::enable, out))
      return std::move(*error);
    if (auto error = append_switches(level.disabled, config::feature_switch::disable, out))
      return std::move(*error);
  }
  return out;
}

} // namespace troupe::common
