#pragma once

#include "messages/mode_settings.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How a thread works together with its user (contract models-manager.md 16).
namespace troupe {

enum class mode_kind : std::uint8_t { default_mode, plan };
template <>
struct enum_texts<mode_kind> {
  static constexpr std::array<std::string_view, 2> values{"default", "plan"};
};

/// As `parse_enum`; the retired names `code`, `pair_programming`, `execute` and `custom` read as
/// `default_mode`.
constexpr std::optional<mode_kind> parse_mode_kind(std::string_view text) {
  for (const std::string_view retired : {"code", "pair_programming", "execute", "custom"})
    if (text == retired)
      return mode_kind::default_mode;
  return parse_enum<mode_kind>(text);
}

/// As shown to people and models.
constexpr std::string_view display_name(mode_kind x) {
  return x == mode_kind::plan ? "Plan" : "Default";
}

struct collaboration_mode {
  mode_kind mode = mode_kind::default_mode;
  mode_settings settings;
  bool operator==(const collaboration_mode&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, collaboration_mode& x) {
  return f.object(x).fields(f.field("mode", x.mode), f.field("settings", x.settings));
}

struct collaboration_mask {
  std::string name;
  std::optional<mode_kind> mode; ///< absent: keep
  settings_mask settings;
  bool operator==(const collaboration_mask&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, collaboration_mask& x) {
  return f.object(x).fields(f.field("name", x.name), f.field("mode", x.mode),
                            f.field("settings", x.settings));
}

/// The name describes the mask only.
inline collaboration_mode applied(const collaboration_mask& mask, collaboration_mode x) {
  x.mode = mask.mode.value_or(x.mode);
  x.settings = applied(mask.settings, std::move(x.settings));
  return x;
}

/// Answer: `collaboration_mode_list`.
struct list_collaboration_modes {
  bool operator==(const list_collaboration_modes&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, list_collaboration_modes& x) {
  return f.object(x).fields();
}

struct collaboration_mode_list {
  std::vector<collaboration_mask> modes; ///< Plan, Default
  bool operator==(const collaboration_mode_list&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, collaboration_mode_list& x) {
  return f.object(x).fields(f.field("modes", x.modes));
}

} // namespace troupe
