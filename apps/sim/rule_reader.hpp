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

/// The faults at key `fault`, names made unique by their number.
std::vector<fault> read_faults(field_reader& from);

std::vector<reply_item> read_reply(field_reader& rule_fields, const template_scope& scope);

std::vector<std::pair<std::string, text_template>> read_headers(field_reader& from,
                                                                const template_scope& scope);

} // namespace troupe::sim
