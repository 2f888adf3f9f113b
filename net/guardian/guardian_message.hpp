#pragma once

#include "net/process_bounds.hpp"
#include "net/spawn.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

/// What the program and its guardian tell each other. Both are the same program on the same
/// machine: numbers travel in native form, and whatever does not read as a whole is refused.
///
/// A request for a child goes to the guardian's own socket, as the number of bytes of its plan,
/// with descriptors: a memory file that holds the plan, the child's channel, then the child's
/// descriptors in the order of the plan. Everything else about the child goes over its channel: the
/// guardian tells of its start and of its end (`child_news`), the program sends signals as plain
/// numbers, and closes the channel when it asks for no more.
namespace troupe::net {

/// Descriptors of one child: the kernel passes 253 at once, two are ours.
inline constexpr std::size_t max_child_descriptors = 251;

/// Arguments and environment together: twice what the kernel takes (with its usual stack limit).
inline constexpr std::size_t max_plan_bytes = 16 * 1024 * 1024;

/// A plan without its descriptors' own numbers: those become known when they have arrived.
std::string encode_plan(const spawn_plan& plan, const process_bounds& bounds);

struct received_plan {
  spawn_plan plan; ///< `descriptors` have -1 for "ours"
  process_bounds bounds;
};

/// None: not a whole plan.
std::optional<received_plan> decode_plan(std::string_view bytes);

/// What a channel tells about its child.
struct child_news {
  enum class kind : std::uint8_t {
    started,  ///< `number`: its process id
    failed,   ///< `number`: errno; `text`: what could not be done
    exited,   ///< `number`: exit code
    signalled ///< `number`: the signal
  };

  /// How the bounds of a started child hold.
  enum class hold : std::uint8_t {
    unbounded, ///< none was asked for
    cgroup,    ///< the kernel holds them
    watched    ///< the guardian looks every now and then
  };

  kind what = kind::failed;
  std::int32_t number = 0;
  hold bounds = hold::unbounded;

  /// failed: the cause. exited, signalled: which bound has ended it, empty when none has. started
  /// and watched: why there is no cgroup.
  std::string text;
  bool operator==(const child_news&) const = default;
};

std::string encode_news(const child_news& x);

/// None: not whole news.
std::optional<child_news> decode_news(std::string_view bytes);

/// Longest news: an errno text with a path in it.
inline constexpr std::size_t max_news_bytes = 16 * 1024;

} // namespace troupe::net
