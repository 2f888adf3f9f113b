#pragma once

#include "messages/mode_settings.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Who a thread is (contract model-switching.md, identities).
namespace troupe {

enum class identity_kind : std::uint8_t { nobody, planner, programmer, explorer, reviewer };
template <>
struct enum_texts<identity_kind> {
  static constexpr std::array<std::string_view, 5> values{"nobody", "planner", "programmer",
                                                          "explorer", "reviewer"};
};

struct identity {
  identity_kind kind = identity_kind::nobody;
  mode_settings settings;
  bool operator==(const identity&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, identity& x) {
  return f.object(x).fields(f.field("kind", x.kind), f.field("settings", x.settings));
}

/// What a thread of an identity may do.
struct identity_capabilities {
  /// Tools that write are offered; without them the sandbox is read-only, too.
  bool write_tools = false;
  bool operator==(const identity_capabilities&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, identity_capabilities& x) {
  return f.object(x).fields(f.field("write_tools", x.write_tools));
}

struct identity_mask {
  std::string name;
  std::optional<identity_kind> kind; ///< absent: keep
  settings_mask settings;
  identity_capabilities capabilities;
  bool operator==(const identity_mask&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, identity_mask& x) {
  return f.object(x).fields(f.field("name", x.name), f.field("kind", x.kind),
                            f.field("settings", x.settings),
                            f.field("capabilities", x.capabilities));
}

/// Name and capabilities describe the mask only.
inline identity applied(const identity_mask& mask, identity x) {
  x.kind = mask.kind.value_or(x.kind);
  x.settings = applied(mask.settings, std::move(x.settings));
  return x;
}

/// Answer: `identity_list`.
struct list_identities {
  bool operator==(const list_identities&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, list_identities& x) {
  return f.object(x).fields();
}

struct identity_list {
  std::vector<identity_mask> identities; ///< nobody, planner, programmer, explorer, reviewer
  bool operator==(const identity_list&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, identity_list& x) {
  return f.object(x).fields(f.field("identities", x.identities));
}

} // namespace troupe
