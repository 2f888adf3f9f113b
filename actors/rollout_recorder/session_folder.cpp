#include "actors/rollout_recorder/session_folder.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <sys/stat.h>
#include <vector>

namespace troupe::rollout_recorder {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono;

/// The entries of a folder, one by one; an error ends it as the last entry does.
template <class Visit>
void for_each_entry(const fs::path& folder, Visit visit) {
  std::error_code error;
  fs::directory_iterator it{folder, fs::directory_options::skip_permission_denied, error};
  while (!error && it != fs::directory_iterator{}) {
    visit(it->path());
    it.increment(error);
  }
}

struct numbered_folder {
  std::uint32_t number = 0;
  fs::path path;
};

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || text.empty())
    return std::nullopt;
  return value;
}

std::vector<numbered_folder> numbered_folders(const fs::path& folder) {
  std::vector<numbered_folder> result;
  for_each_entry(folder, [&](const fs::path& entry) {
    if (const auto value = number(entry.filename().native()))
      result.push_back({*value, entry});
  });
  std::sort(result.begin(), result.end(),
            [](const auto& a, const auto& b) { return a.number > b.number; });
  return result;
}

std::vector<list_candidate> rollouts_in(const fs::path& folder) {
  std::vector<list_candidate> result;
  for_each_entry(folder, [&](const fs::path& entry) {
    if (const auto name = parse_file_name(entry.filename().native()))
      result.push_back({entry, name->time, name->thread});
  });
  std::sort(result.begin(), result.end(), comes_before);
  return result;
}

walk walk_folder(const fs::path& folder, const std::function<walk(const list_candidate&)>& visit) {
  for (const auto& candidate : rollouts_in(folder))
    if (visit(candidate) == walk::stop)
      return walk::stop;
  return walk::on;
}

std::optional<fs::path> guess_path(const fs::path& folder, const thread_id& thread) {
  const auto created = creation_time(thread);
  const auto local = created ? local_time(*created) : std::nullopt;
  if (!local)
    return std::nullopt;
  // The id may be made just before the second turns over.
  for (const auto delay : {seconds{0}, seconds{1}}) {
    auto path = folder / dated_path({*local + delay, thread});
    std::error_code error;
    if (fs::is_regular_file(path, error))
      return path;
  }
  return std::nullopt;
}

/// A visitor that stops at the thread's file and leaves it in `found`.
auto name_finder(const thread_id& thread, std::optional<fs::path>& found) {
  return [&](const list_candidate& candidate) {
    if (candidate.thread != thread)
      return walk::on;
    found = candidate.path;
    return walk::stop;
  };
}

} // namespace

std::optional<sys_seconds> local_time(system_clock::time_point time) {
  const std::time_t seconds_since_epoch = system_clock::to_time_t(time);
  std::tm fields{};
  if (!localtime_r(&seconds_since_epoch, &fields))
    return std::nullopt;
  const auto day = year{fields.tm_year + 1900} / (fields.tm_mon + 1) / fields.tm_mday;
  return sys_days{day} + hours{fields.tm_hour} + minutes{fields.tm_min} + seconds{fields.tm_sec};
}

void walk_dated(const fs::path& folder, const std::function<walk(const list_candidate&)>& visit) {
  for (const auto& year : numbered_folders(folder))
    for (const auto& month : numbered_folders(year.path))
      for (const auto& day : numbered_folders(month.path))
        if (walk_folder(day.path, visit) == walk::stop)
          return;
}

void walk_flat(const fs::path& folder, const std::function<walk(const list_candidate&)>& visit) {
  walk_folder(folder, visit);
}

std::optional<fs::path> find_dated(const fs::path& folder, const thread_id& thread) {
  if (auto path = guess_path(folder, thread))
    return path;
  std::optional<fs::path> found;
  walk_dated(folder, name_finder(thread, found));
  return found;
}

std::optional<fs::path> find_flat(const fs::path& folder, const thread_id& thread) {
  std::optional<fs::path> found;
  walk_flat(folder, name_finder(thread, found));
  return found;
}

std::optional<sys_milliseconds> modification_time(const fs::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0)
    return std::nullopt;
  return sys_milliseconds{seconds{status.st_mtim.tv_sec} +
                          duration_cast<milliseconds>(nanoseconds{status.st_mtim.tv_nsec})};
}

} // namespace troupe::rollout_recorder
