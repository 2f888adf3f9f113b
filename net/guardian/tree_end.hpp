#pragma once

#include "net/guardian/process_ledger.hpp"

#include <functional>

#include <sys/types.h>

namespace troupe::net {

/// Stops all processes below `root` whose owner is wanted, until a look shows none that is not
/// stopped, then kills them: nothing can be born in between and get away.
void end_processes(process_ledger& ledger, pid_t root, const process_ledger::lookup& told,
                   const std::function<bool(command_number)>& wanted);

} // namespace troupe::net
