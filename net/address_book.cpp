#include "net/address_book.hpp"

#include "net/limits.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>

namespace troupe::net {

using boost::system::error_code;

address_book::address_book(std::shared_ptr<io_lane> lane)
  : lane_(std::move(lane)), resolver_(lane_->context()) {}

void address_book::look_up(const std::string& host, std::uint16_t port, answer on_answer) {
  error_code not_numeric;
  const auto address = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) {
    on_answer({}, {{address, port}});
    return;
  }
  const key name{host, port};
  auto& known = entries_[name];
  if (!known.waiting.empty()) {
    known.waiting.push_back(std::move(on_answer));
    return;
  }
  if (std::chrono::steady_clock::now() < known.good_until) {
    on_answer({}, endpoints{known.addresses}); // a copy: the answer may ask again
    return;
  }
  known.waiting.push_back(std::move(on_answer));
  const auto refusal = resolve(
    resolver_, host, port, [self = shared_from_this(), name](const error_code& error, auto found) {
      endpoints addresses;
      for (const auto& x : found)
        addresses.push_back(x.endpoint());
      self->on_resolved(name, error, std::move(addresses));
    });
  if (refusal)
    on_resolved(name, refusal, {});
}

void address_book::abandon() {
  resolver_.cancel();
  entries_.clear();
}

void address_book::on_resolved(const key& name, const error_code& error, endpoints found) {
  const auto i = entries_.find(name);
  if (i == entries_.end())
    return;
  const auto waiting = std::exchange(i->second.waiting, {});
  if (error) {
    entries_.erase(i);
  } else {
    i->second.addresses = found;
    i->second.good_until = std::chrono::steady_clock::now() + resolved_address_limit;
    make_room();
  }
  for (const auto& on_answer : waiting)
    on_answer(error, found);
}

void address_book::make_room() {
  if (entries_.size() > max_resolved_names)
    std::erase_if(entries_, [](const auto& x) { return x.second.waiting.empty(); });
}

} // namespace troupe::net
