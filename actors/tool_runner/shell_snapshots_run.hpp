#pragma once

#include "actors/tool_runner/profile_files.hpp"
#include "actors/tool_runner/run_context.hpp"
#include "actors/tool_runner/shell_snapshot.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace troupe::tool_runner {

class child_run;
struct child_end;

/// The snapshots of the node's login shells, by shell and starting environment; in memory only.
/// Made when first asked for, by a login shell in the read-only sandbox; those that ask meanwhile
/// wait for it. Made again after `max_age`, and when a file of the profile has changed. Where one
/// cannot be made the answer is none for `retry_delay`, unless a file changes: the login shell
/// itself does then, and the user is told why, once for each shell and cause. Lives on the I/O
/// thread.
class shell_snapshots : public std::enable_shared_from_this<shell_snapshots> {
public:
  using clock = std::chrono::steady_clock;
  using answer = std::shared_ptr<const shell_snapshot>;

  struct limits {
    static constexpr std::chrono::seconds default_making{10};
    static constexpr std::chrono::minutes default_age{10};
    static constexpr std::chrono::minutes default_retry_delay{1};
    static constexpr std::size_t default_kept = 32;
    static constexpr std::chrono::seconds default_looking{10};

    std::chrono::milliseconds making = default_making; ///< a profile that takes longer is not used
    std::chrono::milliseconds looking = default_looking; ///< at a profile on a disk that hangs
    clock::duration max_age = default_age;
    clock::duration retry_delay = default_retry_delay;
    std::size_t kept =
      default_kept; ///< beyond it the one that was not asked for longest is dropped
  };

  explicit shell_snapshots(const limits& x) : limits_(x) {}

  /// `shell`: absolute. `start`: what the login shell starts with. `then` comes later, exactly
  /// once, within the limits; null: there is no snapshot.
  void find(std::shared_ptr<const run_context> context, std::string shell, config::variables start,
            std::function<void(answer)> then);

private:
  struct entry {
    std::string shell;
    config::variables start;
    std::vector<file_stamp> stamps;
    clock::time_point made; ///< or given up
    answer snapshot;
    bool is_making = false;
    std::vector<std::function<void(answer)>> waiting; ///< while it is made
    std::string dump;
    std::shared_ptr<child_run> child;
  };

  void on_stamps(const std::shared_ptr<const run_context>& context, std::shared_ptr<entry> wanted,
                 std::function<void(answer)> then);
  bool is_fresh(const entry& x, const entry& wanted) const;
  void make(const std::shared_ptr<const run_context>& context, const std::shared_ptr<entry>& of);
  void on_end(net::io_pool& io, const std::shared_ptr<entry>& of, const child_end& end);
  void tell_failure(net::io_pool& io, std::string notice, const child_end& end);
  void tell(const std::string& notice);
  void keep_bound();

  limits limits_;
  std::list<std::shared_ptr<entry>> entries_; ///< asked for last first
  std::set<std::string> told_;
};

} // namespace troupe::tool_runner
