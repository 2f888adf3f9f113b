#pragma once

#include "actors/tool_runner/owned_descriptor.hpp"
#include "net/process.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

/// What is seen of a sandbox from outside. Whether bubblewrap, which knows covers by name, has put
/// them where they were planned: whoever writes the same folders can rename them at that moment.
/// And whether anything lives in it: bubblewrap itself ends when its command does, and what that
/// has left behind is killed a moment later. Linux only.
namespace troupe::tool_runner {

/// A mount in a sandbox, as it must be before the command begins.
struct expected_mount {
  std::string path;         ///< absolute
  std::uint64_t device = 0; ///< of the folder that it lies in, as was planned
  std::uint64_t inode = 0;
  bool is_writable = false;
  bool operator==(const expected_mount&) const = default;
};

/// Is it so for a process whose `/` is opened at `root`?
bool is_mounted(int root, const expected_mount& mount);

/// Of one call of bubblewrap. Where there are mounts to be looked at it holds its command until all
/// are seen in their places; it holds the other end of that itself: when we end before we have
/// looked, it waits until it is killed.
class sandbox_watch {
public:
  using clock = std::chrono::steady_clock;

  enum class state : std::uint8_t {
    waiting,  ///< look again
    released, ///< the command begins
    ended,    ///< there is nothing to look at any more
    refused   ///< to be killed
  };

  /// Of the child of bubblewrap, from when it is known.
  static constexpr std::chrono::seconds limit{10};

  /// For names that are exchanged all the time.
  static constexpr std::chrono::milliseconds settled_limit{500};

  /// Until the next look, after looking for so long: on a busy machine a sandbox takes its time,
  /// and looks are not to take much of that.
  static constexpr std::chrono::milliseconds pause_after(clock::duration looked) {
    using std::chrono::milliseconds;
    return std::clamp(std::chrono::duration_cast<milliseconds>(looked / 4), milliseconds{2},
                      milliseconds{50});
  }

  /// The numbers of its descriptors in bubblewrap.
  static constexpr int status_descriptor = 4;
  static constexpr int info_descriptor = 5;
  static constexpr int block_descriptor = 6;
  static constexpr int hold_descriptor = 7;

  /// Without mounts there is nothing to be looked at before it begins. Null: see errno.
  static std::shared_ptr<sandbox_watch> make(std::vector<expected_mount> mounts);

  bool has_mounts() const { return !mounts_.empty(); }

  /// Options of bubblewrap.
  std::vector<std::string> arguments() const;

  std::vector<net::process_options::inherited_descriptor> inherited() const;

  /// What was to be inherited has been.
  void has_started();

  /// Of one that has ended: has its command begun, or has bubblewrap failed itself?
  bool has_begun();

  /// May block; one at a time.
  state look();

  /// Ends what is held in the sandbox, and with it bubblewrap. False: it cannot be reached.
  bool kill() const;

  /// Does nothing live in it any more? Not while it is looked at.
  bool is_over();

  /// Until that, or for so long.
  void wait(std::chrono::milliseconds limit);

private:
  explicit sandbox_watch(std::vector<expected_mount> mounts)
    : mounts_(std::move(mounts)), is_looked_at_(has_mounts()) {}

  enum class presence : std::uint8_t { there, gone, unknown };

  state looked();
  presence find_process();
  bool find_child();

  std::vector<expected_mount> mounts_;
  owned_descriptor info_, its_info_;
  owned_descriptor status_, its_status_; ///< of its own: it is read while others look
  owned_descriptor life_;                ///< hangs up when nobody has `release_` any more
  owned_descriptor release_; ///< also of the first process in the sandbox, until it begins to end
  std::string told_;
  std::optional<pid_t> child_;
  owned_descriptor process_; ///< a pidfd of the child
  clock::time_point end_;
  bool is_over_ = false;
  std::atomic<bool> is_looked_at_;
};

} // namespace troupe::tool_runner
