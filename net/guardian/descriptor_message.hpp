#pragma once

#include "net/unique_fd.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Messages with descriptors over a local socket that keeps messages apart (SOCK_SEQPACKET).
namespace troupe::net {

/// 0, or an errno; EAGAIN when the peer has too much to read. Does not block.
int send_descriptors(int socket, std::string_view bytes, std::span<const int> descriptors);

struct descriptor_message {
  enum class state { arrived, none, ended };

  state what = state::none; ///< none: nothing there at this moment, or something unreadable
  std::string bytes;
  std::vector<unique_fd> descriptors;
};

/// Does not block. `max_bytes` longest message; what is longer is dropped.
descriptor_message receive_descriptors(int socket, std::size_t max_bytes);

} // namespace troupe::net
