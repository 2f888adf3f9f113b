#include "actors/rollout_recorder/descriptor.hpp"

#include <sys/file.h>
#include <unistd.h>

namespace troupe::rollout_recorder {

descriptor::~descriptor() {
  if (number_ < 0)
    return;
  // A child between fork and exec still holds a copy of the descriptor; closing ours alone would
  // leave the file locked until then, and the next opening here would fail.
  flock(number_, LOCK_UN);
  close(number_);
}

} // namespace troupe::rollout_recorder
