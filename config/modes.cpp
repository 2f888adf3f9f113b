#include "config/modes.hpp"

#include "config/embedded.hpp"
#include "config/text_file.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace troupe::config {

namespace {

constexpr std::array visible_modes{display_name(mode_kind::default_mode),
                                   display_name(mode_kind::plan)};

constexpr std::string_view input_unavailable =
  "The tool `request_user_input` is not available in Default mode: calling it returns an error.";

std::string filled(std::string text, std::string_view mark, std::string_view value) {
  for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at + value.size()))
    text.replace(at, mark.size(), value);
  return text;
}

std::string embedded(std::string_view name) {
  return std::string{trimmed(embedded_text(name))};
}

std::string default_instructions() {
  auto text = embedded("modes/default.md");
  text = filled(std::move(text), "{{KNOWN_MODE_NAMES}}", joined_names(visible_modes));
  return filled(std::move(text), "{{REQUEST_USER_INPUT_AVAILABILITY}}", input_unavailable);
}

collaboration_mask mask_of(mode_kind x) {
  collaboration_mask result;
  result.name = display_name(x);
  result.mode = x;
  result.settings.developer_instructions = setting_change<std::string>::to(mode_instructions(x));
  return result;
}

enum class write_tools : std::uint8_t { refused, offered };

identity_mask identity_of(identity_kind x, setting_change<reasoning_effort> change,
                          write_tools permission) {
  identity_mask result;
  result.name = to_text(x);
  result.kind = x;
  result.settings.reasoning_effort = change;
  result.settings.developer_instructions =
    x == identity_kind::nobody
      ? setting_change<std::string>::cleared()
      : setting_change<std::string>::to(embedded(fmt::format("identities/{}.md", to_text(x))));
  result.capabilities.write_tools = permission == write_tools::offered;
  return result;
}

} // namespace

std::string joined_names(std::span<const std::string_view> names) {
  if (names.empty())
    return "none";
  std::string result{names.front()};
  for (std::size_t i = 1; i + 1 < names.size(); ++i)
    result += fmt::format(", {}", names[i]);
  if (names.size() > 1)
    result += fmt::format("{} and {}", names.size() > 2 ? "," : "", names.back());
  return result;
}

const std::string& mode_instructions(mode_kind x) {
  static const auto plan = embedded("modes/plan.md");
  static const auto otherwise = default_instructions();
  return x == mode_kind::plan ? plan : otherwise;
}

const std::vector<collaboration_mask>& builtin_modes() {
  static const auto modes = [] {
    auto plan = mask_of(mode_kind::plan);
    plan.settings.reasoning_effort = setting_change<reasoning_effort>::to(reasoning_effort::medium);
    return std::vector{std::move(plan), mask_of(mode_kind::default_mode)};
  }();
  return modes;
}

const std::vector<identity_mask>& builtin_identities() {
  using enum identity_kind;
  static const std::vector<identity_mask> identities{
    identity_of(nobody, {}, write_tools::refused),
    identity_of(planner, setting_change<reasoning_effort>::to(reasoning_effort::medium),
                write_tools::offered),
    identity_of(programmer, {}, write_tools::offered),
    identity_of(explorer, setting_change<reasoning_effort>::to(reasoning_effort::low),
                write_tools::refused),
    identity_of(reviewer, setting_change<reasoning_effort>::to(reasoning_effort::medium),
                write_tools::refused),
  };
  return identities;
}

const identity_mask& identity_mask_of(identity_kind x) {
  return builtin_identities()[static_cast<std::size_t>(x)];
}

} // namespace troupe::config
