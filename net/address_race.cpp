#include "net/address_race.hpp"

#include "net/limits.hpp"

#include <algorithm>
#include <utility>

namespace troupe::net {

using boost::system::error_code;

namespace {

bool is_shortage(const error_code& error) {
  namespace errc = boost::system::errc;
  return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
         error == errc::no_buffer_space || error == errc::not_enough_memory;
}

} // namespace

endpoint_list by_turns(const endpoint_list& found) {
  if (found.empty())
    return found;
  const auto is_first_family = [&](const auto& x) {
    return x.protocol() == found.front().protocol();
  };
  endpoint_list first, second, all;
  std::ranges::partition_copy(found, std::back_inserter(first), std::back_inserter(second),
                              is_first_family);
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size())
      all.push_back(first[i]);
    if (i < second.size())
      all.push_back(second[i]);
  }
  return all;
}

address_race::address_race(std::shared_ptr<io_lane> lane, endpoint_list addresses,
                           std::chrono::milliseconds limit, completion on_done)
  : lane_(std::move(lane)), addresses_(std::move(addresses)), limit_(limit),
    on_done_(std::move(on_done)), next_(lane_->context()) {}

void address_race::start() {
  start_next();
}

void address_race::cancel() {
  on_done_ = nullptr;
  close_all();
}

void address_race::start_next() {
  const auto i = attempts_.size();
  if (!on_done_ || i == addresses_.size())
    return;
  attempts_.push_back(std::make_unique<attempt>(lane_->context()));
  ++pending_;
  connect(i, addresses_[i]);
  if (!on_done_ || attempts_.size() == addresses_.size())
    return;
  next_.expires_after(next_address_delay);
  next_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error)
      self->start_next();
  });
}

void address_race::connect(std::size_t i, const asio::ip::tcp::endpoint& address) {
  auto& x = *attempts_[i];
  error_code error;
  x.link->link.socket().open(address.protocol(), error);
  if (error) {
    --pending_;
    if (is_shortage(error))
      complete({nullptr, net_errc::no_resources, error.message()});
    else // perhaps a family that this machine does not have
      on_failure(net_errc::connect_failed, error.message());
    return;
  }
  x.deadline.expires_after(limit_);
  x.deadline.async_wait([self = shared_from_this(), &x](const error_code& cancelled) {
    if (cancelled || !self->on_done_)
      return;
    x.timed_out = true;
    x.link->link.close(); // the connecting completes with an error
  });
  x.link->link.socket().async_connect(
    address, [self = shared_from_this(), i](const error_code& e) { self->on_connected(i, e); });
}

void address_race::on_connected(std::size_t i, const error_code& error) {
  if (!on_done_)
    return;
  auto& x = *attempts_[i];
  x.deadline.cancel();
  --pending_;
  if (!error && !x.timed_out) // both can be true when the lane was busy; then it is closed
    return complete({std::move(x.link), net_errc::none, {}});
  on_failure(x.timed_out ? net_errc::timed_out_connect : net_errc::connect_failed,
             x.timed_out ? "no answer" : error.message());
}

void address_race::on_failure(net_errc error, std::string why) {
  if (attempts_.size() < addresses_.size())
    start_next();
  else if (pending_ == 0)
    complete({nullptr, error, std::move(why)});
}

void address_race::close_all() {
  next_.cancel();
  for (const auto& x : attempts_) {
    x->deadline.cancel();
    if (x->link) // stays until its operation has completed
      x->link->link.close();
  }
}

void address_race::complete(result x) {
  close_all();
  std::exchange(on_done_, nullptr)(std::move(x));
}

} // namespace troupe::net
