#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::codex_thread {

/// How a tool may overlap with other tools of the same response (contract tools.md 1.5).
enum class tool_overlap : unsigned char { shared, exclusive };

/// Tools that may run beside others; all others run alone.
inline tool_overlap overlap_of(std::string_view offered_name) {
  return offered_name == "exec_command" || offered_name == "shell_command" ||
             offered_name == "shell" || offered_name == "local_shell"
           ? tool_overlap::shared
           : tool_overlap::exclusive;
}

/// Decides when each call of one response may start: a reader/writer lock whose waiters keep their
/// order. Pure; `Call` is whatever the owner wants back when the call may start.
template <class Call>
class tool_gate {
public:
  /// Lets `call` in now or later; appends every call that may start to `ready`.
  void arrive(Call call, tool_overlap overlap, std::vector<Call>& ready) {
    waiting_.emplace_back(std::move(call), overlap);
    admit(ready);
  }

  /// One running call has finished.
  void leave(tool_overlap overlap, std::vector<Call>& ready) {
    if (overlap == tool_overlap::exclusive)
      exclusive_ = false;
    else
      --shared_;
    admit(ready);
  }

  /// Forgets the calls that have not started and returns them, in order.
  std::vector<Call> drop_waiting() {
    std::vector<Call> result;
    for (auto& [call, overlap] : waiting_)
      result.push_back(std::move(call));
    waiting_.clear();
    return result;
  }

private:
  void admit(std::vector<Call>& ready) {
    while (!waiting_.empty() && !exclusive_) {
      const auto overlap = waiting_.front().second;
      if (overlap == tool_overlap::exclusive && shared_ > 0)
        return;
      if (overlap == tool_overlap::exclusive)
        exclusive_ = true;
      else
        ++shared_;
      ready.push_back(std::move(waiting_.front().first));
      waiting_.pop_front();
    }
  }

  std::deque<std::pair<Call, tool_overlap>> waiting_;
  std::size_t shared_ = 0;
  bool exclusive_ = false;
};

} // namespace troupe::codex_thread
