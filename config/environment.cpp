#include "config/environment.hpp"

#include "config/text_file.hpp"

#include <cstdlib>

namespace troupe::config {

environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string{name}.c_str());
    if (value == nullptr)
      return std::nullopt;
    return std::string{value};
  };
}

std::optional<std::string> non_blank(const environment& env, std::string_view name) {
  if (!env)
    return std::nullopt;
  auto value = env(name);
  if (value && trimmed(*value).empty())
    return std::nullopt;
  return value;
}

} // namespace troupe::config
