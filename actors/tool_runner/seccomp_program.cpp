#include "actors/tool_runner/seccomp_program.hpp"

#include "actors/tool_runner/seccomp_rules.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <seccomp.h>
#include <sys/mman.h>

#include <cerrno>
#include <memory>
#include <string>

namespace troupe::tool_runner {

namespace {

std::error_code error_of(int number) {
  return {number, std::generic_category()};
}

struct release_filter {
  void operator()(void* filter) const { seccomp_release(filter); }
};

using filter = std::unique_ptr<void, release_filter>;

} // namespace

std::variant<seccomp_program, std::error_code> seccomp_program::make(network_access network) {
  const filter rules{seccomp_init(SCMP_ACT_ALLOW)};
  if (!rules)
    return std::make_error_code(std::errc::not_supported);
  if (const auto result = add_sandbox_rules(rules.get(), network); result != 0)
    return error_of(-result);
  // A lookup by halves instead of one comparison per call that is refused. An old library goes on
  // without.
  static_cast<void>(seccomp_attr_set(rules.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
  static_cast<void>(seccomp_attr_set(rules.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
  owned_descriptor file{::memfd_create("troupe-seccomp", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (!file.is_open())
    return error_of(errno);
  if (const auto result = seccomp_export_bpf(rules.get(), file.number()); result != 0)
    return error_of(-result);
  constexpr auto seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (::fcntl(file.number(), F_ADD_SEALS, seals) != 0)
    return error_of(errno);
  return seccomp_program{std::move(file)};
}

std::variant<owned_descriptor, std::error_code> seccomp_program::open_for_reading() const {
  // A duplicate would share the reading position with every other child.
  const auto path = fmt::format("/proc/self/fd/{}", file_.number());
  owned_descriptor result{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!result.is_open())
    return error_of(errno);
  return result;
}

} // namespace troupe::tool_runner
