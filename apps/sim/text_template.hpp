#pragma once

#include "apps/sim/decision.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::sim {

struct request_view;

/// What a choice from a list stays the same for.
enum class choice_scope : std::uint8_t { thread, turn, request };

/// A named list of texts, or of rows with the same named fields, one of which is chosen by the
/// seed.
struct choice_list {
  std::string name;
  choice_scope scope = choice_scope::thread;
  std::vector<std::string> fields; ///< empty: each row is one text without a name
  std::vector<std::vector<std::string>> rows;
};

/// What a template may refer to, beside the request's own variables.
struct template_scope {
  std::size_t user_groups = 0;   ///< groups of the rule's `user` pattern
  std::size_t output_groups = 0; ///< groups of its `output` pattern
  bool has_user_pattern = false;
  bool has_output_pattern = false;
  std::span<const choice_list> lists;
};

/// The values of one request.
struct template_values {
  const request_view* request = nullptr;
  std::string_view thread;
  std::uint64_t seed = 0;
  std::uint64_t request_number = 0;
  std::uint64_t attempt = 0;
  std::span<const std::string_view> user_groups; ///< the whole match first
  std::span<const std::string_view> output_groups;
  std::span<const choice_list> lists;
  decision thread_choice{0}; ///< where draws of each scope come from
  decision request_choice{0};
};

struct template_error {
  std::size_t offset = 0; ///< in the template's text
  std::string message;
};

/// A text with places to fill: `{{NAME}}` or `{{NAME|FILTER|FILTER}}`. Compiled once, so that a
/// mistake shows when the scenario is read and a text without places costs nothing.
/// docs/scenarios.md lists names and filters.
class text_template {
public:
  /// A text grows to at most this; the rest is left out. As much as the tool layer keeps of an
  /// output.
  static constexpr std::size_t max_expanded_bytes = 1024 * 1024;

  text_template() = default;

  static std::variant<text_template, template_error> compile(std::string_view text,
                                                             const template_scope& scope);

  /// Appends literal text, for templates that are built piece by piece.
  void append_literal(std::string_view text);

  /// Appends `inner` so that it expands inside a JSON string.
  void append_inside_json_string(const text_template& inner);

  bool is_constant() const;
  bool empty() const { return pieces_.empty(); }

  std::string expand(const template_values& values) const;

private:
  enum class source : std::uint8_t {
    literal,
    last_user,
    first_user,
    tool_output,
    tool_body,
    tool_name,
    exit_code,
    cwd,
    model,
    thread,
    turn,
    request,
    attempt,
    outputs,
    seed,
    user_group,
    output_group,
    choice,
  };
  enum class filter : std::uint8_t { trim, first_line, last_line, clip, plus, minus, shell, json };

  struct piece {
    source what = source::literal;
    std::string text;      ///< source::literal
    std::size_t index = 0; ///< of the group, or of the list
    std::size_t field = 0; ///< of the list's row
    std::vector<filter> filters;
  };

  friend class template_compiler;

  static std::string value_of(const piece& x, const template_values& values);
  static std::string filtered(std::string text, filter how);

  std::vector<piece> pieces_;
};

} // namespace troupe::sim
