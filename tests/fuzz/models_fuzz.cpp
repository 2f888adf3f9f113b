// A provider's list of models, or the file that keeps one. Neither may crash; what is read must
// survive being written, and a renewal must change the time only.

#include "actors/models_manager/cache_file.hpp"
#include "config/models_answer.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace troupe;

void require(bool holds) {
  if (!holds)
    std::abort();
}

void read_answer(std::string_view text) {
  const auto answer = config::parse_models_answer(text);
  const auto* read = std::get_if<config::models_answer>(&answer);
  if (read == nullptr)
    return;
  require(read->models.size() <= config::max_listed_models);
  const auto again = config::parse_models_answer(config::print_catalogue(read->models));
  require(std::get<config::models_answer>(again).models == read->models);
}

void read_file(std::string_view text) {
  const auto file = models_manager::parse_cache(text);
  const auto* read = std::get_if<models_manager::read_cache>(&file);
  if (read == nullptr)
    return;
  const auto printed = models_manager::print_cache(read->content);
  const auto again = models_manager::parse_cache(printed);
  require(std::get<models_manager::read_cache>(again).content == read->content);
  const auto& etag = read->content.etag;
  if (!etag)
    return;
  const auto later = read->content.fetched_at + std::chrono::hours{1};
  const auto renewed = models_manager::renewed_cache(printed, *etag, later);
  auto expected = read->content;
  expected.fetched_at = later;
  require(std::get<std::string>(renewed) == models_manager::print_cache(expected));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  read_answer(text);
  read_file(text);
  return 0;
}
