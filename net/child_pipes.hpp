#pragma once

#include "net/process.hpp"
#include "net/unique_fd.hpp"

#include <utility>
#include <vector>

namespace troupe::net {

/// The three standard streams of a child, both ends.
struct child_pipes {
  unique_fd child_input, child_output, child_errors; ///< to be closed when the child has them

  /// Ours. Input: only of given and open input. Errors: not with a terminal. With a terminal, input
  /// and output are two descriptors of the same one.
  unique_fd input, output, errors;

  int error = 0; ///< errno; then nothing else is of use

  /// Which descriptor becomes which number in the child.
  std::vector<std::pair<int, int>> placement() const;
};

child_pipes open_child_pipes(const process_options& options);

} // namespace troupe::net
