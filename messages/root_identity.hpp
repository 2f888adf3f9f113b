#pragma once

#include <cstdint>
#include <string>

namespace troupe {

/// Which folder a writable root was when the policy was set. Names can be moved and replaced by
/// whoever may write above them, also by another agent; this cannot.
struct root_identity {
  std::string given;          ///< as the policy names it, absolute
  std::string path;           ///< the same without symbolic links; as given when it was missing
  std::uint64_t device = 0;   ///< number of its file system
  std::uint64_t inode = 0;    ///< 0: it did not exist
  std::int64_t birth_s = 0;   ///< when it was made, seconds since 1970; 0: not known
  std::uint32_t birth_ns = 0; ///< and the fraction of a second
  bool operator==(const root_identity&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, root_identity& x) {
  return f.object(x).fields(f.field("given", x.given), f.field("path", x.path),
                            f.field("device", x.device), f.field("inode", x.inode),
                            f.field("birth_s", x.birth_s), f.field("birth_ns", x.birth_ns));
}

} // namespace troupe
