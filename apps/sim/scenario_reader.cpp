#include "apps/sim/scenario_reader.hpp"

#include "apps/sim/rule_reader.hpp"
#include "config/text_file.hpp"
#include "config/toml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

template <>
struct troupe::enum_texts<troupe::sim::choice_scope> {
  static constexpr auto values = std::to_array<std::string_view>({"thread", "turn", "request"});
};

template <>
struct troupe::enum_texts<troupe::sim::identity> {
  static constexpr auto values = std::to_array<std::string_view>({"thread", "prompt"});
};

namespace troupe::sim {

namespace {

// Rows with named fields: every row has the same.
void read_rows(field_reader& from, choice_list& to) {
  auto rows = from.tables("choices");
  for (auto& row : rows) {
    const auto names = row.keys();
    if (to.fields.empty())
      to.fields.assign(names.begin(), names.end());
    if (names.empty()) // without fields it would pass for a list of texts
      return from.refuse("choices", "a choice has no fields");
    std::vector<std::string> texts;
    for (const auto& field : to.fields) {
      auto text = row.text(field);
      if (!text)
        row.refuse(field, "every choice has the fields of the first one");
      texts.push_back(std::move(text).value_or(""));
    }
    row.finish();
    to.rows.push_back(std::move(texts));
  }
}

choice_list read_list(field_reader& from, std::string_view name) {
  choice_list result;
  result.name = name;
  result.scope = from.choice<choice_scope>("per").value_or(choice_scope::thread);
  const auto* choices = from.find("choices");
  const auto* list =
    choices == nullptr ? nullptr : std::get_if<config::setting_list>(&choices->value);
  if (list == nullptr || list->empty()) {
    from.refuse("choices", "expected an array of strings or of tables, not empty");
  } else if (std::holds_alternative<config::setting_table>(list->front().value)) {
    read_rows(from, result);
  } else {
    for (auto& text : from.texts("choices"))
      result.rows.push_back({std::move(text)});
  }
  from.finish();
  return result;
}

std::vector<choice_list> read_lists(field_reader& from) {
  std::vector<choice_list> result;
  auto lists = from.table("random");
  if (!lists)
    return result;
  for (const auto name : lists->keys())
    if (auto fields = lists->table(name))
      result.push_back(read_list(*fields, name));
  return result;
}

rule read_rule(field_reader& from, const scenario& so_far) {
  rule result;
  result.name = from.text("name").value_or(fmt::format("rule-{}", so_far.rules.size() + 1));
  result.when = read_condition(from);
  const auto scope = scope_of(result.when, so_far.lists);
  result.reply = read_reply(from, scope);
  if (from.find("pace") != nullptr)
    result.pace = read_pace(from, so_far.pace);
  if (from.find("usage") != nullptr)
    result.usage = read_usage(from);
  result.headers = read_headers(from, scope);
  result.subscription = read_subscription(from);
  result.faults = read_faults(from, fault_owner::rule);
  from.finish();
  if (from.find("reply") == nullptr && result.faults.empty())
    from.errors().refuse(from.where(), fmt::format("{}: a rule needs a reply or a fault; for an "
                                                   "empty answer write reply = []",
                                                   from.path()));
  return result;
}

void read_rules(field_reader& from, scenario& to) {
  std::set<std::string> names;
  for (auto& fields : from.tables("rule")) {
    to.rules.push_back(read_rule(fields, to));
    // Draws are derived from the name, and it is what the statistics count.
    if (!names.insert(to.rules.back().name).second)
      fields.refuse("name", "another rule has this name");
  }
}

scenario read_document(field_reader& from) {
  scenario result;
  result.name = from.text("name").value_or("");
  result.description = from.text("description").value_or("");
  result.seed = static_cast<std::uint64_t>(from.integer("seed").value_or(1));
  result.identity = from.choice<identity>("identity").value_or(identity::thread);
  result.catalogue = read_catalogue(from);
  result.websocket = from.choice<websocket_use>("websocket").value_or(websocket_use::off);
  result.hold_until_open =
    static_cast<std::uint64_t>(from.integer("hold_until_open", 0, 1'000'000).value_or(0));
  result.lists = read_lists(from);
  result.pace = read_pace(from, {});
  result.usage = read_usage(from);
  template_scope scope;
  scope.lists = result.lists;
  result.headers = read_headers(from, scope);
  result.compacted = read_compaction(from);
  result.auth = read_auth(from);
  result.limits = read_limits(from);
  result.subscription = read_subscription(from);
  result.chaos = read_chaos(from);
  result.faults = read_faults(from, fault_owner::scenario);
  read_rules(from, result);
  from.finish();
  return result;
}

} // namespace

std::variant<scenario, std::string> read_scenario(std::string_view toml, std::string_view label) {
  const auto source = std::make_shared<const config::settings_source>(
    config::settings_source{std::string{label}, {}, std::string{toml}});
  auto parsed = config::parse_toml(source);
  if (auto* error = std::get_if<config::config_error>(&parsed))
    return std::move(error->message);
  const auto& root = std::get<config::setting_table>(parsed);
  error_sink errors;
  field_reader fields{root, {source, 1, 1}, "", errors};
  auto result = read_document(fields);
  if (!errors.error() && result.rules.empty())
    errors.refuse({source, 1, 1}, "a scenario needs at least one [[rule]]");
  if (errors.error())
    return *errors.error();
  return result;
}

std::variant<scenario, std::string> read_scenario_file(const std::filesystem::path& file) {
  const auto text = config::read_text_file(file, max_scenario_bytes);
  if (const auto* error = std::get_if<std::error_code>(&text))
    return fmt::format("{}: {}", file.string(), error->message());
  auto result = read_scenario(std::get<std::string>(text), file.string());
  if (auto* x = std::get_if<scenario>(&result); x != nullptr && x->name.empty())
    x->name = file.stem().string();
  return result;
}

} // namespace troupe::sim
