#pragma once

#include "actors/rollout_recorder/file_names.hpp"
#include "actors/rollout_recorder/line_codec.hpp"
#include "actors/rollout_recorder/meta_codec.hpp"
#include "actors/rollout_recorder/timestamps.hpp"
#include "messages/rollout.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The rules of listing by file scan (contract rollouts.md 8), without the files.
namespace troupe::rollout_recorder {

inline constexpr std::size_t scan_cap = 10'000;      ///< files looked at per request
inline constexpr std::size_t head_lines = 10;        ///< lines of a head
inline constexpr std::size_t extra_head_lines = 200; ///< while only the user message is missing

/// Where a listing goes on: strictly behind this place.
struct list_anchor {
  sys_milliseconds time;
  thread_id thread;
  bool operator==(const list_anchor&) const = default;
};

/// `<time>|<id>`; none for anything else.
std::optional<list_anchor> parse_cursor(std::string_view text);
std::string cursor_text(sys_milliseconds time, const thread_id& thread);

/// A rollout file that may be listed. `time` is what it is ordered by.
struct list_candidate {
  std::filesystem::path path;
  /// By creation whole seconds; by modification milliseconds, because threads of this program may
  /// come many to a second, and the last one is what `resume --last` means.
  sys_milliseconds time;
  thread_id thread;
};

/// Newest first, then greatest id first.
bool comes_before(const list_candidate& a, const list_candidate& b);
bool is_behind(const list_candidate& x, const list_anchor& anchor);

/// What the head of a qualifying file says.
struct thread_head {
  recorded_meta meta;
  std::string first_user_message; ///< trimmed, may be empty
};

/// Reads a file's head line by line and stops as early as the contract allows. Takes the first
/// session_meta: a fork is listed with its own data, not its source's (contract 8.2 calls that the
/// sane choice).
///
/// Damage does not hide a thread: what can be saved of its first line and of the user's message
/// stands there with U+FFFD for the rest (`mended_line`). Of a session_meta that is lost the thread
/// is known by its file's name, a lost message has a text in its place, and so has the message of a
/// file that was converted to UTF-16.
class head_reader {
public:
  /// `named`: the thread of the file's name.
  explicit head_reader(std::optional<thread_id> named = {}) : named_(named) {}

  bool wants_more() const;

  /// A line without its newline; blank ones do not count.
  void take(std::string_view line);

  /// None when the file does not qualify: no session_meta, or no user message yet.
  std::optional<thread_head> result() const;

private:
  void keep(const decoded_line& line);
  void save(std::string_view line);
  void take_lost_meta();

  std::optional<thread_id> named_;
  line_decoder decoder_;
  std::size_t lines_ = 0;
  std::optional<recorded_meta> meta_;
  std::optional<std::string> user_message_;
};

/// The message as listings show it: trimmed, without the preamble that IDE clients put before it.
std::string_view visible_part(std::string_view user_message);

/// The request's filters by source and provider.
bool matches(const recorded_meta& meta, const list_rollouts& request);

} // namespace troupe::rollout_recorder
