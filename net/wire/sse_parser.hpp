#pragma once

#include "net/net_errc.hpp"
#include "net/wire/byte_budget.hpp"
#include "net/wire/utf8_check.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::net {

/// One dispatched event.
struct sse_event {
  std::string data; ///< the values of all `data` lines, joined by LF
  std::string name; ///< the value of the last `event` line; empty means "message"

  bool operator==(const sse_event&) const = default;
};

/// Reads a Server-Sent Events stream piece by piece (contract responses-client, section 6.1).
///
/// Lines end with LF, CR or CRLF; the end of a chunk may fall anywhere, also inside a CRLF, a UTF-8
/// sequence or the byte order mark. `id` and `retry` lines are ignored.
///
/// Bytes that are not UTF-8 end the delivery for good: events completed before them are delivered,
/// all later bytes are swallowed. `feed` keeps succeeding, because the contract reports that error
/// only when the connection ends; `finish` returns it, and `has_bad_utf8` tells those who want to
/// know now.
///
/// Bounded: an event over `max_event_bytes` makes this and every later call return
/// `net_errc::too_large`, one that the budget has no room for `net_errc::too_much_unfinished`. Not
/// thread-safe; one parser per stream; keeps no reference to its input.
class sse_parser {
public:
  /// The largest event known is a completed response with all its output: below 1 MiB. Eight times
  /// that still bounds what one stream may hold.
  static constexpr std::size_t default_max_event_bytes = 8 * 1024 * 1024;

  /// `budget`: null for none.
  explicit sse_parser(std::size_t max_event_bytes = default_max_event_bytes,
                      std::shared_ptr<byte_budget> budget = {})
    : max_event_bytes_(max_event_bytes), share_(std::move(budget)) {}

  /// Consumes `chunk` and appends the events completed by it to `out`.
  net_errc feed(std::string_view chunk, std::vector<sse_event>& out);

  /// To be called when the stream has ended. An unfinished event is discarded; an invalid or
  /// unfinished UTF-8 sequence is `net_errc::bad_utf8`.
  net_errc finish();

  bool has_bad_utf8() const { return utf8_.failed(); }

private:
  std::string_view without_byte_order_mark(std::string_view text);
  bool make_room(std::size_t for_line, std::size_t for_data);
  void split_lines(std::string_view text, std::vector<sse_event>& out);
  void end_line(std::string_view piece, std::vector<sse_event>& out);
  void on_line(std::string_view line, std::vector<sse_event>& out);
  void on_field(std::string_view name, std::string_view value);
  void dispatch(std::vector<sse_event>& out);

  const std::size_t max_event_bytes_;
  utf8_check utf8_;
  std::size_t mark_bytes_seen_ = 0;   // of the byte order mark; 3 = decided
  bool skip_line_feed_ = false;       // the last byte was a CR, an LF now belongs to it
  net_errc failure_ = net_errc::none; // there is too much
  bool has_data_ = false;
  std::string line_; // the unfinished line
  std::string data_; // the event being built
  std::string name_;
  byte_share share_; // as large as the capacities of line and data
};

} // namespace troupe::net
