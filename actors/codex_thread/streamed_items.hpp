#pragma once

#include "actors/codex_thread/effects.hpp"
#include "messages/model_stream.hpp"

#include <optional>
#include <string>

namespace troupe::codex_thread {

/// Shows what a model streams as items of a turn: started, deltas, completed, under one id from
/// start to end (contract threads.md 11.2). A delta without an item is left out. Pure.
class streamed_items {
public:
  explicit streamed_items(std::string turn) : turn_(std::move(turn)) {}

  void added(const response_item& item, effects& out);
  void changed(output_text_delta& x, effects& out);
  void changed(reasoning_summary_delta& x, effects& out);
  void changed(reasoning_text_delta& x, effects& out);
  void changed(const reasoning_part_added& x, effects& out);

  /// The item is complete. Returns the text of an assistant message that has one.
  std::optional<std::string> done(const response_item& item, effects& out);

  /// The item that is being streamed, if any, will not be completed.
  void drop() { active_.reset(); }

private:
  std::string turn_;
  std::optional<std::string> active_; ///< id of the item that is being streamed
};

/// The item as a turn shows it starts and ends at once.
void show_item(turn_item item, const std::string& turn, effects& out);

/// The end of an item: legacy lines, then the event.
void complete_item(turn_item item, const std::string& turn, effects& out);

} // namespace troupe::codex_thread
