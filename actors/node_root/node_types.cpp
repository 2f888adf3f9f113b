#include "actors/node_root/node_types.hpp"

#include "messages/interfaces.hpp"

#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>

// A library of its own: the tables for all types take longer to compile than everything else of
// this folder, and every test program needs them, too.
namespace troupe::node_root {

void register_types() {
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
}

} // namespace troupe::node_root
