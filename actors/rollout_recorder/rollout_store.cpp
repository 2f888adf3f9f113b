#include "actors/rollout_recorder/rollout_store.hpp"

#include "actors/rollout_recorder/file_names.hpp"
#include "actors/rollout_recorder/git_folder.hpp"
#include "actors/rollout_recorder/line_codec.hpp"
#include "actors/rollout_recorder/line_mending.hpp"
#include "actors/rollout_recorder/persistence.hpp"
#include "actors/rollout_recorder/session_folder.hpp"
#include "actors/rollout_recorder/stored_threads.hpp"
#include "actors/rollout_recorder/timestamps.hpp"
#include "config/home.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace troupe::rollout_recorder {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t write_bytes = 1024UL * 1024; // per system call, and the size of the buffer

store_error failed_write(const fs::path& path, std::error_code cause) {
  const auto remedy = cause == std::errc::no_space_on_device ? "free some space, then go on"
                                                             : "check the file system, then go on";
  return {errc::rollout_unwritable, fmt::format("cannot write to the rollout {}: {}; {}",
                                                path.string(), cause.message(), remedy)};
}

/// Gathers lines and writes them in large pieces; knows which requests are through.
class line_writer {
public:
  line_writer(open_file& file, std::string timestamp)
    : file_(file), timestamp_(std::move(timestamp)) {}

  std::error_code add(const append_lines& lines) {
    for (const auto& line : lines) {
      if (!is_persisted(line))
        continue;
      if (!std::exchange(file_.has_clean_tail, true))
        buffer_ += mend_tail(file_.file.number());
      append_line(buffer_, timestamp_, line);
      if (buffer_.size() >= write_bytes)
        if (const auto error = flush())
          return error;
    }
    ends_.push_back(buffer_.size());
    return {};
  }

  std::error_code flush() {
    const auto result = write_all(file_.file.number(), buffer_);
    written_ += static_cast<std::size_t>(std::count_if(
      ends_.begin(), ends_.end(), [&](std::size_t end) { return end <= result.count; }));
    buffer_.clear();
    ends_.clear();
    return result.error;
  }

  std::size_t written() const { return written_; }

private:
  open_file& file_;
  std::string timestamp_;
  std::string buffer_;
  std::vector<std::size_t> ends_; // where requests end in the buffer
  std::size_t written_ = 0;
};

struct write_outcome {
  std::error_code error;
  std::size_t written = 0;
};

write_outcome write_lines(const store_settings& settings, open_file& file,
                          const std::vector<append_lines>& appends) {
  line_writer writer{file, line_time_text(settings.clock())};
  std::error_code error;
  for (auto it = appends.begin(); it != appends.end() && !error; ++it)
    error = writer.add(*it);
  if (!error)
    error = writer.flush();
  return {error, writer.written()};
}

store_error unreadable(const fs::path& path, std::string_view cause) {
  return {errc::rollout_unreadable, fmt::format("{} ({})", cause, path.string())};
}

store_error explain(const fs::path& path, const failed_reading& failure) {
  switch (failure.fault) {
  case reading_fault::empty_file: return unreadable(path, "empty session file");
  case reading_fault::no_session_meta:
    if (failure.damaged_at == 0)
      return unreadable(path, "failed to parse thread ID from rollout file");
    return unreadable(path, fmt::format("failed to parse thread ID from rollout file: line {} "
                                        "cannot be read, {}; put it right, or start another thread",
                                        failure.damaged_at, to_sentence(failure.damage)));
  }
  return unreadable(path, "unreadable");
}

std::optional<thread_id> thread_of_name(const fs::path& path) {
  const auto name = parse_file_name(path.filename().string());
  return name ? std::optional{name->thread} : std::nullopt;
}

std::variant<rollout_history, store_error> read_history(const fs::path& path, int descriptor) {
  if (file_size(descriptor).value_or(0) > max_rollout_bytes)
    return unreadable(path, "larger than 2 GiB");
  rollout_reader reader;
  const auto error = read_chunks(descriptor, [&](std::string_view chunk) {
    reader.feed(chunk);
    return true;
  });
  if (error)
    return unreadable(path, error.message());
  auto result = reader.finish(thread_of_name(path));
  if (const auto* failure = std::get_if<failed_reading>(&result))
    return explain(path, *failure);
  auto& contents = std::get<rollout_contents>(result);
  return rollout_history{contents.thread,           path.string(),
                         std::move(contents.lines), contents.damaged_lines,
                         contents.torn_tail,        std::move(contents.damaged_at)};
}

std::variant<fs::path, store_error> path_of(const fs::path& home, const load_rollout& request) {
  if (!request.thread) {
    std::error_code error;
    auto path = fs::absolute(request.path, error);
    return error ? fs::path{request.path} : path;
  }
  if (auto path = find_by_id(home, *request.thread))
    return *path;
  return store_error{errc::no_such_rollout,
                     fmt::format("no rollout found for thread id {}", to_string(*request.thread))};
}

/// An empty file would only be in the way of a second attempt.
void remove_if_created(const fs::path& path, bool was_empty) {
  std::error_code ignored;
  if (was_empty)
    fs::remove(path, ignored);
}

} // namespace

std::variant<created_rollout, store_error> create(const store_settings& settings,
                                                  const session_meta& meta) {
  const auto now = settings.clock();
  const auto local = local_time(now);
  if (!local)
    return store_error{errc::rollout_unwritable,
                       "cannot tell the local time for the rollout's name; check TZ"};
  auto facts = meta;
  if (facts.originator.empty())
    facts.originator = settings.originator;
  const auto git = read_git_facts(meta.cwd, read_small_file);
  const rollout_line line{line_kind::meta,
                          shared_text{meta_json(facts, {now, settings.cli_version, git})}};

  const auto path = config::sessions_folder(settings.home) / dated_path({*local, meta.id});
  auto opened = open_for_appending(path, if_missing::create);
  if (const auto* error = std::get_if<store_error>(&opened))
    return *error;
  created_rollout result{path, {std::move(std::get<descriptor>(opened)), false}};
  const bool was_empty = file_size(result.file.file.number()) == 0U;
  if (const auto [error, written] = write_lines(settings, result.file, {{line}}); error) {
    remove_if_created(path, was_empty);
    return failed_write(path, error);
  }
  return result;
}

std::variant<loaded_rollout, store_error> load(const store_settings& settings,
                                               const load_rollout& request) {
  const auto path = path_of(settings.home, request);
  if (const auto* error = std::get_if<store_error>(&path))
    return *error;
  auto opened = open_for_appending(std::get<fs::path>(path), if_missing::fail);
  if (const auto* error = std::get_if<store_error>(&opened))
    return *error;
  auto& file = std::get<descriptor>(opened);
  auto history = read_history(std::get<fs::path>(path), file.number());
  if (const auto* error = std::get_if<store_error>(&history))
    return *error;
  return loaded_rollout{std::move(std::get<rollout_history>(history)), {std::move(file), false}};
}

namespace {

/// Enough for the first line of any rollout: instructions are some 20 KB.
constexpr std::size_t max_first_line_bytes = 4UL * 1024 * 1024;

/// The thread that the first line names; none when it is no such line.
std::optional<thread_id> owner_of(const fs::path& path, int descriptor) {
  std::string line;
  const auto error = read_chunks(descriptor, [&line](std::string_view chunk) {
    const auto end = chunk.find('\n');
    line += chunk.substr(0, end);
    return end == std::string_view::npos && line.size() < max_first_line_bytes;
  });
  if (error)
    return std::nullopt;
  rollout_reader reader;
  reader.feed(line + '\n');
  auto result = reader.finish(thread_of_name(path));
  const auto* contents = std::get_if<rollout_contents>(&result);
  return contents ? std::optional{contents->thread} : std::nullopt;
}

std::variant<open_file, store_error> open_again(const append_job& job) {
  auto opened = open_for_appending(job.path, if_missing::fail);
  if (auto* error = std::get_if<store_error>(&opened))
    return store_error{errc::rollout_unwritable, std::move(error->message)};
  auto& file = std::get<descriptor>(opened);
  if (job.owner && owner_of(job.path, file.number()) != job.owner)
    return store_error{errc::rollout_unwritable,
                       fmt::format("{} is not the rollout of thread {} any more; put it back, or "
                                   "start another thread",
                                   job.path.string(), to_string(*job.owner))};
  return open_file{std::move(file), false};
}

} // namespace

append_outcome append(const store_settings& settings, append_job job) {
  append_outcome outcome;
  if (!job.file) {
    auto opened = open_again(job);
    if (auto* error = std::get_if<store_error>(&opened)) {
      outcome.error = std::move(*error);
      return outcome;
    }
    job.file = std::move(std::get<open_file>(opened));
  }
  const auto [error, written] = write_lines(settings, *job.file, job.appends);
  outcome.written = written;
  if (error)
    outcome.error = failed_write(job.path, error);
  else
    outcome.file = std::move(job.file);
  return outcome;
}

std::variant<rollout_history, store_error> read_rollout(const fs::path& path) {
  const auto opened = open_for_reading(path);
  if (const auto* error = std::get_if<std::error_code>(&opened)) {
    if (*error == std::errc::no_such_file_or_directory)
      return store_error{errc::no_such_rollout, fmt::format("there is no file {}", path.string())};
    return unreadable(path, error->message());
  }
  return read_history(path, std::get<descriptor>(opened).number());
}

} // namespace troupe::rollout_recorder
