#include "actors/rollout_recorder/rollout_table.hpp"

#include <fmt/format.h>

#include <utility>

namespace troupe::rollout_recorder {

namespace {

store_error not_open(const thread_id& thread) {
  return {errc::no_such_rollout,
          fmt::format("no rollout is open for thread {}", to_string(thread))};
}

} // namespace

rollout_table::rollout_table(table_limits limits) : limits_(limits), files_(limits.open_files) {}

std::optional<store_error> rollout_table::add(const thread_id& thread) {
  if (contains(thread))
    return store_error{errc::invalid_request,
                       fmt::format("thread is already open: {}", to_string(thread))};
  if (rollouts_.size() >= limits_.open_rollouts)
    return store_error{errc::queue_full, "too many rollouts are open"};
  rollouts_.try_emplace(thread);
  return std::nullopt;
}

void rollout_table::set_open(const thread_id& thread, std::filesystem::path path, open_file file) {
  const auto at = rollouts_.find(thread);
  at->second.path = std::move(path);
  at->second.is_opening = false;
  files_.put(thread, std::move(file));
  proceed(at);
}

std::optional<store_error> rollout_table::adopt(const thread_id& thread,
                                                std::filesystem::path path) {
  if (auto error = add(thread))
    return error;
  auto& rollout = rollouts_.at(thread);
  rollout.path = std::move(path);
  rollout.is_opening = false;
  rollout.is_unseen = true;
  return std::nullopt;
}

void rollout_table::remove(const thread_id& thread, const store_error& error) {
  forget(rollouts_.find(thread), error);
}

std::optional<store_error> rollout_table::append(const thread_id& thread, append_lines lines,
                                                 ticket number) {
  const auto at = rollouts_.find(thread);
  if (at == rollouts_.end() || !at->second.closes.empty())
    return not_open(thread);
  if (!at->second.queue.offer(std::move(lines), limits_.per_thread))
    return store_error{errc::queue_full, "too many appends of the thread wait for the disk"};
  at->second.appends.push_back(number);
  proceed(at);
  return std::nullopt;
}

std::optional<store_error> rollout_table::close(const thread_id& thread, ticket number) {
  const auto at = rollouts_.find(thread);
  if (at == rollouts_.end())
    return not_open(thread);
  at->second.closes.push_back(number);
  proceed(at);
  return std::nullopt;
}

std::vector<due_write> rollout_table::start_writes() {
  std::vector<due_write> due;
  for (; writes_ < limits_.parallel_writes && !ready_.empty(); ++writes_) {
    const auto thread = ready_.front();
    ready_.pop_front();
    auto& rollout = rollouts_.at(thread);
    rollout.is_ready = false;
    due.push_back({thread,
                   {.path = rollout.path,
                    .file = files_.take(thread),
                    .appends = rollout.queue.take(),
                    .owner = rollout.is_unseen ? std::optional{thread} : std::nullopt}});
  }
  return due;
}

void rollout_table::finish_write(const thread_id& thread, append_outcome outcome) {
  --writes_;
  const auto at = rollouts_.find(thread);
  if (at == rollouts_.end()) // cleared meanwhile
    return;
  if (!outcome.error)
    at->second.is_unseen = false;
  if (outcome.file)
    files_.put(thread, std::move(*outcome.file));
  auto& queue = at->second.queue;
  settle_appends(at->second, outcome.error ? queue.fail(outcome.written) : queue.succeed(),
                 outcome.error);
  proceed(at);
}

void rollout_table::clear(const store_error& error) {
  while (!rollouts_.empty())
    forget(rollouts_.begin(), error);
  ready_.clear();
}

std::vector<settled_request> rollout_table::take_settled() {
  return std::exchange(settled_, {});
}

/// Lists the rollout for a write, or closes it when that was asked for and nothing is left.
void rollout_table::proceed(entry at) {
  auto& rollout = at->second;
  if (rollout.is_opening)
    return;
  if (rollout.queue.is_ready()) {
    if (!std::exchange(rollout.is_ready, true))
      ready_.push_back(at->first);
  } else if (rollout.queue.is_idle() && !rollout.closes.empty()) {
    forget(at, {});
  }
}

void rollout_table::forget(entry at, const store_error& error) {
  // The file is closed first: whoever hears of the end may open it again at once.
  files_.take(at->first);
  auto gone = std::move(at->second);
  rollouts_.erase(at);
  settle_appends(gone, {0, gone.appends.size()}, error);
  for (const auto number : gone.closes)
    settled_.push_back({number, std::nullopt});
}

void rollout_table::settle_appends(known_rollout& x, batcher::answers answers,
                                   const std::optional<store_error>& error) {
  auto next = x.appends.begin();
  for (; answers.done > 0; --answers.done)
    settled_.push_back({*next++, std::nullopt});
  for (; answers.failed > 0; --answers.failed)
    settled_.push_back({*next++, error});
  x.appends.erase(x.appends.begin(), next);
}

} // namespace troupe::rollout_recorder
