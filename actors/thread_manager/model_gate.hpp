#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace troupe::thread_manager {

enum class refresh_outcome : std::uint8_t { refreshed, failed };

/// Threads start with an up-to-date list of models (contract models-manager.md 14), but not each of
/// them asks for it: one question serves every start that comes while it is open and for a while
/// after. So a provider whose list does not come holds up starts for the length of one question,
/// however many they are. Pure; bounded by who calls it.
class model_gate {
public:
  using clock = std::chrono::steady_clock;

  /// Well below the 300 s that a list counts as fresh.
  static constexpr std::chrono::seconds trusted{60};
  /// A provider that has not answered is left alone for as long as an answer would have been fresh.
  static constexpr std::chrono::seconds left_alone{300};

  enum class answer : std::uint8_t { go, wait, ask };

  /// `go`: `start` may run now and was not kept. Otherwise it is kept until `opened`; with `ask`
  /// the question is to be put first.
  answer arrive(clock::time_point now, std::function<void()> start) {
    if (!is_asking_ && now < open_until_)
      return answer::go;
    waiting_.push_back(std::move(start));
    return std::exchange(is_asking_, true) ? answer::wait : answer::ask;
  }

  /// The question is answered: everything that waited, in its order.
  std::vector<std::function<void()>> opened(clock::time_point now, refresh_outcome outcome) {
    is_asking_ = false;
    if (!std::exchange(is_outdated_, false))
      open_until_ = now + (outcome == refresh_outcome::refreshed ? trusted : left_alone);
    return std::exchange(waiting_, {});
  }

  /// What was learned does not count any more: another provider.
  void close() {
    open_until_ = clock::time_point::min();
    is_outdated_ = is_asking_;
  }

  std::size_t waiting() const { return waiting_.size(); }

private:
  clock::time_point open_until_ = clock::time_point::min();
  bool is_asking_ = false;
  bool is_outdated_ = false; ///< what is asked now
  std::vector<std::function<void()>> waiting_;
};

} // namespace troupe::thread_manager
