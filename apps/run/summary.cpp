#include "apps/run/summary.hpp"

#include "apps/common/number_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace troupe::run {

namespace json = boost::json;

namespace {

using durations = std::vector<std::chrono::milliseconds>;

/// Nearest rank: the smallest duration that at least `percent` of all do not exceed.
std::chrono::milliseconds percentile(const durations& sorted, std::size_t percent) {
  if (sorted.empty())
    return {};
  const auto rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

class group_builder {
public:
  void add(const result_record& x) {
    ++group_.tasks;
    group_.usage += x.usage;
    group_.refused += x.refused;
    switch (x.status) {
    case task_status::completed: ++group_.completed; break;
    case task_status::failed: ++group_.failed; break;
    case task_status::interrupted: ++group_.interrupted; return; // its duration says nothing
    }
    durations_.push_back(x.duration);
  }

  result_group build() && {
    std::ranges::sort(durations_);
    group_.median = percentile(durations_, 50);
    group_.p95 = percentile(durations_, 95);
    return group_;
  }

private:
  result_group group_;
  durations durations_;
};

using builders = std::map<std::string, group_builder>;

std::map<std::string, result_group> built(builders from) {
  std::map<std::string, result_group> out;
  for (auto& [name, builder] : from)
    out.emplace(name, std::move(builder).build());
  return out;
}

std::string table_row(std::string_view name, const result_group& x) {
  return fmt::format("{:<28} {:>7} {:>9} {:>7} {:>11} {:>7} {:>14} {:>13} {:>9} {:>9}\n", name,
                     x.tasks, x.completed, x.failed, x.interrupted, x.refused,
                     common::with_separators(x.usage.input_tokens),
                     common::with_separators(x.usage.output_tokens),
                     common::duration_text(x.median), common::duration_text(x.p95));
}

json::object group_json(const result_group& x) {
  return {{"tasks", x.tasks},
          {"completed", x.completed},
          {"failed", x.failed},
          {"interrupted", x.interrupted},
          {"refused", x.refused},
          {"usage",
           {{"input_tokens", x.usage.input_tokens},
            {"cached_input_tokens", x.usage.cached_input_tokens},
            {"output_tokens", x.usage.output_tokens},
            {"reasoning_output_tokens", x.usage.reasoning_output_tokens},
            {"total_tokens", x.usage.total_tokens}}},
          {"duration_ms", {{"median", x.median.count()}, {"p95", x.p95.count()}}}};
}

json::object groups_json(const std::map<std::string, result_group>& groups) {
  json::object out;
  for (const auto& [name, group] : groups)
    out.emplace(name, group_json(group));
  return out;
}

} // namespace

run_summary summarise(std::span<const result_record> results) {
  group_builder all;
  builders models, tags;
  for (const auto& x : results) {
    all.add(x);
    models[x.model].add(x);
    for (const auto& tag : x.tags)
      tags[tag].add(x);
  }
  return {std::move(all).build(), built(std::move(models)), built(std::move(tags))};
}

std::string summary_table(const run_summary& x) {
  auto out = fmt::format("{:<28} {:>7} {:>9} {:>7} {:>11} {:>7} {:>14} {:>13} {:>9} {:>9}\n", "",
                         "tasks", "completed", "failed", "interrupted", "refused", "input tokens",
                         "output tokens", "median", "p95");
  out += table_row("all", x.all);
  if (x.models.size() > 1)
    for (const auto& [name, group] : x.models)
      out += table_row(fmt::format("model {}", name), group);
  for (const auto& [name, group] : x.tags)
    out += table_row(fmt::format("tag {}", name), group);
  return out;
}

json::object summary_json(const run_summary& x) {
  return {
    {"all", group_json(x.all)}, {"models", groups_json(x.models)}, {"tags", groups_json(x.tags)}};
}

} // namespace troupe::run
