#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

namespace troupe::model_client {

/// Open operations by number. Bounded: what is accepted is in here until it is answered, and what
/// does not fit is refused at once. Numbers are never used twice.
template <class Call>
class call_table {
public:
  using operation = std::uint64_t;

  explicit call_table(std::size_t max_open) : max_open_(max_open) {}

  bool is_full() const { return calls_.size() >= max_open_; }
  std::size_t size() const { return calls_.size(); }

  /// A number for `add`, or for a call that ends before it could be added.
  operation next_number() { return ++last_; }

  /// Must not be full.
  Call& add(operation number, Call x) { return calls_.emplace(number, std::move(x)).first->second; }

  /// Null when there is no such call (any more). Valid until the table changes.
  Call* find(operation x) {
    const auto i = calls_.find(x);
    return i == calls_.end() ? nullptr : &i->second;
  }

  /// Takes the call out; none when it is out already.
  std::optional<Call> take(operation x) {
    auto node = calls_.extract(x);
    if (node.empty())
      return std::nullopt;
    return std::move(node.mapped());
  }

  /// Passes each call to `f`, which must not change the table.
  template <class F>
  void for_each(F&& f) {
    for (auto& [number, call] : calls_)
      f(call);
  }

  /// The same, with the number before.
  template <class F>
  void for_each_numbered(F&& f) {
    for (auto& [number, call] : calls_)
      f(number, call);
  }

  /// Takes all calls out and passes each to `f`.
  template <class F>
  void take_all(F&& f) {
    for (auto& [number, call] : std::exchange(calls_, {}))
      f(call);
  }

private:
  std::size_t max_open_;
  operation last_ = 0;
  std::unordered_map<operation, Call> calls_;
};

} // namespace troupe::model_client
