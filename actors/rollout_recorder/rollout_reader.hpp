#pragma once

#include "actors/rollout_recorder/line_codec.hpp"
#include "messages/rollout.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::rollout_recorder {

/// A rollout as read back. `lines.size() + damaged_lines` is the number of lines that are not
/// blank; a session_meta that was saved counts as both.
struct rollout_contents {
  thread_id thread; ///< of the first session_meta
  std::vector<rollout_line> lines;
  std::uint64_t damaged_lines = 0;
  bool torn_tail = false; ///< the last line has no newline and is damaged; counted above
  std::vector<std::uint64_t> damaged_at; ///< their numbers, from 1; the first few
};

enum class reading_fault : std::uint8_t { empty_file, no_session_meta };

struct failed_reading {
  reading_fault fault = reading_fault::empty_file;
  std::uint64_t damaged_at = 0; ///< the first damaged line, from 1; 0: none
  line_fault damage = line_fault::not_json;
};

/// Reads a rollout chunk by chunk by the rules of contract rollouts.md 7. Lines that cannot be read
/// are counted and left out, a torn last line among them.
/// One deviation: bytes that are no UTF-8 damage their line; they do not fail the load. A byte
/// order mark is no fault. A damaged session_meta is counted, and kept as far as it can be saved
/// (`mended_line`).
class rollout_reader {
public:
  /// A longer line is damaged. A turn with a few images of 20 MB each is shorter.
  static constexpr std::size_t max_line_bytes = 256UL * 1024 * 1024;

  /// A longer line of a session_meta is not mended: instructions are some 20 KB.
  static constexpr std::size_t max_mended_bytes = 4UL * 1024 * 1024;

  /// Line numbers that are kept of damaged lines: enough to look at the file.
  static constexpr std::size_t max_damaged_numbers = 16;

  explicit rollout_reader(std::size_t line_limit = max_line_bytes) : line_limit_(line_limit) {}

  void feed(std::string_view chunk);

  /// Call once, after the last chunk. `named`: the thread of the file's name, which counts when the
  /// session_meta is lost.
  std::variant<rollout_contents, failed_reading> finish(std::optional<thread_id> named = {});

private:
  void take_piece(std::string_view piece);
  void end_line(std::string_view line);
  void count_damage(line_fault fault);
  void save_meta(std::string_view line);
  void keep(const decoded_line& line);

  std::size_t line_limit_;
  line_decoder decoder_;
  std::string open_line_;    // what came of a line whose newline is still to come
  bool is_too_long_ = false; // of the open line; the rest of it is skipped
  std::uint64_t line_number_ = 0;
  bool has_meta_ = false;
  bool lost_meta_ = false; // a line that cannot be saved was one
  line_fault first_damage_ = line_fault::not_json;
  rollout_contents contents_;
};

} // namespace troupe::rollout_recorder
