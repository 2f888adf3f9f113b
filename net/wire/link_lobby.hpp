#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>

namespace troupe::net {

/// Connections that have not shown who they are. When there are too many, the oldest of the busiest
/// address leaves for the newcomer: an honest peer is through in milliseconds, so that somebody who
/// opens connections and says nothing cannot lock it out, and loses his own first. Pure.
class link_lobby {
public:
  struct limits {
    std::size_t total = 256;
    std::size_t per_address = 64;
  };

  /// Of a process that may have so many descriptors and needs `reserved` of them for its work: half
  /// of the rest at most, so that whoever says nothing leaves some to the members.
  static limits within(std::size_t descriptors, std::size_t reserved);

  explicit link_lobby(limits x) : limits_(x) {}

  /// Lets `id` in. Returns who must leave for it, if anybody.
  std::optional<std::uint64_t> enter(std::uint64_t id, const std::string& address);

  /// It has shown who it is, or is gone. Unknown ids are passed over.
  void leave(std::uint64_t id);

  std::size_t size() const { return address_of_.size(); }

private:
  const std::string& busiest() const;

  limits limits_;
  std::map<std::string, std::list<std::uint64_t>> by_address_; // oldest first
  std::map<std::uint64_t, std::string> address_of_;
};

} // namespace troupe::net
