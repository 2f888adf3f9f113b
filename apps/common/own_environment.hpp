#pragma once

namespace troupe::common {

/// Moves the environment of this process to where `/proc/PID/environ` does not show it: a tool with
/// full access that runs as the same user reads that file without more ado, and keys are in it.
/// `getenv` and `environ` work as before. Call first of all, while there is one thread and nobody
/// keeps a pointer into the environment.
///
/// No wall: who may debug this process reads its memory all the same (docs/security.md).
void hide_environment();

} // namespace troupe::common
