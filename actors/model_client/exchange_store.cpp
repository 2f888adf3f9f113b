#include "actors/model_client/exchange_store.hpp"

#include "config/log.hpp"
#include "config/private_folder.hpp"
#include "config/text_file.hpp"
#include "net/wire/backoff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

namespace troupe::model_client {

namespace {

namespace fs = std::filesystem;

std::string place_of(std::string_view path, std::string_view comparable) {
  return fmt::format("{}\n{}", path, comparable);
}

/// Sorted by name, and so by key and number.
std::variant<std::vector<fs::path>, std::string> files_in(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> result;
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::directory_iterator{folder, error}) {
    if (entry.path().extension() != ".json")
      continue;
    result.push_back(entry.path());
    bytes += entry.file_size(error);
  }
  if (error)
    return fmt::format("the recording {} cannot be read: {}", folder.string(), error.message());
  if (result.empty())
    return fmt::format("there is no recorded exchange in {}", folder.string());
  if (bytes > exchange_replay::max_bytes)
    return fmt::format("the recording {} is larger than 1 GiB", folder.string());
  std::ranges::sort(result);
  return result;
}

} // namespace

exchange_recorder::exchange_recorder(fs::path folder, post run_blocking)
  : path_(std::move(folder)), folder_(std::make_shared<const config::private_folder>(path_)),
    run_blocking_(std::move(run_blocking)) {}

void exchange_recorder::record(exchange x) {
  const auto key = exchange_key(x.path, x.request);
  auto name = fmt::format("{}-{:04}.json", key, ++counts_[key]);
  run_blocking_([folder = folder_, path = path_, name = std::move(name), x = std::move(x)] {
    // Not half-written under its name, should the process end, and for its owner only: it holds
    // what a thread has said and seen.
    if (const auto error = folder->write(name, print_exchange(x)))
      log::error("the exchange {} was not recorded ({}); check the folder and the disk",
                 (path / name).string(), error.message());
  });
}

std::variant<exchange_replay, std::string> exchange_replay::load(const fs::path& folder) {
  const auto files = files_in(folder);
  if (const auto* problem = std::get_if<std::string>(&files))
    return *problem;
  std::vector<exchange> recorded;
  for (const auto& file : std::get<std::vector<fs::path>>(files)) {
    const auto text = config::read_file(file, max_bytes);
    const auto* content = std::get_if<std::string>(&text);
    auto one = content != nullptr ? parse_exchange(config::without_mark(*content)) : std::nullopt;
    if (!one)
      return fmt::format("{} is no recorded exchange", file.string());
    recorded.push_back(std::move(*one));
  }
  return exchange_replay{std::move(recorded)};
}

exchange_replay::exchange_replay(std::vector<exchange> recorded) {
  for (auto& x : recorded)
    entries_[place_of(x.path, x.request)].answers.push_back(std::move(x));
}

exchange_replay::answer exchange_replay::next(std::string_view path, std::string_view comparable,
                                              std::uint32_t retries) {
  const auto known = entries_.find(place_of(path, comparable));
  if (known == entries_.end())
    return {nullptr, divergence(path, comparable)};
  auto& [answers, used] = known->second;
  while (retries > 0 && used + 1 < answers.size() &&
         net::should_retry_status(answers[used].status)) {
    ++used;
    --retries;
  }
  if (used == answers.size())
    return {nullptr, fmt::format("the replay diverged: the same request to {} was recorded {} "
                                 "time(s) and comes again",
                                 path, used)};
  return {&answers[used++], {}};
}

/// Names the recorded request that agrees longest.
std::string exchange_replay::divergence(std::string_view path, std::string_view comparable) const {
  const exchange* closest = nullptr;
  std::ptrdiff_t longest = -1;
  for (const auto& [place, known] : entries_) {
    const auto& x = known.answers.front();
    if (x.path != path)
      continue;
    const auto same = std::ranges::mismatch(x.request, comparable).in1 - x.request.begin();
    if (same > longest) {
      longest = same;
      closest = &x;
    }
  }
  if (closest == nullptr)
    return fmt::format("the replay diverged: no request to {} was recorded", path);
  return fmt::format(
    "the replay diverged: no such request to {} was recorded; the closest one, {}, "
    "differs first at {}",
    path, exchange_key(path, closest->request), first_difference(closest->request, comparable));
}

} // namespace troupe::model_client
