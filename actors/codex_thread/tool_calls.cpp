#include "actors/codex_thread/tool_calls.hpp"

#include "actors/tool_runner/tool_arguments.hpp"
#include "messages/json/item_json.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <variant>

namespace troupe::codex_thread {

namespace {

tool_result failed(std::string call_id, std::string_view output) {
  return {
    .call_id = std::move(call_id), .output = std::string{output}, .success = false, .notes = {}};
}

/// Whether the event tells how what the call runs has ended, or what it reads from.
bool tells_end_of(const response_item& call, const event_msg& x) {
  if (const auto* patch = std::get_if<patch_apply_end>(&x))
    return call.call_id == patch->call_id;
  const auto* command = std::get_if<exec_command_end>(&x);
  if (!command || call.call_id == command->begin.call_id)
    return command != nullptr;
  if (call.name != "write_stdin")
    return false;
  const auto arguments = tool_runner::parse_write_stdin(call_arguments(call));
  const auto* read = std::get_if<tool_runner::write_stdin_arguments>(&arguments);
  return read && std::to_string(read->session_id) == command->begin.process_id;
}

} // namespace

tool_calls::list tool_calls::add(const response_item& call) {
  auto& added = slots_.emplace_back();
  added.call = call;
  if (call.call_id.empty()) {
    // Nobody could say which call an output belongs to (contract threads.md 11.2).
    settle(added, failed({}, "LocalShellCall without call_id or id"));
    return {};
  }
  added.overlap = overlap_of(call.name);
  std::vector<std::size_t> ready;
  gate_.arrive(slots_.size() - 1, added.overlap, ready);
  return start(ready);
}

std::optional<tool_calls::list> tool_calls::answer(const tool_result& x) {
  const auto found = std::find_if(slots_.begin(), slots_.end(), [&x](const slot& s) {
    return s.running && s.call.call_id == x.call_id;
  });
  if (found == slots_.end())
    return std::nullopt;
  settle(*found, x);
  std::vector<std::size_t> ready;
  gate_.leave(found->overlap, ready);
  return start(ready);
}

void tool_calls::settle(slot& x, const tool_result& result) {
  auto& outputs = x.outputs.emplace();
  for (const auto& note : result.notes)
    outputs.push_back(make_message("user", note));
  outputs.push_back(make_tool_output(x.call, result.output));
  x.running = false;
  x.is_new = true;
}

tool_calls::list tool_calls::start(const std::vector<std::size_t>& ready) {
  list result;
  for (const auto index : ready) {
    slots_[index].running = true;
    result.push_back(slots_[index].call);
  }
  return result;
}

void tool_calls::stage(const std::string& call_id, call_stage stage,
                       std::chrono::system_clock::time_point now) {
  for (auto& x : slots_)
    if (x.running && x.call.call_id == call_id)
      x.waits_for_place = stage == call_stage::waits_for_place ? std::optional{now} : std::nullopt;
}

std::optional<std::chrono::system_clock::time_point> tool_calls::waits_for_place_since() const {
  std::optional<std::chrono::system_clock::time_point> result;
  for (const auto& x : slots_) {
    if (!x.running)
      continue;
    if (!x.waits_for_place)
      return std::nullopt;
    result = result ? std::min(*result, *x.waits_for_place) : *x.waits_for_place;
  }
  return result;
}

void tool_calls::answer_waiting(std::string_view output) {
  for (const auto index : gate_.drop_waiting())
    settle(slots_[index], failed(slots_[index].call.call_id, output));
}

bool tool_calls::keep(event_msg& msg) {
  const bool is_diff = std::holds_alternative<turn_diff>(msg);
  const auto found = std::find_if(slots_.begin(), slots_.end(), [&](const slot& x) {
    return x.running && (is_diff ? !x.kept.empty() : tells_end_of(x.call, msg));
  });
  if (found == slots_.end())
    return false;
  found->kept.push_back(std::move(msg));
  return true;
}

tool_calls::outcomes tool_calls::take_outcomes() {
  outcomes result;
  for (auto& x : slots_) {
    if (!std::exchange(x.is_new, false))
      continue;
    result.items.insert(result.items.end(), x.outputs->begin(), x.outputs->end());
    std::ranges::move(std::exchange(x.kept, {}), std::back_inserter(result.events));
  }
  return result;
}

tool_calls::list tool_calls::take_outputs(std::vector<event_msg>& kept) {
  list result;
  for (auto& x : slots_) {
    if (x.outputs)
      std::ranges::move(*x.outputs, std::back_inserter(result));
    std::ranges::move(x.kept, std::back_inserter(kept));
  }
  slots_.clear();
  gate_ = {};
  return result;
}

bool tool_calls::any_running() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const slot& x) { return x.running; });
}

bool tool_calls::all_answered() const {
  return std::all_of(slots_.begin(), slots_.end(),
                     [](const slot& x) { return x.outputs.has_value(); });
}

tool_payload payload_of(const response_item& call) {
  if (call.kind == item_kind::custom_tool_call)
    return tool_payload::custom;
  if (call.kind == item_kind::local_shell_call)
    return tool_payload::local_shell;
  return tool_payload::function;
}

} // namespace troupe::codex_thread
