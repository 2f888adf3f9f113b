// Precompiled for every test program: CAF's test macros take longer to read than most tests to
// compile. The macros look at CAF_SUITE where they are used, so each file still defines its own.
#include <caf/test/bdd_dsl.hpp>
#undef CAF_SUITE
