#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::sim {

struct usage_figures {
  std::int64_t input_tokens = 0;
  std::int64_t cached_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t reasoning_tokens = 0;
  bool operator==(const usage_figures&) const = default;
};

/// The events written so far.
struct written_events {
  struct event {
    std::size_t end = 0;        ///< in `text`
    std::size_t text_bytes = 0; ///< of model output in it; 0: no delta
    bool operator==(const event&) const = default;
  };

  std::string text;
  std::vector<event> list;
  std::size_t items = 0;
  std::size_t output_bytes = 0;    ///< of model output, with reasoning
  std::size_t reasoning_bytes = 0; ///< of it in summaries and reasoning text
  bool operator==(const written_events&) const = default;
};

/// Writes the events of one response as the provider does (contract responses-client, section 6.3,
/// with those that clients ignore): opening, items, the last event. Every id in the response is
/// derived from `id`; item ids and call ids end with the item's number.
class event_writer {
public:
  /// Every response begins with `response.created` and `response.in_progress`.
  static constexpr std::size_t opening_events = 2;

  struct written_event {
    std::size_t end = 0;        ///< in `text`
    std::size_t text_bytes = 0; ///< of model output in it; 0: no delta
    bool operator==(const written_event&) const = default;
  };

  /// `delta_bytes`: how much text a delta carries; at least 4, so that any code point fits. Calls
  /// are not shown while they arrive, so their deltas are sixteen times as large.
  /// Goes on behind `front`, for responses whose front is kept ready.
  event_writer(std::string_view id, std::size_t delta_bytes, written_events front = {});

  void open();
  void message(std::string_view text, std::string_view phase);
  /// `content` is raw reasoning text, usually empty.
  void reasoning(const std::vector<std::string>& summary, std::string_view content);
  void function_call(std::string_view tool, std::string_view arguments);
  void custom_call(std::string_view tool, std::string_view input);
  void local_shell_call(const std::vector<std::string>& command);
  void web_search(std::string_view query);
  /// One event with this data, which may be anything. Line feeds in it become several data lines.
  void raw_event(std::string_view data);
  /// Null `usage`: the response reports none.
  void complete(const usage_figures* usage);

  const written_events& written() const { return done_; }
  written_events release() && { return std::move(done_); }

private:
  /// How a call is written: the item's type, the front of its id, the name of its text, its events.
  struct call_form {
    std::string_view type;
    std::string_view id_prefix;
    std::string_view field;
    std::string_view delta_event;
    std::string_view done_event;
  };

  void begin(std::string_view type);
  void end(std::size_t text_bytes = 0);
  std::string item_id(std::string_view prefix) const;
  std::string item_place(std::string_view prefix) const;
  void item_event(std::string_view type, std::string_view item);
  void field_event(std::string_view type, std::string_view place, std::string_view name,
                   std::string_view json);
  void deltas(std::string_view type, std::string_view place, std::string_view text,
              std::size_t piece_bytes);
  void summary_part(std::size_t index, std::string_view text);
  void call(const call_form& form, std::string_view tool, std::string_view text);

  std::string id_;
  std::size_t delta_bytes_;
  written_events done_;
};

} // namespace troupe::sim
