#include "apps/threads/threads_command.hpp"

#include "actors/rollout_recorder/rollout_store.hpp"
#include "actors/rollout_recorder/stored_threads.hpp"
#include "apps/common/exit_codes.hpp"
#include "apps/common/output_channel.hpp"
#include "apps/common/printable_text.hpp"
#include "apps/threads/thread_listing.hpp"
#include "apps/threads/transcript.hpp"
#include "config/home.hpp"

#include <CLI/App.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <variant>

namespace troupe::threads {

namespace {

namespace fs = std::filesystem;
using rollout_recorder::store_error;

constexpr auto description = "Show the threads that are stored in the state directory.";

constexpr auto list_description =
  "List stored threads, the most recently updated first. A thread is listed from its first user "
  "message on.";

constexpr auto show_description = "Print a thread as a conversation: what was said, which tools "
                                  "were called and what they answered. "
                                  "A thread that is running can be shown, too.";

constexpr std::uint32_t default_limit = 25;
constexpr std::uint32_t page_size = 500; // of what is read at once; more threads are more pages

constexpr std::size_t width_in_files = 160; // of a table that goes to no terminal

struct list_options {
  std::uint32_t limit = default_limit;
  bool all = false;
  bool json = false;
  bool archived = false;
  std::string provider;
  std::string cwd;
};

struct show_options {
  std::string thread;
  bool json = false;
  bool full = false;
};

/// Ends the command with a sentence on stderr.
int fail(std::string_view text) {
  common::output_channel{STDERR_FILENO}.write(fmt::format("{}\n", text));
  return common::exit_failed;
}

int fail(const store_error& error) {
  return fail("Error: " + error.message);
}

/// The state directory; the problem is ready for stderr.
std::variant<fs::path, std::string> open_home() {
  const auto home = config::find_home(config::process_environment());
  if (const auto* error = std::get_if<config::config_error>(&home))
    return to_string(*error);
  return std::get<fs::path>(home);
}

list_rollouts first_request(const list_options& options) {
  list_rollouts request;
  request.page_size = options.all || !options.cwd.empty() ? page_size : options.limit;
  // Order by update knows the 10,000 newest threads only; by creation all can be reached.
  request.order = options.all ? rollout_order::created_at : rollout_order::updated_at;
  if (!options.provider.empty())
    request.providers = {options.provider};
  request.archived = options.archived;
  return request;
}

/// Prints threads page by page, as they are found.
class list_printer {
public:
  explicit list_printer(const list_options& options)
    : options_(options),
      width_(out_.is_terminal() ? common::terminal_width(STDOUT_FILENO) : width_in_files),
      left_(options.all ? std::numeric_limits<std::uint32_t>::max() : options.limit) {}

  void print(const rollout_page& page) {
    std::string text;
    for (const auto& thread : page.threads) {
      if (left_ == 0)
        break;
      if (!options_.cwd.empty() && !rollout_recorder::is_same_folder(thread.cwd, options_.cwd))
        continue;
      --left_;
      if (!options_.json && !std::exchange(has_heading_, true))
        text += table_heading();
      text += options_.json ? json_line(thread) : table_line(thread, width_);
      is_empty_ = false;
    }
    out_.write(text);
  }

  bool wants_more() const { return left_ > 0 && !out_.error(); }
  int exit_code() const { return common::exit_code_of(out_); }
  bool is_empty() const { return is_empty_; }

private:
  const list_options& options_;
  common::output_channel out_{STDOUT_FILENO};
  std::size_t width_;
  std::uint32_t left_;
  bool has_heading_ = false;
  bool is_empty_ = true;
};

int run_list(const list_options& options) {
  const auto home = open_home();
  if (const auto* problem = std::get_if<std::string>(&home))
    return fail(*problem);
  auto request = first_request(options);
  list_printer printer{options};
  do {
    const auto page = rollout_recorder::list(std::get<fs::path>(home), request);
    if (const auto* error = std::get_if<store_error>(&page))
      return fail(*error);
    printer.print(std::get<rollout_page>(page));
    request.cursor = std::get<rollout_page>(page).next_cursor;
  } while (!request.cursor.empty() && printer.wants_more());
  if (printer.is_empty() && !options.json)
    common::output_channel{STDERR_FILENO}.write(
      fmt::format("No such threads below {}.\n", std::get<fs::path>(home).string()));
  return printer.exit_code();
}

/// The file that an id or a path means.
std::variant<fs::path, std::string> find_file(const std::string& name) {
  const auto thread = parse_thread_id(name);
  std::error_code error;
  if (!thread && name.find('/') == std::string::npos && !fs::exists(name, error))
    return fmt::format(
      "Error: {} is neither the whole id of a thread nor a file; `troupe threads list "
      "--all` shows the ids",
      common::one_line(name));
  if (!thread)
    return fs::path{name};
  const auto home = open_home();
  if (const auto* problem = std::get_if<std::string>(&home))
    return *problem;
  const auto& folder = std::get<fs::path>(home);
  if (auto file = rollout_recorder::find_by_id(folder, *thread))
    return *std::move(file);
  if (auto file = rollout_recorder::find_archived(folder, *thread))
    return *std::move(file);
  return fmt::format(
    "Error: no thread {} below {}; `troupe threads list --all` shows those there are", name,
    folder.string());
}

int run_show(const show_options& options) {
  const auto file = find_file(options.thread);
  if (const auto* problem = std::get_if<std::string>(&file))
    return fail(*problem);
  const auto history = rollout_recorder::read_rollout(std::get<fs::path>(file));
  if (const auto* error = std::get_if<store_error>(&history))
    return fail(*error);
  const auto& thread = std::get<rollout_history>(history);
  if (thread.damaged_lines > 0)
    common::output_channel{STDERR_FILENO}.write(fmt::format(
      "Warning: {} lines of {} are damaged; what cannot be read of them is left out: line {}{}.\n",
      thread.damaged_lines, thread.path, fmt::join(thread.damaged_at, ", "),
      thread.damaged_at.size() < thread.damaged_lines ? " and others" : ""));
  const auto outputs = options.full ? tool_output::whole : tool_output::shortened;
  return common::print(options.json ? json_lines(thread) : transcript(thread, outputs));
}

void add_list(CLI::App& threads, std::function<int()>& selected) {
  const auto options = std::make_shared<list_options>();
  auto* list = threads.add_subcommand("list", list_description);
  auto* limit = list->add_option("-n,--limit", options->limit, "How many at most")
                  ->capture_default_str()
                  ->check(CLI::Range(1, 1'000'000).description(""));
  list->add_flag("--all", options->all, "All of them, the newest first")->excludes(limit);
  list->add_flag("--json", options->json, "A line of JSON for each instead of a table");
  list->add_flag("--archived", options->archived, "Archived threads instead of active ones");
  list->add_option("--provider", options->provider, "Only those of this model provider")
    ->type_name("ID");
  list->add_option("--cwd", options->cwd, "Only those that worked in this folder")
    ->type_name("DIR");
  list->callback([options, &selected] { selected = [options] { return run_list(*options); }; });
}

void add_show(CLI::App& threads, std::function<int()>& selected) {
  const auto options = std::make_shared<show_options>();
  auto* show = threads.add_subcommand("show", show_description);
  show->add_option("thread", options->thread, "Id of the thread, or path of its rollout file")
    ->type_name("ID|PATH")
    ->required();
  show->add_flag("--json", options->json, "The thread's lines as JSON instead of a conversation");
  show->add_flag("--full", options->full, "Do not shorten the outputs of tools");
  show->callback([options, &selected] { selected = [options] { return run_show(*options); }; });
}

} // namespace

void add_command(CLI::App& app, std::function<int()>& selected) {
  auto* threads = app.add_subcommand("threads", description);
  threads->require_subcommand(1);
  add_list(*threads, selected);
  add_show(*threads, selected);
}

} // namespace troupe::threads
