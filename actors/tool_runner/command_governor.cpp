#include "actors/tool_runner/command_governor.hpp"

#include <algorithm>

namespace troupe::tool_runner {

command_governor::answer command_governor::request(const thread_id& thread, ticket x) {
  if (running_.size() < limits_.running) {
    running_.insert(x);
    return answer::run;
  }
  const auto queue = queues_.find(thread);
  const auto queued = queue == queues_.end() ? 0 : queue->second.size();
  if (waiting_.size() >= limits_.waiting || queued >= limits_.waiting_of_thread)
    return answer::refuse;
  if (queue == queues_.end())
    turns_.push_back(thread);
  queues_[thread].push_back(x);
  waiting_.emplace(x, thread);
  return answer::wait;
}

std::optional<command_governor::ticket> command_governor::release(ticket x) {
  if (running_.erase(x) != 0)
    return next();
  const auto found = waiting_.find(x);
  if (found == waiting_.end())
    return std::nullopt;
  const auto thread = found->second;
  waiting_.erase(found);
  auto& queue = queues_.at(thread);
  std::erase(queue, x);
  if (queue.empty()) {
    queues_.erase(thread);
    std::erase(turns_, thread);
  }
  return std::nullopt;
}

std::optional<command_governor::ticket> command_governor::next() {
  if (turns_.empty())
    return std::nullopt;
  const auto thread = turns_.front();
  turns_.pop_front();
  auto& queue = queues_.at(thread);
  const auto result = queue.front();
  queue.pop_front();
  if (queue.empty())
    queues_.erase(thread);
  else
    turns_.push_back(thread);
  waiting_.erase(result);
  running_.insert(result);
  return result;
}

std::size_t default_running_commands(std::size_t cores, std::uint64_t memory_bytes) {
  const auto by_memory = static_cast<std::size_t>(memory_bytes / memory_of_command);
  return std::max(fewest_commands, std::min(2 * cores + 2, by_memory));
}

} // namespace troupe::tool_runner
