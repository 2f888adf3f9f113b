#include "apps/common/folder_check.hpp"

#include "net/blocking_pool.hpp"

#include <future>
#include <memory>
#include <system_error>

namespace troupe::common {

std::optional<bool> is_folder(const std::filesystem::path& path, std::chrono::milliseconds limit) {
  const auto found = std::make_shared<std::promise<bool>>();
  auto answer = found->get_future();
  net::blocking_pool pool{1};
  pool.post([found, path] {
    std::error_code error;
    found->set_value(std::filesystem::is_directory(path, error));
  });
  const bool is_told = answer.wait_for(limit) == std::future_status::ready;
  pool.stop_within(is_told ? limit : std::chrono::milliseconds{0});
  return is_told ? std::optional{answer.get()} : std::nullopt;
}

} // namespace troupe::common
