#include "actors/codex_thread/streamed_items.hpp"

#include "actors/codex_thread/turn_items.hpp"

#include <utility>
#include <variant>

namespace troupe::codex_thread {

namespace {

void set_id(turn_item& item, const std::string& id) {
  std::visit([&id](auto& x) { x.id = id; }, item);
}

/// Messages are given an id when the model gives none.
std::string id_for(const response_item& item) {
  return item.id.empty() && item.kind == item_kind::message ? new_item_id() : item.id;
}

} // namespace

void streamed_items::added(const response_item& item, effects& out) {
  auto shown = to_turn_item(item);
  if (!shown)
    return;
  active_ = id_for(item);
  set_id(*shown, *active_);
  out.emit(turn_, item_started{std::move(*shown)});
}

void streamed_items::changed(output_text_delta& x, effects& out) {
  if (active_)
    out.emit(turn_, agent_message_delta{.item_id = *active_, .delta = std::move(x.delta)});
}

void streamed_items::changed(reasoning_summary_delta& x, effects& out) {
  if (active_)
    out.emit(turn_, reasoning_delta{.item_id = *active_,
                                    .delta = std::move(x.delta),
                                    .summary_index = x.summary_index});
}

void streamed_items::changed(reasoning_text_delta& x, effects& out) {
  if (active_)
    out.emit(turn_, reasoning_raw_delta{.item_id = *active_,
                                        .delta = std::move(x.delta),
                                        .content_index = x.content_index});
}

void streamed_items::changed(const reasoning_part_added& x, effects& out) {
  if (active_)
    out.emit(turn_, reasoning_section_break{.item_id = *active_, .summary_index = x.summary_index});
}

std::optional<std::string> streamed_items::done(const response_item& item, effects& out) {
  const auto active = std::exchange(active_, std::nullopt);
  auto shown = to_turn_item(item);
  if (!shown)
    return std::nullopt;
  set_id(*shown, active ? *active : id_for(item));
  std::optional<std::string> text;
  if (const auto* message = std::get_if<agent_message_item>(&*shown);
      message && !message->text.empty())
    text = message->text;
  if (active)
    complete_item(std::move(*shown), turn_, out);
  else
    show_item(std::move(*shown), turn_, out);
  return text;
}

void show_item(turn_item item, const std::string& turn, effects& out) {
  out.emit(turn, item_started{item});
  complete_item(std::move(item), turn, out);
}

void complete_item(turn_item item, const std::string& turn, effects& out) {
  for (auto& line : legacy_lines(item))
    out.lines.push_back(std::move(line));
  out.emit(turn, item_completed{std::move(item)});
}

} // namespace troupe::codex_thread
