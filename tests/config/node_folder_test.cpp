#define CAF_SUITE node_folder
#include <caf/test/bdd_dsl.hpp>

#include "config/node_folder.hpp"
#include "tests/support/temp_folder.hpp"

using namespace troupe;
using config::problem_of_node_folder;

SCENARIO("a folder that is no node's is told from others, with what is expected") {
  test::temp_folder place;
  const auto ca = (place.path() / "ca").string();
  CHECK_EQ(problem_of_node_folder(ca),
           ca + ": no such folder; make it with: troupe cluster ca issue DIR NAME --out " + ca);
  place.make_folder("ca");
  CHECK_EQ(problem_of_node_folder(ca),
           ca + ": there is no node.pem in it; the folder is expected that troupe cluster ca issue "
                "made, with node.pem, node.key and ca.pem");
  const auto key = place.write("ca/ca.key", "x").string();
  CHECK_EQ(problem_of_node_folder(ca), ca +
                                         ": this is the authority's folder, not a node's; make "
                                         "one with: troupe cluster ca issue " +
                                         ca + " NAME");
  place.make_folder("ca/left");
  place.make_folder("ca/right");
  place.write("ca/right/node.pem", "x");
  place.write("ca/left/node.pem", "x");
  CHECK_EQ(problem_of_node_folder(ca),
           ca + ": this is the authority's folder, not a node's; a node's is in it, like " + ca +
             "/left");
  CHECK_EQ(problem_of_node_folder(ca + "/left"), std::nullopt);
  CHECK_EQ(problem_of_node_folder(key), key + ": is no folder; the one is expected that troupe "
                                              "cluster ca issue made, with node.pem, node.key and "
                                              "ca.pem");
}
