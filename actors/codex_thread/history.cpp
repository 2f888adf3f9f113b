#include "actors/codex_thread/history.hpp"

#include "actors/tool_runner/output_truncation.hpp"
#include "messages/json/item_json.hpp"
#include "messages/json/item_texts.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace troupe::codex_thread {

namespace {

/// Stored outputs may be longer than what a tool shows by this factor (contract threads.md 17.1),
/// so that the tool's own cut is not cut again.
truncation_policy storing_policy(const truncation_policy& x) {
  return {.mode = x.mode, .limit = (x.limit * 12 + 9) / 10};
}

/// What a model reads where an image is that it could not take.
constexpr std::string_view left_out_image = "An image was here. This model takes no images.";

bool is_kept(const response_item& x) {
  return x.kind != item_kind::other && !(x.kind == item_kind::message && x.role == "system");
}

response_item cut_to(const response_item& item, const truncation_policy& policy) {
  const auto text = output_text(item);
  if (!text)
    return item;
  const auto limit = storing_policy(policy);
  const auto budget = limit.mode == truncation_mode::bytes ? limit.limit : limit.limit * 4;
  if (static_cast<std::int64_t>(text->size()) <= budget)
    return item;
  return with_output_text(item, tool_runner::truncate_text(*text, limit));
}

bool is_custom(const response_item& x) {
  return x.kind == item_kind::custom_tool_call || x.kind == item_kind::custom_tool_call_output;
}

/// A call and its output, in either order.
bool belong_together(const response_item& a, const response_item& b) {
  const bool call_and_output =
    (is_tool_call(a) && is_tool_output(b)) || (is_tool_output(a) && is_tool_call(b));
  return call_and_output && is_custom(a) == is_custom(b) && a.call_id == b.call_id;
}

/// Which outputs a call may be answered by: custom calls by custom outputs, all others by function
/// outputs.
struct call_ids {
  std::unordered_set<std::string_view> function;
  std::unordered_set<std::string_view> custom;

  void add(const response_item& x) {
    if (x.call_id.empty() && x.kind == item_kind::local_shell_call)
      return;
    (is_custom(x) ? custom : function).insert(x.call_id);
  }
  bool has(const response_item& x) const {
    return (is_custom(x) ? custom : function).contains(x.call_id);
  }
};

} // namespace

void history::record(const response_item& item, const truncation_policy& policy) {
  if (!is_kept(item))
    return;
  items_.push_back(is_tool_output(item) ? cut_to(item, policy) : item);
}

void history::replace(const std::vector<response_item>& items, const truncation_policy& policy) {
  items_ = {}; // what a long history took is given back
  items_.reserve(items.size());
  for (const auto& item : items)
    record(item, policy);
}

void history::drop_last_user_turns(std::size_t turns) {
  if (turns == 0)
    return;
  std::size_t cut = items_.size();
  for (std::size_t i = items_.size(); i-- > 0 && turns > 0;) {
    if (is_user_message(items_[i])) {
      cut = i;
      --turns;
    }
  }
  items_.resize(cut);
}

std::vector<response_item> history::drop(std::size_t index) {
  std::vector<response_item> dropped{std::move(items_[index])};
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(index));
  const auto partner = std::find_if(items_.begin(), items_.end(), [&](const response_item& x) {
    return belong_together(dropped.front(), x);
  });
  if (partner != items_.end()) {
    dropped.push_back(std::move(*partner));
    items_.erase(partner);
  }
  return dropped;
}

void history::drop_oldest() {
  drop(0);
}

std::vector<response_item> history::drop_newest() {
  return drop(items_.size() - 1);
}

bool history::replace_last_images(std::string_view placeholder) {
  const auto newest = std::find_if(items_.rbegin(), items_.rend(), [](const response_item& x) {
    return x.kind == item_kind::function_call_output ||
           (x.kind == item_kind::message && x.role == "user");
  });
  if (newest == items_.rend())
    return false;
  auto replaced = without_images(*newest, placeholder);
  if (!replaced)
    return false;
  *newest = std::move(*replaced);
  return true;
}

template <class Take>
void history::for_each_of_prompt(Take take) const {
  call_ids calls;
  call_ids outputs;
  for (const auto& item : items_) {
    if (is_tool_call(item))
      calls.add(item);
    else if (is_tool_output(item))
      outputs.add(item);
  }
  for (const auto& item : items_) {
    if (item.kind == item_kind::ghost_snapshot || (is_tool_output(item) && !calls.has(item)))
      continue;
    take(item);
    const bool needs_output =
      is_tool_call(item) && !(item.kind == item_kind::local_shell_call && item.call_id.empty());
    if (needs_output && !outputs.has(item))
      take(make_tool_output(item, "aborted"));
  }
}

std::vector<shared_text> history::for_prompt(prompt_images images) const {
  std::vector<shared_text> result;
  result.reserve(items_.size() + 4);
  for_each_of_prompt([&result, images](const response_item& x) {
    auto changed =
      images == prompt_images::as_text ? images_as_text(x, left_out_image) : std::nullopt;
    result.push_back(changed ? std::move(changed->json) : x.json);
  });
  return result;
}

std::vector<std::string> history::prompt_ids() const {
  std::vector<std::string> result;
  result.reserve(items_.size() + 4);
  for_each_of_prompt([&result](const response_item& x) { result.push_back(x.id); });
  return result;
}

} // namespace troupe::codex_thread
