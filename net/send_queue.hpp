#pragma once

#include "net/net_errc.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::net {

/// Bytes on their way to a socket: those being sent, those waiting behind them, and who wants to
/// know when. Pieces that wait are sent in one go.
class send_queue {
public:
  using notice = std::function<void(net_errc)>;

  /// Where the next bytes are appended.
  std::string& tail() { return waiting_; }

  /// `run` is due when all bytes appended so far have been sent.
  void notify_when_sent(notice run);

  bool has_waiting() const { return !waiting_.empty(); }
  std::size_t unsent_bytes() const { return sending_.size() + waiting_.size(); }

  /// Takes all that waits to be sent; valid until `end_send`. Not while something is being sent.
  std::string_view begin_send();

  /// What `begin_send` gave has been sent. Returns the notices due, in order.
  std::vector<notice> end_send();

  /// Drops everything. Returns the notices that will not come true.
  std::vector<notice> clear();

private:
  struct mark {
    std::uint64_t position; // in the stream of all bytes ever appended
    notice run;
  };

  std::string sending_;
  std::string waiting_;
  std::uint64_t sent_bytes_ = 0;
  std::deque<mark> marks_;
};

} // namespace troupe::net
