#include "apps/sim/rule_reader.hpp"

#include <fmt/format.h>

namespace troupe::sim {

namespace {

std::optional<pattern> read_pattern(field_reader& from, std::string_view key) {
  const auto text = from.text(key);
  if (!text)
    return std::nullopt;
  auto compiled = pattern::compile(*text);
  if (const auto* error = std::get_if<pattern_error>(&compiled)) {
    from.refuse(key, fmt::format("{} (at byte {} of the pattern)", error->message, error->offset));
    return std::nullopt;
  }
  return std::move(std::get<pattern>(compiled));
}

// A number, or a table with `min` and `max`.
std::optional<number_range> read_range(field_reader& from, std::string_view key) {
  const auto* found = from.find(key);
  if (found == nullptr)
    return std::nullopt;
  if (!std::holds_alternative<config::setting_table>(found->value)) {
    const auto exact = from.integer(key);
    if (!exact)
      return std::nullopt;
    return number_range{static_cast<std::uint64_t>(*exact), static_cast<std::uint64_t>(*exact)};
  }
  auto ends = from.table(key);
  if (!ends)
    return std::nullopt;
  number_range result;
  if (const auto least = ends->integer("min"))
    result.least = static_cast<std::uint64_t>(*least);
  if (const auto most = ends->integer("max"))
    result.most = static_cast<std::uint64_t>(*most);
  if (result.most < result.least)
    from.refuse(key, "max is below min");
  ends->finish();
  return result;
}

std::optional<exit_condition> read_exit_code(field_reader& from) {
  constexpr std::string_view key = "exit_code";
  const auto* found = from.find(key);
  if (found == nullptr)
    return std::nullopt;
  if (std::holds_alternative<std::int64_t>(found->value)) {
    const auto code = from.integer(key, -1, 255);
    return exit_condition{exit_condition::kind::equals, static_cast<int>(code.value_or(0))};
  }
  const auto word = from.text(key);
  if (word == "nonzero")
    return exit_condition{exit_condition::kind::nonzero, 0};
  if (word == "absent")
    return exit_condition{exit_condition::kind::absent, 0};
  from.refuse(key, "expected an integer, \"nonzero\" or \"absent\"");
  return std::nullopt;
}

std::vector<std::pair<std::string, number_range>> read_calls(field_reader& from) {
  std::vector<std::pair<std::string, number_range>> result;
  auto counts = from.table("calls");
  if (!counts)
    return result;
  for (const auto tool : counts->keys())
    if (const auto range = read_range(*counts, tool))
      result.emplace_back(tool, *range);
  return result;
}

} // namespace

condition read_condition(field_reader& from) {
  condition result;
  auto when = from.table("when");
  if (!when)
    return result;
  result.user = read_pattern(*when, "user");
  result.user_contains = when->texts("user_contains");
  result.tool = when->texts("tool");
  result.output = read_pattern(*when, "output");
  result.output_contains = when->texts("output_contains");
  result.any_output = read_pattern(*when, "any_output");
  result.no_output = read_pattern(*when, "no_output");
  result.body_contains = when->texts("body_contains");
  result.exit_code = read_exit_code(*when);
  result.turn = read_range(*when, "turn");
  result.request = read_range(*when, "request");
  result.attempt = read_range(*when, "attempt");
  result.outputs = read_range(*when, "outputs");
  result.calls = read_calls(*when);
  result.model = read_pattern(*when, "model");
  result.offers = when->texts("offers");
  result.schema = when->boolean("schema");
  result.transport = when->choice<transport>("transport");
  result.chance = when->number("chance", 0, 1).value_or(1);
  when->finish();
  return result;
}

template_scope scope_of(const condition& x, std::span<const choice_list> lists) {
  template_scope result;
  result.has_user_pattern = x.user.has_value();
  result.has_output_pattern = x.output.has_value();
  result.user_groups = x.user ? x.user->groups() : 0;
  result.output_groups = x.output ? x.output->groups() : 0;
  result.lists = lists;
  return result;
}

} // namespace troupe::sim
