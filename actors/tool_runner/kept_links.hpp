#pragma once

#include "actors/tool_runner/owned_descriptor.hpp"
#include "actors/tool_runner/sandbox_plan.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>

/// Symbolic links that commands must not replace. No mount can lie on a link and keep it, so it is
/// put back whenever a command that could reach it has ended; what was in its place is kept beside
/// it as "NAME.moved-1".
namespace troupe::tool_runner {

/// What links said when they were first met: what they say later may be a command's word. Pure.
class known_links {
public:
  static constexpr std::size_t max_links = 4096; ///< beyond it all are met anew

  /// Does it say what it said before?
  bool agrees(const kept_link& x);

  /// One that should be in a root of the plan, and is none there any more: a command that runs has
  /// replaced it.
  std::optional<std::string> lost(const sandbox_plan& plan) const;

private:
  std::map<std::string, std::string> texts_; ///< by path
};

/// Puts a link back when it goes. Blocks then; movable between threads.
class held_link {
public:
  /// `folder` is the one that the link lies in, open in any way; it is copied.
  held_link(int folder, kept_link link);
  held_link(held_link&&) = default;
  held_link& operator=(held_link&&) = delete;
  ~held_link();

private:
  owned_descriptor folder_;
  kept_link link_;
};

} // namespace troupe::tool_runner
