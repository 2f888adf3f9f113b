#include "net/guardian/descriptor_message.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace troupe::net {

namespace {

constexpr std::size_t max_descriptors = 253; // SCM_MAX_FD of the kernel

struct control_space {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(max_descriptors * sizeof(int))> bytes;
};

} // namespace

int send_descriptors(int socket, std::string_view bytes, std::span<const int> descriptors) {
  if (descriptors.size() > max_descriptors)
    return EMFILE;
  control_space control;
  iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  while (::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
    if (errno != EINTR)
      // Too many descriptors under way, or no buffers: the peer has to read first.
      return errno == ETOOMANYREFS || errno == ENOBUFS ? EAGAIN : errno;
  return 0;
}

descriptor_message receive_descriptors(int socket, std::size_t max_bytes) {
  descriptor_message result;
  result.bytes.resize(max_bytes);
  control_space control;
  iovec part{.iov_base = result.bytes.data(), .iov_len = max_bytes};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  const auto n = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (n < 0) {
    const bool is_over = errno != EAGAIN && errno != EINTR;
    result.what = is_over ? descriptor_message::state::ended : descriptor_message::state::none;
    return result;
  }
  for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
      continue;
    std::vector<int> numbers((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(numbers.data(), CMSG_DATA(header), numbers.size() * sizeof(int));
    for (const int fd : numbers)
      result.descriptors.emplace_back(fd);
  }
  result.bytes.resize(static_cast<std::size_t>(n));
  if (n == 0)
    result.what = descriptor_message::state::ended;
  else if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0)
    result.what = descriptor_message::state::arrived;
  return result;
}

} // namespace troupe::net
