#include "apps/exec/jsonl_events.hpp"

#include "apps/exec/jsonl_items.hpp"
#include "messages/json/writer.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace troupe::exec {

namespace json = boost::json;

namespace {

void put_line(const json::object& x, std::string& out) {
  append_json(out, x);
  out += '\n';
}

void put_item(std::string_view type, json::object item, std::string& out) {
  put_line({{"type", type}, {"item", std::move(item)}}, out);
}

void put_error(std::string_view message, std::string& out) {
  put_line({{"type", "error"}, {"message", message}}, out);
}

void put_turn_failed(std::string_view message, std::string& out) {
  put_line({{"type", "turn.failed"}, {"error", {{"message", message}}}}, out);
}

} // namespace

void jsonl_events::thread_started(const thread_id& id, std::span<const std::string> warnings,
                                  std::string& out) {
  put_line({{"type", "thread.started"}, {"thread_id", to_string(id)}}, out);
  for (const auto& text : warnings)
    put_item("item.completed", error_item_json(new_id(), text), out);
}

void jsonl_events::event(const event_msg& x, std::string& out) {
  if (over_) // clients stop reading at the terminal event
    return;
  std::visit([&](const auto& y) { on(y, out); }, x);
}

void jsonl_events::failed(std::string_view message, std::string& out) {
  if (std::exchange(over_, true))
    return;
  end_open_items(out);
  put_error(message, out);
  put_turn_failed(message, out);
}

void jsonl_events::on(const task_started&, std::string& out) {
  put_line({{"type", "turn.started"}}, out);
}

void jsonl_events::on(const item_started& x, std::string& out) {
  // Messages and reasoning are reported once, when they are complete.
  const auto* search = std::get_if<web_search_item>(&x.item);
  if (search == nullptr)
    return;
  const auto id = new_id();
  searches_.emplace(search->id, id);
  put_item("item.started", web_search_json(id, *search), out);
}

void jsonl_events::on(const item_completed& x, std::string& out) {
  if (const auto* message = std::get_if<agent_message_item>(&x.item)) {
    put_item("item.completed", agent_message_json(new_id(), *message), out);
  } else if (const auto* search = std::get_if<web_search_item>(&x.item)) {
    const auto open = searches_.extract(search->id);
    const auto id = open.empty() ? new_id() : open.mapped();
    put_item("item.completed", web_search_json(id, *search), out);
  } else if (const auto* reasoning = std::get_if<reasoning_item>(&x.item)) {
    // A blank one takes no number.
    if (reasoning_json("", *reasoning))
      put_item("item.completed", *reasoning_json(new_id(), *reasoning), out);
  }
}

void jsonl_events::on(const exec_command_begin& x, std::string& out) {
  commands_.push_back({new_id(), x});
  put_item("item.started", command_started_json(commands_.back().id, x), out);
}

void jsonl_events::on(const exec_command_end& x, std::string& out) {
  const auto open =
    std::ranges::find(commands_, x.begin.call_id,
                      [](const open_command& y) -> const std::string& { return y.begin.call_id; });
  const auto id = open == commands_.end() ? new_id() : open->id;
  put_item("item.completed", command_ended_json(id, x), out);
  if (open != commands_.end())
    commands_.erase(open);
}

void jsonl_events::on(const patch_apply_begin& x, std::string& out) {
  auto id = new_id();
  put_item("item.started", file_change_json(id, x.changes, item_progress::in_progress), out);
  patches_.insert_or_assign(x.call_id, open_patch{std::move(id), x.changes});
}

void jsonl_events::on(const patch_apply_end& x, std::string& out) {
  // A patch that failed may report no changes; the item still names what was tried.
  const auto open = patches_.extract(x.call_id);
  const auto patch = open.empty() ? open_patch{new_id(), x.changes} : open.mapped();
  put_item("item.completed",
           file_change_json(patch.id, patch.changes,
                            x.success ? item_progress::completed : item_progress::failed),
           out);
}

void jsonl_events::on(const plan_update& x, std::string& out) {
  const auto type = list_ ? "item.updated" : "item.started";
  if (!list_)
    list_ = open_list{new_id(), {}};
  list_->plan = x;
  put_item(type, todo_list_json(list_->id, x), out);
}

void jsonl_events::on(const warning& x, std::string& out) {
  put_item("item.completed", error_item_json(new_id(), x.message), out);
}

void jsonl_events::on(const stream_error& x, std::string& out) {
  put_error(x.additional_details.empty() ? x.message
                                         : fmt::format("{} ({})", x.message, x.additional_details),
            out);
}

void jsonl_events::on(const turn_error& x, std::string& out) {
  put_error(x.message, out);
  failure_ = x.message;
}

void jsonl_events::on(const token_count& x, std::string&) {
  if (x.usage)
    usage_ = x.usage->total;
}

void jsonl_events::on(const task_complete&, std::string& out) {
  end_open_items(out);
  if (failure_)
    put_turn_failed(*failure_, out);
  else
    put_line({{"type", "turn.completed"}, {"usage", usage_json(usage_)}}, out);
  over_ = true;
}

void jsonl_events::on(const turn_aborted&, std::string&) {
  over_ = true; // an interrupted turn has no terminal line (section 2, rule 1)
}

void jsonl_events::end_open_items(std::string& out) {
  for (const auto& command : std::exchange(commands_, {}))
    put_item("item.completed", command_left_json(command.id, command.begin), out);
  if (const auto list = std::exchange(list_, {}))
    put_item("item.completed", todo_list_json(list->id, list->plan), out);
}

std::string jsonl_events::new_id() {
  return fmt::format("item_{}", next_item_++);
}

} // namespace troupe::exec
