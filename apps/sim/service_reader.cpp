#include "apps/sim/rule_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>

namespace troupe::sim {

namespace {

constexpr std::int64_t default_context_window = listed_model{}.context_window;
constexpr double max_rate = 1e6;

std::vector<std::string> read_tokens(field_reader& from, std::string_view key) {
  auto result = from.texts(key);
  if (std::ranges::any_of(result, &std::string::empty))
    from.refuse(key, "a token is not empty");
  return result;
}

std::optional<rate_window> read_window(field_reader& from, std::string_view key) {
  auto fields = from.table(key);
  if (!fields)
    return std::nullopt;
  rate_window result;
  const auto used = fields->number("used_percent", 0, 1000);
  if (!used)
    fields->refuse("used_percent", "a window needs its used_percent");
  result.used_percent = used.value_or(0);
  result.window_minutes = fields->integer("window_minutes");
  result.reset_at = fields->integer("reset_at");
  fields->finish();
  return result;
}

std::optional<credit_figures> read_credits(field_reader& from) {
  auto fields = from.table("credits");
  if (!fields)
    return std::nullopt;
  credit_figures result;
  result.has_credits = fields->boolean("has_credits").value_or(true);
  result.is_unlimited = fields->boolean("unlimited").value_or(false);
  result.balance = fields->text("balance").value_or("");
  fields->finish();
  return result;
}

void read_mix(field_reader& from, chaos_rule& to) {
  auto fields = from.table("mix");
  if (!fields)
    return;
  const auto& groups = enum_texts<chaos_rule::group>::values;
  for (std::size_t i = 0; i < groups.size(); ++i)
    to.weights[i] = fields->number(groups[i], 0, 1000).value_or(0);
  fields->finish();
  if (std::ranges::all_of(to.weights, [](double x) { return x <= 0; }))
    from.refuse("mix", "one of cut, stall, corrupt and refuse must be above 0");
}

// A status, or `reset`.
std::optional<fault_effect> refusal_of(std::string_view word) {
  fault_effect result;
  if (word == "reset") {
    result.kind = fault_kind::reset;
    return result;
  }
  int status = 0;
  const auto end = std::from_chars(word.data(), word.data() + word.size(), status).ptr;
  if (end != word.data() + word.size() || status < 400 || status > 599)
    return std::nullopt;
  if (status == 429)
    return rate_limit_effect(1);
  return status_effect(status);
}

void read_refusals(field_reader& from, chaos_rule& to) {
  constexpr std::string_view key = "refuse_with";
  auto words = from.texts(key);
  if (from.find(key) == nullptr)
    words = {"500", "502", "503", "429", "reset"};
  for (const auto& word : words)
    if (auto effect = refusal_of(word))
      to.refusals.push_back(std::move(*effect));
    else
      from.refuse(key,
                  fmt::format("\"{}\" is neither a status from 400 to 599 nor \"reset\"", word));
  if (to.refusals.empty())
    from.refuse(key, "at least one way to refuse is needed");
}

catalogue_version read_version(field_reader& from) {
  catalogue_version result;
  result.after_responses =
    static_cast<std::uint64_t>(from.integer("after_responses", 1).value_or(0));
  if (from.find("after_responses") == nullptr)
    from.refuse("after_responses", "say after how many responses this catalogue holds");
  result.etag = from.text("etag").value_or("");
  result.models = read_models(from);
  from.finish();
  return result;
}

} // namespace

std::vector<listed_model> read_models(field_reader& from) {
  std::vector<listed_model> result;
  const auto* found = from.find("models");
  const auto* list = found == nullptr ? nullptr : std::get_if<config::setting_list>(&found->value);
  const bool are_tables = list != nullptr && !list->empty() &&
                          std::holds_alternative<config::setting_table>(list->front().value);
  if (!are_tables) {
    for (auto& id : from.texts("models"))
      result.push_back({std::move(id), default_context_window});
    return result;
  }
  for (auto& fields : from.tables("models")) {
    listed_model x;
    x.id = fields.text("id").value_or("");
    x.context_window = fields.integer("context_window", 1).value_or(default_context_window);
    if (x.id.empty())
      fields.refuse("id", "a model needs an id");
    fields.finish();
    result.push_back(std::move(x));
  }
  return result;
}

std::vector<catalogue_version> read_catalogue(field_reader& from) {
  std::vector<catalogue_version> result;
  result.push_back({0, from.text("models_etag").value_or(""), read_models(from)});
  for (auto& fields : from.tables("catalogue")) {
    result.push_back(read_version(fields));
    if (result.back().after_responses <= std::prev(result.end(), 2)->after_responses)
      fields.refuse("after_responses", "catalogues stand in the order in which they come to hold");
  }
  return result;
}

std::optional<auth_rule> read_auth(field_reader& from) {
  auto fields = from.table("auth");
  if (!fields)
    return std::nullopt;
  auth_rule result;
  result.tokens = read_tokens(*fields, "tokens");
  result.refreshed = read_tokens(*fields, "refreshed");
  if (const auto uses = fields->integer("uses", 1))
    result.uses = static_cast<std::uint64_t>(*uses);
  result.refresh_token = fields->text("refresh_token").value_or("");
  result.account_id = fields->text("account_id").value_or("");
  result.id_token = fields->text("id_token").value_or("");
  fields->finish();
  return result;
}

std::optional<limit_rule> read_limits(field_reader& from) {
  auto fields = from.table("limits");
  if (!fields)
    return std::nullopt;
  limit_rule result;
  result.requests_per_second = fields->number("requests_per_second", 0, max_rate).value_or(0);
  result.burst = fields->number("burst", 1, max_rate)
                   .value_or(std::max(1.0, std::ceil(result.requests_per_second)));
  result.tokens_per_minute =
    static_cast<double>(fields->integer("tokens_per_minute", 0, 1'000'000'000).value_or(0));
  result.is_silent = fields->boolean("silent").value_or(false);
  fields->finish();
  if (result.requests_per_second <= 0 && result.tokens_per_minute <= 0)
    from.refuse("limits", "give requests_per_second or tokens_per_minute, above 0");
  return result;
}

std::optional<subscription_figures> read_subscription(field_reader& from) {
  auto fields = from.table("rate_limits");
  if (!fields)
    return std::nullopt;
  subscription_figures result;
  result.primary = read_window(*fields, "primary");
  result.secondary = read_window(*fields, "secondary");
  result.credits = read_credits(*fields);
  result.plan_type = fields->text("plan_type").value_or("");
  fields->finish();
  return result;
}

std::optional<chaos_rule> read_chaos(field_reader& from) {
  auto fields = from.table("chaos");
  if (!fields)
    return std::nullopt;
  chaos_rule result;
  const auto share = fields->number("share", 0, 1);
  if (!share)
    fields->refuse("share", "say which share of the exchanges goes wrong, from 0 to 1");
  result.share = share.value_or(0);
  read_mix(*fields, result);
  read_refusals(*fields, result);
  result.lasts = read_milliseconds(*fields, "stall_ms");
  result.max_attempts = static_cast<std::uint64_t>(fields->integer("max_attempts").value_or(0));
  fields->finish();
  return result;
}

std::optional<std::vector<text_template>> read_compaction(field_reader& from) {
  auto fields = from.table("compact");
  if (!fields)
    return std::nullopt;
  std::vector<text_template> result;
  for (const auto& item : fields->texts("output"))
    result.push_back(compile_text(*fields, "output", item, {}));
  if (fields->find("output") == nullptr)
    fields->refuse("output", "say which items the compacted history has");
  fields->finish();
  return result;
}

} // namespace troupe::sim
