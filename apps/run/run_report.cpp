#include "apps/run/run_report.hpp"

#include "actors/rollout_recorder/timestamps.hpp"
#include "apps/common/version.hpp"
#include "messages/json/writer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value_from.hpp>

namespace troupe::run {

namespace json = boost::json;

namespace {

template <class Value>
json::value value_or_null(const std::optional<Value>& x) {
  return x ? json::value_from(*x) : json::value(nullptr);
}

/// What the results depend on beside the tasks: enough to repeat the run.
json::object settings_json(const run_args& args, const run_facts& facts) {
  json::object out;
  out["model"] = value_or_null(args.model);
  out["model_provider"] = facts.model_provider;
  out["sandbox"] = args.sandbox ? json::value(to_text(*args.sandbox)) : json::value(nullptr);
  out["profile"] = value_or_null(args.profile);
  out["overrides"] = json::value_from(facts.overrides);
  out["concurrency"] = args.concurrency;
  out["timeout_s"] =
    args.task_timeout ? json::value(args.task_timeout->count()) : json::value(nullptr);
  out["offline"] = value_or_null(args.offline);
  out["seed"] = value_or_null(args.seed);
  return out;
}

} // namespace

std::string print_summary(const run_args& args, const run_facts& facts,
                          const run_summary& results) {
  const auto duration =
    std::chrono::duration_cast<std::chrono::milliseconds>(facts.ended - facts.started);
  json::object out{{"troupe", common::program_version()},
                   {"tasks_file", args.tasks.string()},
                   {"status", facts.stopped ? "stopped" : "finished"},
                   {"started_at", rollout_recorder::line_time_text(facts.started)},
                   {"ended_at", rollout_recorder::line_time_text(facts.ended)},
                   {"duration_ms", duration.count()},
                   {"settings", settings_json(args, facts)}};
  for (auto& [key, value] : summary_json(results))
    out[key] = std::move(value);
  std::string text;
  append_json(text, out);
  return text += '\n';
}

} // namespace troupe::run
