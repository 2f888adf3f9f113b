#include "apps/sim/statistics.hpp"

#include "messages/json/writer.hpp"

namespace troupe::sim {

namespace {

using named_counts = std::vector<std::pair<std::string, std::uint64_t>>;

void write_counts(json_writer& json, std::string_view name, const named_counts& counts) {
  json.key(name).begin_object();
  for (const auto& [key, times] : counts)
    json.key(key).number(times);
  json.end_object();
}

} // namespace

void stream_gauge::enter() {
  const auto open = open_.fetch_add(1, std::memory_order_relaxed) + 1;
  auto peak = peak_.load(std::memory_order_relaxed);
  while (open > peak && !peak_.compare_exchange_weak(peak, open, std::memory_order_relaxed)) {
  }
}

simulator_stats statistics::now(const std::vector<rule>& rules) const {
  simulator_stats result;
  result.requests = requests.load();
  result.responses = responses.load();
  result.unmatched = unmatched.load();
  result.streams_open = streams->open();
  result.streams_peak = streams->peak();
  result.refused = refused.load();
  result.unauthorized = unauthorized.load();
  result.refreshes = refreshes.load();
  result.models = models.load();
  result.not_modified = not_modified.load();
  result.compactions = compactions.load();
  result.memories = memories.load();
  result.handshakes = handshakes.load();
  result.websockets_open = websockets_open->load();
  for (std::size_t i = 0; i < by_rule.size(); ++i)
    result.rules.emplace_back(rules[i].name, by_rule[i].load());
  for (std::size_t i = 0; i < by_fault.size(); ++i)
    if (const auto times = by_fault[i].load(); times > 0)
      result.faults.emplace_back(enum_texts<fault_kind>::values[i], times);
  return result;
}

std::string to_json(const simulator_stats& x, std::string_view scenario_name, std::uint64_t seed) {
  std::string result;
  json_writer json{result};
  json.begin_object().member("scenario", scenario_name).key("seed").number(seed);
  const std::pair<std::string_view, std::uint64_t> totals[] = {
    {"requests", x.requests},
    {"responses", x.responses},
    {"unmatched", x.unmatched},
    {"streams_open", x.streams_open},
    {"streams_peak", x.streams_peak},
    {"refused", x.refused},
    {"unauthorized", x.unauthorized},
    {"refreshes", x.refreshes},
    {"models", x.models},
    {"not_modified", x.not_modified},
    {"compactions", x.compactions},
    {"memories", x.memories},
    {"handshakes", x.handshakes},
    {"websockets_open", x.websockets_open}};
  for (const auto& [name, value] : totals)
    json.key(name).number(value);
  write_counts(json, "rules", x.rules);
  write_counts(json, "faults", x.faults);
  json.end_object();
  return result;
}

} // namespace troupe::sim
