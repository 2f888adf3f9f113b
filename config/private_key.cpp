#include "config/private_key.hpp"

#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace troupe::config {

namespace {

constexpr mode_t of_others = S_IRWXG | S_IRWXO;
constexpr mode_t written_by_others = S_IWGRP | S_IWOTH;

bool is_strange(uid_t owner) {
  return owner != 0 && owner != ::geteuid();
}

/// `folder` is where `path` is; not in it, but by a link, the file may be.
std::optional<std::string> exposure_in(const std::filesystem::path& folder,
                                       const std::string& path) {
  const auto place = folder.empty() ? std::string{"."} : folder.string();
  struct stat found {};
  if (::stat(place.c_str(), &found) != 0)
    return std::nullopt;
  if (is_strange(found.st_uid))
    return path + ": the folder of this private key, " + place +
           ", belongs to another user; move the key to one of your own";
  if ((found.st_mode & written_by_others) != 0 && (found.st_mode & S_ISVTX) == 0)
    return path + ": others may write to the folder of this private key; chmod go-w " + place;
  return std::nullopt;
}

} // namespace

std::optional<std::string> exposure_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode))
    return std::nullopt;
  if (is_strange(found.st_uid))
    return path + ": this private key belongs to another user; make it your own: chown " +
           std::to_string(::geteuid()) + ' ' + path;
  if ((found.st_mode & of_others) != 0)
    return path + ": others may read or write this private key; chmod 600 " + path +
           ", and issue a new one if somebody has";
  if (auto problem = exposure_in(std::filesystem::path{path}.parent_path(), path))
    return problem;
  std::error_code failed;
  const auto file = std::filesystem::canonical(path, failed);
  return failed ? std::nullopt : exposure_in(file.parent_path(), path);
}

} // namespace troupe::config
