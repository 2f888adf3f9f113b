#pragma once

#include "messages/ids.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::model_client {

/// The WebSocket connections of threads: one that was prepared ahead of the first turn, and the one
/// of the current turn (contract responses-client.md 10.3, 10.4). Pure and bounded. `Connection` is
/// a pointer-like handle; what the functions return is out of the table and to be closed.
template <class Connection>
class connection_table {
public:
  explicit connection_table(std::size_t max_threads) : max_threads_(max_threads) {}

  enum class origin : std::uint8_t { none, prepared_ahead, own };

  struct found {
    Connection connection{};
    connection_table::origin origin = origin::none;
  };

  /// Keeps a connection for the thread's first turn; an older one is replaced. What does not fit is
  /// given back.
  std::vector<Connection> prepare(const thread_id& thread, Connection x) {
    auto* entry = entry_of(thread);
    if (entry == nullptr)
      return {std::move(x)};
    return given_back(std::exchange(entry->prepared, std::move(x)));
  }

  /// The connection of that turn. A prepared one becomes the turn's, once.
  found find(const thread_id& thread, std::string_view turn) {
    const auto known = entries_.find(thread);
    if (known == entries_.end())
      return {};
    auto& x = known->second;
    if (x.connection && x.turn == turn)
      return {x.connection, x.origin};
    if (!x.prepared || x.connection)
      return {};
    x.turn = turn;
    x.origin = origin::prepared_ahead;
    x.connection = std::exchange(x.prepared, Connection{});
    return {x.connection, x.origin};
  }

  /// The turn has opened a connection of its own; that of an earlier turn is given back. So is `x`
  /// when it does not fit.
  std::vector<Connection> open(const thread_id& thread, std::string_view turn, Connection x) {
    auto* entry = entry_of(thread);
    if (entry == nullptr)
      return {std::move(x)};
    entry->turn = turn;
    entry->origin = origin::own;
    return given_back(std::exchange(entry->connection, std::move(x)));
  }

  /// The turn is over; an empty turn: the thread is, too.
  std::vector<Connection> close(const thread_id& thread, std::string_view turn) {
    const auto known = entries_.find(thread);
    if (known == entries_.end())
      return {};
    auto& x = known->second;
    std::vector<Connection> result;
    if (x.connection && (turn.empty() || x.turn == turn))
      result.push_back(std::exchange(x.connection, Connection{}));
    if (x.prepared && turn.empty())
      result.push_back(std::exchange(x.prepared, Connection{}));
    erase_if_empty(known);
    return result;
  }

  /// The connection has ended.
  void remove(const thread_id& thread, const Connection& x) {
    const auto known = entries_.find(thread);
    if (known == entries_.end())
      return;
    if (known->second.connection == x)
      known->second.connection = Connection{};
    if (known->second.prepared == x)
      known->second.prepared = Connection{};
    erase_if_empty(known);
  }

  /// Everything, out of the table.
  std::vector<Connection> take_all() {
    std::vector<Connection> result;
    for (auto& [thread, x] : std::exchange(entries_, {})) {
      if (x.connection)
        result.push_back(std::move(x.connection));
      if (x.prepared)
        result.push_back(std::move(x.prepared));
    }
    return result;
  }

  std::size_t size() const { return entries_.size(); }

private:
  struct kept {
    Connection prepared{};
    Connection connection{};
    connection_table::origin origin = origin::none;
    std::string turn; ///< of `connection`
  };

  using entry_map = std::unordered_map<thread_id, kept>;

  /// Null: there is no room for another thread.
  kept* entry_of(const thread_id& thread) {
    const auto known = entries_.find(thread);
    if (known != entries_.end())
      return &known->second;
    return entries_.size() < max_threads_ ? &entries_[thread] : nullptr;
  }

  void erase_if_empty(typename entry_map::iterator x) {
    if (!x->second.connection && !x->second.prepared)
      entries_.erase(x);
  }

  static std::vector<Connection> given_back(Connection x) {
    if (!x)
      return {};
    return {std::move(x)};
  }

  std::size_t max_threads_;
  entry_map entries_;
};

} // namespace troupe::model_client
