#pragma once

#include <chrono>
#include <filesystem>
#include <system_error>
#include <variant>

namespace troupe::config {

/// Held by whoever replaces the stored login, from reading it to writing it: two processes must not
/// use one refresh token twice, and a refresh must not overwrite a new login with the old one. A
/// lock on `auth.json.lock` in the home, which goes with the process, however that ends. Programs
/// that do not know it are not kept out.
class login_lock {
public:
  login_lock(login_lock&& other) noexcept;
  login_lock& operator=(login_lock&& other) noexcept;
  ~login_lock();

  /// Does not wait. `std::errc::resource_unavailable_try_again`: somebody holds it, in this process
  /// or another. Other errors: the home cannot be written to. A file system without locks counts as
  /// locked.
  static std::variant<login_lock, std::error_code> try_take(const std::filesystem::path& home);

  /// Waits; blocks for `patience` at most, then as `try_take`. For commands, not for threads that
  /// others need.
  static std::variant<login_lock, std::error_code> take(const std::filesystem::path& home,
                                                        std::chrono::milliseconds patience);

  /// A refresh holds the lock this long at most (auth manager), so that waiting is worth it.
  static constexpr std::chrono::seconds default_patience{45};

private:
  explicit login_lock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

} // namespace troupe::config
