#include "actors/tool_runner/start_refusal.hpp"

#include "actors/tool_runner/run_context.hpp"
#include "config/log_notices.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cerrno>

namespace troupe::tool_runner {

namespace {

std::string_view start_remedy(start_obstacle x) {
  switch (x) {
  case start_obstacle::none:
  case start_obstacle::guardian: return {}; // said with the cause
  case start_obstacle::processes: return process_remedy;
  case start_obstacle::descriptors: return "Raise the limit of open files (`ulimit -n`)";
  case start_obstacle::memory: return "End other programs, or give this machine more memory";
  }
  return {}; // unreachable; keeps GCC content
}

bool claim_start_notice(start_obstacle x) {
  static std::array<std::atomic_flag, 5> told;
  return !told[static_cast<std::size_t>(x)].test_and_set();
}

} // namespace

start_obstacle obstacle_of(const net::process_outcome& x) {
  if (x.error != net::net_errc::spawn_failed && x.error != net::net_errc::no_resources)
    return start_obstacle::none;
  switch (x.system_error) {
  case EPIPE:
  case ECONNRESET: return start_obstacle::guardian;
  case EAGAIN: return start_obstacle::processes;
  case EMFILE:
  case ENFILE: return start_obstacle::descriptors;
  case ENOMEM: return start_obstacle::memory;
  default: return start_obstacle::none;
  }
}

bool is_short_of_processes(std::string_view complaint) {
  return complaint.find("Resource temporarily unavailable") != complaint.npos ||
         complaint.find("Cannot fork") != complaint.npos; // dash's word for it
}

std::string complaint_of_bubblewrap(const net::process_outcome& x, std::string_view output) {
  const auto line = output.substr(0, output.find_first_of("\r\n"));
  if (line.starts_with("bwrap: execvp ") || line.starts_with("bwrap: Can't chdir to "))
    return {};
  if (!line.empty())
    return std::string{line};
  return x.exit_code ? fmt::format("bwrap ended with exit code {} and no word", *x.exit_code)
                     : fmt::format("bwrap was ended by signal {}", x.signal);
}

std::optional<net::process_outcome> refused_by_system(std::string_view complaint) {
  net::process_outcome result;
  result.error = net::net_errc::spawn_failed;
  result.detail = complaint;
  if (is_short_of_processes(complaint))
    result.system_error = EAGAIN;
  else if (complaint.ends_with("Cannot allocate memory"))
    result.system_error = ENOMEM;
  else if (complaint.ends_with("Too many open files"))
    result.system_error = EMFILE;
  else
    return std::nullopt;
  return result;
}

std::string start_refusal_text(const net::process_outcome& x) {
  const auto obstacle = obstacle_of(x);
  if (obstacle == start_obstacle::none)
    return {};
  const auto remedy = start_remedy(obstacle);
  return fmt::format("no command can be started here: {}{}{}.", x.detail,
                     remedy.empty() ? "" : ". ", remedy);
}

void tell_start_refusal(const run_context& context, const thread_id& thread,
                        const net::process_outcome& x) {
  const auto obstacle = obstacle_of(x);
  if (obstacle == start_obstacle::none)
    return;
  if (claim_start_notice(obstacle))
    log::warn_user(start_refusal_text(x));
  if (context.on_refused)
    context.on_refused(thread, x.detail);
}

} // namespace troupe::tool_runner
