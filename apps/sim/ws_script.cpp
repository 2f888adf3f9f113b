#include "apps/sim/ws_script.hpp"

#include "apps/sim/json_text.hpp"
#include "messages/json/writer.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace troupe::sim {

namespace {

using kind = ws_script::kind;
using std::chrono::microseconds;

constexpr std::uint16_t internal_error = 1011; // RFC 6455, section 7.4.1
constexpr std::string_view separator = "\n\n";
constexpr std::string_view completed = "response.completed";

// When the byte before `end` is sent, counted from the head.
class send_times {
public:
  explicit send_times(const answer& x) : events_(x.events) {}

  /// Ends come in order.
  microseconds at(std::size_t end) {
    while (next_ < events_.size() && (next_ == 0 || events_[next_ - 1].end < end))
      time_ += events_[next_++].wait;
    return time_;
  }

private:
  const std::vector<answer::event>& events_;
  std::size_t next_ = 0;
  microseconds time_{0};
};

// The data of a block of lines, joined by line feeds; none when there is no data line.
std::optional<std::string> data_of(std::string_view block) {
  std::optional<std::string> result;
  while (!block.empty()) {
    const auto line = block.substr(0, block.find('\n'));
    block.remove_prefix(std::min(block.size(), line.size() + 1));
    if (!line.starts_with("data:"))
      continue;
    const auto data = line.substr(line.starts_with("data: ") ? 6 : 5);
    result = result ? *result + "\n" + std::string{data} : std::string{data};
  }
  return result;
}

ws_script::step step_of(std::string_view block) {
  if (auto data = data_of(block))
    return {kind::text, std::move(*data), 0, {}};
  if (block.starts_with(':'))
    return {kind::ping, {}, 0, {}};
  return {kind::text, std::string{block}, 0, {}};
}

// What is cut off in the middle of an event never becomes a message.
void append_events(const answer& x, ws_script& to) {
  send_times times{x};
  microseconds before{0};
  std::size_t begin = 0;
  while (begin < x.body.size()) {
    const auto end = x.body.find(separator, begin);
    const bool is_last = end == std::string::npos;
    if (is_last && x.end == answer::ending::cut)
      break;
    const auto next = is_last ? x.body.size() : end + separator.size();
    auto step = step_of(std::string_view{x.body}.substr(begin, (is_last ? next : end) - begin));
    const auto due = times.at(next);
    step.wait = due - std::exchange(before, due);
    to.steps.push_back(std::move(step));
    begin = next;
  }
}

void append_refusal(const answer& x, ws_script& to) {
  std::string text;
  json_writer json{text};
  json.begin_object().member("type", "error").member("status", std::int64_t{x.status});
  const auto error = json_member(x.body, "error");
  json.key("error");
  if (error)
    json.raw(*error);
  else
    json.text(x.body);
  json.end_object();
  to.steps.push_back({kind::text, std::move(text), 0, {}});
  to.steps.push_back({kind::close, "the request was refused", internal_error, {}});
}

bool is_type(const ws_script::step& x, std::string_view type) {
  const auto raw = json_member(x.payload, "type").value_or("");
  return raw.size() == type.size() + 2 && raw.substr(1, type.size()) == type;
}

// Figures of this script's own pace, so that they are the same in every run.
std::string timing_event(const ws_script& x) {
  microseconds total{0};
  microseconds first{0};
  std::int64_t deltas = 0;
  for (const auto& step : x.steps) {
    total += step.wait;
    deltas += step.payload.find(".delta\"") == std::string::npos ? 0 : 1;
    if (deltas == 0)
      first = total;
  }
  const auto ms = [](microseconds us) { return us.count() / 1000; };
  const auto between = deltas == 0 ? 0 : ms(total - first) / deltas;
  std::string result;
  json_writer json{result};
  json.begin_object().member("type", "responsesapi.websocket_timing");
  json.key("timing_metrics").begin_object();
  json.member("responses_duration_excl_engine_and_client_tool_time_ms", std::int64_t{1});
  json.member("engine_service_total_ms", ms(total));
  json.member("engine_iapi_ttft_total_ms", ms(first))
    .member("engine_service_ttft_total_ms", ms(first));
  json.member("engine_iapi_tbt_across_engine_calls_ms", between);
  json.member("engine_service_tbt_across_engine_calls_ms", between);
  json.end_object().end_object();
  return result;
}

// The faults that only messages have; all others have changed the answer already.
void break_script(const chosen_fault& x, const decision& from, ws_script& to) {
  const auto place = x.effect.after_events
                       ? std::min<std::size_t>(*x.effect.after_events, to.steps.size())
                       : from.of("step").pick(to.steps.size() + 1);
  const auto at = to.steps.begin() + static_cast<std::ptrdiff_t>(place);
  if (x.effect.kind == fault_kind::ping) {
    to.steps.insert(at, {kind::ping, "are you there", 0, {}});
  } else if (x.effect.kind == fault_kind::binary) {
    to.steps.insert(at, {kind::binary, std::string(16, '\0'), 0, {}});
  } else if (x.effect.kind == fault_kind::close) {
    to.steps.erase(at, to.steps.end());
    to.steps.push_back({kind::close, x.effect.reason, x.effect.close_code, {}});
    to.end = answer::ending::finish;
  }
}

} // namespace

ws_script script_of(const answer& x, const ws_extras& extras) {
  ws_script result;
  result.end = x.end;
  result.repeat_interval = x.repeat_interval;
  if (x.sends_head && x.content_type != "text/event-stream") {
    append_refusal(x, result);
    return result;
  }
  append_events(x, result);
  if (!extras.subscription.empty())
    result.steps.insert(result.steps.begin(), {kind::text, extras.subscription, 0, {}});
  if (extras.wants_timing && !result.steps.empty() && is_type(result.steps.back(), completed))
    result.steps.insert(result.steps.end() - 1, {kind::text, timing_event(result), 0, {}});
  if (!result.steps.empty())
    result.steps.front().wait += x.before_head;
  if (extras.broken)
    break_script(*extras.broken, extras.from, result);
  result.is_completed = !result.steps.empty() && is_type(result.steps.back(), completed);
  return result;
}

} // namespace troupe::sim
