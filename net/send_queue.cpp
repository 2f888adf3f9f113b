#include "net/send_queue.hpp"

#include <cassert>
#include <utility>

namespace troupe::net {

void send_queue::notify_when_sent(notice run) {
  marks_.push_back({sent_bytes_ + unsent_bytes(), std::move(run)});
}

std::string_view send_queue::begin_send() {
  assert(sending_.empty());
  std::swap(sending_, waiting_);
  return sending_;
}

std::vector<send_queue::notice> send_queue::end_send() {
  sent_bytes_ += sending_.size();
  sending_.clear();
  std::vector<notice> due;
  for (; !marks_.empty() && marks_.front().position <= sent_bytes_; marks_.pop_front())
    due.push_back(std::move(marks_.front().run));
  return due;
}

std::vector<send_queue::notice> send_queue::clear() {
  // What is being sent stays in place: the kernel may still be reading it.
  waiting_.clear();
  std::vector<notice> lost;
  for (auto& x : std::exchange(marks_, {}))
    lost.push_back(std::move(x.run));
  return lost;
}

} // namespace troupe::net
