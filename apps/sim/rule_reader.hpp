#pragma once

#include "apps/sim/field_reader.hpp"
#include "apps/sim/scenario.hpp"

#include <optional>
#include <span>
#include <string_view>

/// The parts of `scenario_reader`: each reads one kind of table. Errors go to the reader's sink;
/// the value is then of no use.
namespace troupe::sim {

condition read_condition(field_reader& from);

/// What a template of a rule may refer to: its condition's groups and the scenario's lists.
template_scope scope_of(const condition& x, std::span<const choice_list> lists);

text_template compile_text(field_reader& from, std::string_view key, std::string_view text,
                           const template_scope& scope);

pace read_pace(field_reader& from, const pace& defaults);
usage_rule read_usage(field_reader& from);

enum class fault_owner : std::uint8_t { scenario, rule };

/// The faults at key `fault`, names made unique by their number. Only those of the scenario may
/// concern other endpoints than `/responses`.
std::vector<fault> read_faults(field_reader& from, fault_owner owner);

/// Milliseconds up to `max_wait`.
std::optional<std::chrono::milliseconds> read_milliseconds(field_reader& from,
                                                           std::string_view key);

/// The errors that providers answer with, unless a scenario has its own words.
fault_effect status_effect(int status);
fault_effect rate_limit_effect(double retry_after_s);

std::vector<reply_item> read_reply(field_reader& rule_fields, const template_scope& scope);

std::vector<std::pair<std::string, text_template>> read_headers(field_reader& from,
                                                                const template_scope& scope);

/// What the provider does beside answering; none where the table is missing.
std::vector<listed_model> read_models(field_reader& from);
std::vector<catalogue_version> read_catalogue(field_reader& from);
std::optional<auth_rule> read_auth(field_reader& from);
std::optional<limit_rule> read_limits(field_reader& from);
std::optional<subscription_figures> read_subscription(field_reader& from);
std::optional<chaos_rule> read_chaos(field_reader& from);
std::optional<std::vector<text_template>> read_compaction(field_reader& from);

} // namespace troupe::sim
