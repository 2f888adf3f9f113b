#pragma once

#include "messages/shared_text.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::codex_thread {

/// Which ids of submissions were given, by callers or by the thread, and what callers got for
/// theirs: a submission that comes twice is answered twice and carried out once. Pure.
///
/// The thread's own ids are the numbers 0, 1, 2 and so on. It leaves out those that callers have
/// used, and a caller that comes with one it has given is refused, so no two submissions share an
/// id. Bounded: the last `max_remembered` ids of callers are known, 32 bytes each.
class receipts {
public:
  /// A repetition later than this many other submissions with an id is taken as new. Far beyond
  /// what a caller that waits for an answer can have under way.
  static constexpr std::size_t max_remembered = 4096;

  /// The turn that the submission `id` of a caller got; none: it is new.
  std::optional<std::string> find(std::string_view id) const;

  /// The thread has given `id` itself.
  bool is_given(std::string_view id) const;

  /// The next id of the thread's own. Uses up nothing.
  std::string next_id() const;

  /// The id of `next_id` is used up.
  void use_next_id();

  /// A caller's new submission was accepted into `turn`.
  void remember(std::string_view id, std::string_view turn);

private:
  /// Of an id: a number as it is, everything else as a 128-bit hash. Two ids of one thread that
  /// meet by chance are less likely than a broken disk.
  struct key {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    bool operator==(const key&) const = default;
  };

  struct entry {
    key id;
    shared_text turn; ///< empty: its own
  };

  static key key_of(std::string_view id);
  std::uint64_t first_free() const;
  bool knows(const key& x) const;

  std::vector<entry> entries_; ///< a ring once it is full
  std::size_t oldest_ = 0;     ///< in a full ring
  std::uint64_t next_number_ = 0;
};

} // namespace troupe::codex_thread
