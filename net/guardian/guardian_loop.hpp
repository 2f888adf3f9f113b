#pragma once

#include "net/guardian/command_keeper.hpp"
#include "net/guardian/event_set.hpp"
#include "net/guardian/guardian.hpp"
#include "net/guardian/guardian_message.hpp"
#include "net/unique_fd.hpp"

#include <cstdint>
#include <map>
#include <utility>

namespace troupe::net {

/// What the guardian process does: takes requests, tells news, and watches, until the program has
/// closed the socket of the requests, which is its end. Then ends everything that is left.
///
/// One thread, one poll loop, which waits for nothing else: not for the exec of a child, nor for a
/// disk.
class guardian_loop {
public:
  guardian_loop(unique_fd requests, const guardian_terms& terms);

  /// Returns when the program and everything that it has started have ended.
  void run();

private:
  enum class program : bool { ended, lives };

  program step();
  program take_requests();
  void take_request(const std::string& head, std::vector<unique_fd> descriptors);
  void take_orders(command_number number);
  void tell(command_number number, const child_news& news);
  void tell_news();
  void close_channel(command_number number);

  unique_fd requests_;
  event_set events_;
  unique_fd deaths_; // signalfd
  command_keeper keeper_;
  std::map<command_number, unique_fd> channels_;
  command_number last_number_ = 0;
};

} // namespace troupe::net
