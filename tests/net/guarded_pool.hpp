#pragma once

#include <caf/test/dsl.hpp>

#include "net/guardian/guardian.hpp"
#include "net/io_pool.hpp"

#include <memory>

namespace troupe::net::test {

/// A guardian, and a pool whose children it starts.
struct guarded_pool {
  std::unique_ptr<guardian> keeper;
  std::unique_ptr<io_pool> pool;

  guarded_pool() { use({}); }

  /// Others in their place.
  void use(const guardian_terms& terms) {
    pool.reset();
    keeper.reset();
    keeper = guardian::start({}, terms); // before the pool has threads
    REQUIRE(keeper != nullptr);
    pool = std::make_unique<io_pool>();
    pool->use_guardian(*keeper);
  }
};

} // namespace troupe::net::test
