#include "net/guardian/tree_end.hpp"

#include "net/guardian/proc_files.hpp"

#include <csignal>
#include <map>
#include <optional>

namespace troupe::net {

namespace {

/// A tree that goes on growing after so many rounds grows faster than it can be stopped; the next
/// look goes on.
constexpr int most_stop_rounds = 50;

} // namespace

// Stops each process as it is found, not all of them after the list is complete: a tree that forks
// all the time would be ahead of that for ever. Children have higher numbers than their parents, so
// that a round meets those that were born during it.
void end_processes(process_ledger& ledger, pid_t root, const process_ledger::lookup& told,
                   const std::function<bool(command_number)>& wanted) {
  std::map<pid_t, process_facts> stopped;
  ledger.assign(read_process_table(), root, told); // what is known of parents is of this moment
  for (int round = 0; round < most_stop_rounds; ++round) {
    const auto before = stopped.size();
    for (const auto pid : process_numbers()) {
      const auto process = read_process(pid);
      const auto owner = process ? ledger.see(*process, root, told) : std::nullopt;
      if (!owner || process->state == 'Z' || !wanted(*owner))
        continue;
      const auto [known, is_new] = stopped.try_emplace(pid, *process);
      if (is_new)
        send_signal(*process, SIGSTOP);
    }
    if (stopped.size() == before)
      break;
  }
  for (const auto& [pid, process] : stopped)
    send_signal(process, SIGKILL);
}

} // namespace troupe::net
