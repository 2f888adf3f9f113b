#define CAF_SUITE node_options
#include <caf/test/bdd_dsl.hpp>

#include "actors/node_root/node.hpp"

using namespace troupe::node_root;

SCENARIO(
  "delays between attempts are drawn from the configured seed, else from another each time") {
  node_options x;
  CHECK_NE(jitter_seed_of(x), jitter_seed_of(x));
  x.jitter_seed = 7;
  CHECK_EQ(jitter_seed_of(x), 7u);
}
