#pragma once

// A peer made of blocking sockets, for tests that decide about every byte. It lives on the test's
// own thread, so that what happens is in the order of the test's lines.

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::net::test {

class raw_connection {
public:
  raw_connection() = default;
  explicit raw_connection(int fd) : fd_(fd) {
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  raw_connection(raw_connection&& x) noexcept : fd_(std::exchange(x.fd_, -1)) {}
  raw_connection& operator=(raw_connection&& x) noexcept {
    std::swap(fd_, x.fd_);
    return *this;
  }
  ~raw_connection() { close(); }

  static raw_connection to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const auto address = loopback(port);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
      throw std::runtime_error{"cannot connect"};
    return raw_connection{fd};
  }

  /// False: the connection is broken.
  bool write(std::string_view text) {
    while (!text.empty()) {
      const auto n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0)
        return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  /// Reads until `end` has come; what follows it in the same packet is kept for the next call.
  /// Shorter when the connection ends.
  std::string read_until(std::string_view end) {
    for (;;) {
      if (const auto at = kept_.find(end); at != std::string::npos)
        return take(at + end.size());
      if (!read_more())
        return take(kept_.size());
    }
  }

  std::string read_bytes(std::size_t n) {
    while (kept_.size() < n && read_more()) {
    }
    return take(std::min(n, kept_.size()));
  }

  std::string read_to_end() {
    while (read_more()) {
    }
    return take(kept_.size());
  }

  /// One request or response with Content-Length.
  std::string read_message() {
    auto text = read_until("\r\n\r\n");
    const std::string_view name = "Content-Length: ";
    if (const auto at = text.find(name); at != std::string::npos)
      text += read_bytes(std::stoul(text.substr(at + name.size())));
    return text;
  }

  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }

  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close();
  }

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

private:
  bool read_more() {
    char block[4096];
    const auto n = ::recv(fd_, block, sizeof(block), 0);
    if (n > 0)
      kept_.append(block, static_cast<std::size_t>(n));
    return n > 0;
  }

  std::string take(std::size_t n) {
    auto result = kept_.substr(0, n);
    kept_.erase(0, n);
    return result;
  }

  int fd_ = -1;
  std::string kept_;
};

class raw_server {
public:
  enum class backlog : int { full_at_once = 0, usual = 16 };

  explicit raw_server(backlog x = backlog::usual) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    auto address = raw_connection::loopback(0);
    socklen_t size = sizeof(address);
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(fd_, static_cast<int>(x)) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error{"cannot listen"};
    port_ = ntohs(address.sin_port);
  }
  raw_server(const raw_server&) = delete;
  raw_server& operator=(const raw_server&) = delete;
  ~raw_server() { close(); }

  raw_connection accept() { return raw_connection{::accept(fd_, nullptr, nullptr)}; }

  /// New connections are refused from now on.
  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view target = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string{target};
  }

private:
  int fd_;
  std::uint16_t port_ = 0;
};

} // namespace troupe::net::test
