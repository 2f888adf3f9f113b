#pragma once

#include "messages/item.hpp"
#include "messages/model_info.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::codex_thread {

/// What becomes of images in a prompt: a model that takes none gets a text in their place.
enum class prompt_images : std::uint8_t { kept, as_text };

/// The items a thread's model gets to see, oldest first (contract threads.md 17). Pure; not
/// thread-safe. Items are shared, so a copy of the history costs pointers only.
class history {
public:
  /// Keeps `item` if it is of a kind that models get to see, a tool output cut to 1.2 times
  /// `policy`.
  void record(const response_item& item, const truncation_policy& policy);

  /// Forgets everything and starts again with `items`, recorded one by one.
  void replace(const std::vector<response_item>& items, const truncation_policy& policy);

  /// Drops the last `turns` user turns: everything from the `turns`-th last user message on, or
  /// from the first one if there are fewer.
  void drop_last_user_turns(std::size_t turns);

  /// Drops the oldest or newest item, and with a call its output, with an output its call. The
  /// history must not be empty.
  void drop_oldest();
  std::vector<response_item> drop_newest(); ///< returns what was dropped

  /// If the newest item among user messages and function outputs is an output with images, each of
  /// them becomes the text `placeholder`; false when there is nothing to replace.
  bool replace_last_images(std::string_view placeholder);

  /// The input of a model request: every call has an output ("aborted" where none came), no output
  /// lacks its call, local items are left out.
  std::vector<shared_text> for_prompt(prompt_images images = prompt_images::kept) const;

  /// The models' ids of the items of `for_prompt`, one each; empty texts where there is none.
  std::vector<std::string> prompt_ids() const;

  const std::vector<response_item>& items() const { return items_; }
  bool empty() const { return items_.empty(); }

private:
  std::vector<response_item> drop(std::size_t index);

  template <class Take>
  void for_each_of_prompt(Take take) const;

  std::vector<response_item> items_;
};

} // namespace troupe::codex_thread
