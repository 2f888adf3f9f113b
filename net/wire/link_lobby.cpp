#include "net/wire/link_lobby.hpp"

#include <algorithm>

namespace troupe::net {

link_lobby::limits link_lobby::within(std::size_t descriptors, std::size_t reserved) {
  constexpr std::size_t fewest = 4;
  const limits most;
  const auto rest = descriptors > reserved ? descriptors - reserved : 0;
  const auto total = std::clamp(rest / 2, fewest, most.total);
  return {total, std::clamp(total / 2, fewest, most.per_address)};
}

std::optional<std::uint64_t> link_lobby::enter(std::uint64_t id, const std::string& address) {
  std::optional<std::uint64_t> leaves;
  const auto known = by_address_.find(address);
  if (known != by_address_.end() && known->second.size() >= limits_.per_address)
    leaves = known->second.front();
  else if (size() >= limits_.total)
    leaves = by_address_.at(busiest()).front();
  if (leaves)
    leave(*leaves);
  by_address_[address].push_back(id);
  address_of_.emplace(id, address);
  return leaves;
}

void link_lobby::leave(std::uint64_t id) {
  const auto known = address_of_.extract(id);
  if (!known)
    return;
  const auto at = by_address_.find(known.mapped());
  at->second.remove(id);
  if (at->second.empty())
    by_address_.erase(at);
}

const std::string& link_lobby::busiest() const {
  return std::ranges::max_element(by_address_, {}, [](const auto& x) { return x.second.size(); })
    ->first;
}

} // namespace troupe::net
