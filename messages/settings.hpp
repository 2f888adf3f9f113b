#pragma once

#include "messages/wire_enum.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Settings that a thread runs with, and their texts as configuration files, flags and JSON write
/// them (contracts threads.md 19.6, config.md 4).
namespace troupe {

enum class approval_policy : std::uint8_t { untrusted, on_failure, on_request, never };
template <>
struct enum_texts<approval_policy> {
  static constexpr std::array<std::string_view, 4> values{"untrusted", "on-failure", "on-request",
                                                          "never"};
};

enum class sandbox_mode : std::uint8_t {
  read_only,
  workspace_write,
  danger_full_access,
  external_sandbox
};
template <>
struct enum_texts<sandbox_mode> {
  static constexpr std::array<std::string_view, 4> values{"read-only", "workspace-write",
                                                          "danger-full-access", "external-sandbox"};
};

/// The last three are names of the released binary; providers that know them get them verbatim.
enum class reasoning_effort : std::uint8_t {
  none,
  minimal,
  low,
  medium,
  high,
  xhigh,
  max,
  ultra,
  persistent
};
template <>
struct enum_texts<reasoning_effort> {
  static constexpr std::array<std::string_view, 9> values{
    "none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra", "persistent"};
};

enum class reasoning_summary : std::uint8_t { automatic, concise, detailed, none };
template <>
struct enum_texts<reasoning_summary> {
  static constexpr std::array<std::string_view, 4> values{"auto", "concise", "detailed", "none"};
};

enum class verbosity : std::uint8_t { low, medium, high };
template <>
struct enum_texts<verbosity> {
  static constexpr std::array<std::string_view, 3> values{"low", "medium", "high"};
};

enum class personality : std::uint8_t { none, friendly, pragmatic };
template <>
struct enum_texts<personality> {
  static constexpr std::array<std::string_view, 3> values{"none", "friendly", "pragmatic"};
};

enum class web_search_mode : std::uint8_t { disabled, cached, live };
template <>
struct enum_texts<web_search_mode> {
  static constexpr std::array<std::string_view, 3> values{"disabled", "cached", "live"};
};

enum class environment_inherit : std::uint8_t { all, core, none };
template <>
struct enum_texts<environment_inherit> {
  static constexpr std::array<std::string_view, 3> values{"all", "core", "none"};
};

/// What an agent may do at all. `read_only` is enforced by the tool runner, whatever the sandbox
/// policy and the approvals say.
enum class tool_access : std::uint8_t { full, read_only };
template <>
struct enum_texts<tool_access> {
  static constexpr std::array<std::string_view, 2> values{"full", "read-only"};
};

/// What a tool's process may touch. `network_access`, `writable_roots` and the two exclusions count
/// only in the modes of contract threads.md 19.6.
struct sandbox_policy {
  sandbox_mode mode = sandbox_mode::read_only;
  std::vector<std::string> writable_roots; ///< absolute paths beside cwd, /tmp and $TMPDIR
  bool network_access = false;
  bool exclude_tmpdir_env_var = false;
  bool exclude_slash_tmp = false;
  bool operator==(const sandbox_policy&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, sandbox_policy& x) {
  return f.object(x).fields(f.field("mode", x.mode), f.field("writable_roots", x.writable_roots),
                            f.field("network_access", x.network_access),
                            f.field("exclude_tmpdir_env_var", x.exclude_tmpdir_env_var),
                            f.field("exclude_slash_tmp", x.exclude_slash_tmp));
}

/// How a tool's process gets its environment (contract tools.md 7.5).
struct shell_environment_policy {
  environment_inherit inherit = environment_inherit::all;
  bool ignore_default_excludes = true;
  std::vector<std::string> exclude;
  std::map<std::string, std::string> set;
  std::vector<std::string> include_only;
  bool operator==(const shell_environment_policy&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, shell_environment_policy& x) {
  return f.object(x).fields(
    f.field("inherit", x.inherit), f.field("ignore_default_excludes", x.ignore_default_excludes),
    f.field("exclude", x.exclude), f.field("set", x.set), f.field("include_only", x.include_only));
}

} // namespace troupe
