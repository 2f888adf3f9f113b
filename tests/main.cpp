#define CAF_TEST_NO_MAIN
#include <caf/test/unit_test_impl.hpp>

#include "actors/node_root/node_types.hpp"

int main(int argc, char** argv) {
  troupe::node_root::register_types();
  return caf::test::main(argc, argv);
}
