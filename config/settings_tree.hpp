#pragma once

#include "config/config_error.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Settings as a tree of values that know where they came from: what a TOML file, the `-c`
/// arguments or a request's `config` object are before anyone asks what they mean.
namespace troupe::config {

/// A file of settings, or the command line when `label` is empty.
struct settings_source {
  std::string label;               ///< the path as errors show it
  std::filesystem::path directory; ///< relative paths in it resolve against this
  std::string text;
};

struct origin {
  std::shared_ptr<const settings_source> source;
  std::uint32_t line = 0; ///< from 1; 0: no place
  std::uint32_t column = 0;
};

struct setting;
using setting_list = std::vector<setting>;
using setting_table = std::map<std::string, setting, std::less<>>;

/// A TOML date or time in its own notation.
struct date_text {
  std::string text;
};

struct setting {
  std::variant<std::string, std::int64_t, double, bool, date_text, setting_list, setting_table>
    value;
  origin where;
};

/// `over` on top of `base`: tables merge key by key, every other value replaces.
setting_table merged(setting_table base, const setting_table& over);

/// The value at `path`; null when a part is missing or no table.
const setting* find_setting(const setting_table& root,
                            std::initializer_list<std::string_view> path);

/// "a string", "an integer", ... for error messages.
std::string_view kind_name(const setting& x);

/// Compact JSON with sorted keys: what layer versions are computed from.
std::string canonical_json(const setting_table& root);

/// `PATH:LINE:COL: MESSAGE`, the source line and a marker below it; only the message when the value
/// comes from the command line. A line that seems to hold a credential is shown up to its `=`.
config_error error_at(const origin& where, std::string_view message);

} // namespace troupe::config
