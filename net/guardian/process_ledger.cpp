#include "net/guardian/process_ledger.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace troupe::net {

namespace {

template <class T>
bool read_number(std::string_view text, T& to) {
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, to);
  return error == std::errc{} && stop == end;
}

std::string_view next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \n"), rest.size()));
  const auto word = rest.substr(0, rest.find_first_of(" \n"));
  rest.remove_prefix(word.size());
  return word;
}

} // namespace

std::optional<process_facts> parse_process_stat(std::string_view text) {
  // "PID (NAME) STATE PARENT GROUP SESSION ...": the name may hold anything, parentheses too.
  const auto opening = text.find(" (");
  const auto closing = text.rfind(')');
  if (opening == text.npos || closing == text.npos || closing < opening)
    return std::nullopt;
  process_facts result;
  auto rest = text.substr(closing + 1);
  const auto state = next_word(rest);
  if (state.size() != 1 || !read_number(text.substr(0, opening), result.pid) ||
      !read_number(next_word(rest), result.parent))
    return std::nullopt;
  result.state = state.front();
  next_word(rest); // the process group
  if (!read_number(next_word(rest), result.session))
    return std::nullopt;
  constexpr int between = 13; // fields 7 to 19
  for (int i = 0; i < between; ++i)
    next_word(rest);
  if (!read_number(next_word(rest), result.threads))
    return std::nullopt;
  next_word(rest); // unused
  if (!read_number(next_word(rest), result.start_time))
    return std::nullopt;
  return result;
}

void process_ledger::add(command_number command, pid_t leader) {
  leaders_[leader] = command;
}

void process_ledger::remove(command_number command) {
  std::erase_if(leaders_, [command](const auto& x) { return x.second == command; });
}

command_number process_ledger::owner_of_orphan(const process_facts& x, const lookup& told) const {
  if (const auto found = leaders_.find(x.pid); found != leaders_.end())
    return found->second;
  if (const auto found = seen_.find(x.pid);
      found != seen_.end() && found->second.start_time == x.start_time && found->second.owner != 0)
    return found->second.owner;
  if (const auto found = leaders_.find(x.session); found != leaders_.end())
    return found->second;
  return told(x.pid);
}

std::optional<command_number> process_ledger::see(const process_facts& x, pid_t guardian,
                                                  const lookup& told) {
  std::optional<command_number> owner;
  if (x.parent == guardian)
    owner = owner_of_orphan(x, told);
  else if (const auto parent = seen_.find(x.parent); parent != seen_.end())
    owner = parent->second.owner;
  if (owner)
    seen_[x.pid] = {x.start_time, *owner};
  else
    seen_.erase(x.pid); // a stranger who has got the number
  return owner;
}

std::vector<owned_process> process_ledger::assign(std::span<const process_facts> table,
                                                  pid_t guardian, const lookup& told) {
  std::vector<process_facts> by_parent{table.begin(), table.end()};
  std::ranges::sort(by_parent, {}, [](const auto& x) { return std::pair{x.parent, x.pid}; });
  std::vector<owned_process> result;
  const auto take_children_of = [&](pid_t parent, command_number owner) {
    for (const auto& x : std::ranges::equal_range(by_parent, parent, {}, &process_facts::parent))
      result.push_back({x, parent == guardian ? owner_of_orphan(x, told) : owner});
  };
  take_children_of(guardian, 0);
  for (std::size_t i = 0; i < result.size() && result.size() <= by_parent.size(); ++i)
    take_children_of(result[i].process.pid, result[i].owner);
  seen_.clear();
  for (const auto& x : result)
    seen_[x.process.pid] = {x.process.start_time, x.owner};
  return result;
}

} // namespace troupe::net
