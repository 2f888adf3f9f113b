#pragma once

namespace troupe::node_root {

/// Registers the types of all messages with CAF. Once per process, before the first actor system.
void register_types();

} // namespace troupe::node_root
