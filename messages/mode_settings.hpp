#pragma once

#include "messages/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

/// What identities and collaboration modes have in common (contracts models-manager.md 16,
/// model-switching.md): the settings of a thread that they carry, and masks that change them.
namespace troupe {

struct mode_settings {
  std::string model;
  std::optional<troupe::reasoning_effort> reasoning_effort;
  std::optional<std::string> developer_instructions;
  bool operator==(const mode_settings&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, mode_settings& x) {
  return f.object(x).fields(f.field("model", x.model),
                            f.field("reasoning_effort", x.reasoning_effort),
                            f.field("developer_instructions", x.developer_instructions));
}

enum class setting_change_kind : std::uint8_t { keep, clear, set };
template <>
struct enum_texts<setting_change_kind> {
  static constexpr std::array<std::string_view, 3> values{"keep", "clear", "set"};
};

/// What a mask does to an optional setting.
template <class T>
struct setting_change {
  setting_change_kind kind = setting_change_kind::keep;
  T value{}; ///< of `set`

  static setting_change cleared() { return {.kind = setting_change_kind::clear}; }
  static setting_change to(T x) {
    return {.kind = setting_change_kind::set, .value = std::move(x)};
  }

  std::optional<T> applied_to(std::optional<T> x) const {
    switch (kind) {
    case setting_change_kind::keep: return x;
    case setting_change_kind::clear: return std::nullopt;
    case setting_change_kind::set: return value;
    }
    return x; // unreachable; keeps GCC content
  }

  bool operator==(const setting_change&) const = default;
};

template <class Inspector, class T>
bool inspect(Inspector& f, setting_change<T>& x) {
  return f.object(x).fields(f.field("kind", x.kind), f.field("value", x.value));
}

/// A mask's part that concerns the settings.
struct settings_mask {
  std::optional<std::string> model; ///< absent: keep
  setting_change<troupe::reasoning_effort> reasoning_effort;
  setting_change<std::string> developer_instructions;
  bool operator==(const settings_mask&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, settings_mask& x) {
  return f.object(x).fields(f.field("model", x.model),
                            f.field("reasoning_effort", x.reasoning_effort),
                            f.field("developer_instructions", x.developer_instructions));
}

inline mode_settings applied(const settings_mask& mask, mode_settings x) {
  x.model = mask.model.value_or(std::move(x.model));
  x.reasoning_effort = mask.reasoning_effort.applied_to(x.reasoning_effort);
  x.developer_instructions =
    mask.developer_instructions.applied_to(std::move(x.developer_instructions));
  return x;
}

} // namespace troupe
