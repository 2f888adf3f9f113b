#define CAF_TEST_NO_MAIN
#include <caf/test/unit_test_impl.hpp>

#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>
#include <caf/openssl/manager.hpp>

#include "messages/type_ids.hpp"

int main(int argc, char** argv) {
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::openssl::manager::init_global_meta_objects();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  return caf::test::main(argc, argv);
}
