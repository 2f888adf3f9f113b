#define CAF_SUITE cache_store
#include <caf/test/bdd_dsl.hpp>

#include "actors/models_manager/cache_store.hpp"
#include "actors/models_manager/list_job.hpp"
#include "config/catalogue.hpp"
#include "config/text_file.hpp"
#include "tests/support/temp_folder.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

using namespace troupe;
using namespace troupe::models_manager;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const cache_time noon{std::chrono::sys_days{std::chrono::year{2026} / 2 / 7} + 12h};

cached_models list_of(std::string slug, std::size_t models = 1) {
  cached_models x{.fetched_at = noon, .etag = "e-" + slug, .client_version = "1.2.3"};
  for (std::size_t i = 0; i < models; ++i)
    x.models.push_back(config::fallback_model(slug + std::to_string(i)));
  return x;
}

struct fixture {
  test::temp_folder home;

  cache_place at(std::string provider = "openai") const {
    return {.home = home.path(), .provider = std::move(provider), .client_version = "1.2.3"};
  }
  static std::string text(const fs::path& file) {
    return std::get<std::string>(config::read_text_file(file, config::max_catalogue_bytes));
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("openai has the reference's file, other providers have folders of their own") {
  CHECK_EQ(at().file(), home.path() / "models_cache.json");
  CHECK_EQ(at("a/b").file(), home.path() / "remote_models" / "a%2fb" / "models_cache.json");
}

SCENARIO("what was saved is loaded, by its own provider only") {
  CHECK(save_cache(at("a"), list_of("m")).empty());
  const auto loaded = load_cache(at("a"), noon + 300s);
  REQUIRE(loaded.hit.has_value());
  CHECK(*loaded.hit == list_of("m"));
  CHECK(loaded.remarks.empty());
  CHECK(!load_cache(at("b"), noon).hit);
  CHECK(!load_cache(at(), noon).hit);
}

SCENARIO("a missing file is a miss without a word") {
  CHECK(!load_cache(at(), noon).hit);
  CHECK(load_cache(at(), noon).remarks.empty());
}

SCENARIO("a list that is too old, or of another or no version, is a miss") {
  auto x = list_of("m");
  CHECK(save_cache(at(), x).empty());
  CHECK(!load_cache(at(), noon + 301s).hit);
  auto other = at();
  other.client_version = "1.2.4";
  CHECK(!load_cache(other, noon).hit);
  x.client_version.reset();
  CHECK(save_cache(at(), x).empty());
  CHECK(!load_cache(at(), noon).hit);
}

SCENARIO("torn and foreign files are a miss with a warning, and are replaced") {
  for (const auto* text : {"{\"fetched_at\": \"2026", "\x7f\x45LF", "[]", ""}) {
    home.write("models_cache.json", text);
    const auto loaded = load_cache(at(), noon);
    CHECK(!loaded.hit);
    REQUIRE_EQ(loaded.remarks.size(), 1U);
    CHECK(loaded.remarks.front().find("will be replaced") != std::string::npos);
    CHECK(save_cache(at(), list_of("m")).empty());
    CHECK(load_cache(at(), noon).hit.has_value());
  }
}

SCENARIO("a folder or a pipe in place of the file blocks nobody") {
  home.make_folder("models_cache.json");
  CHECK_EQ(load_cache(at(), noon).remarks.size(), 1U);
  CHECK_EQ(save_cache(at(), list_of("m")).size(), 1U);
  const auto pipe = home.make_folder("remote_models/p") / "models_cache.json";
  REQUIRE_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  CHECK_EQ(load_cache(at("p"), noon).remarks.size(), 1U);
}

SCENARIO("an entry that is not usable does not spoil the others") {
  auto text = print_cache(list_of("m", 2));
  const auto place = text.find("\"shell_type\": \"default\"");
  text.replace(place, 23, "\"shell_type\": \"teletyp\"");
  home.write("models_cache.json", text);
  const auto loaded = load_cache(at(), noon);
  REQUIRE(loaded.hit.has_value());
  CHECK_EQ(loaded.hit->models.size(), 1U);
  CHECK_EQ(loaded.remarks.size(), 1U);
}

SCENARIO("a home that cannot be written to costs a warning") {
  auto place = at();
  place.home = home.write("file", "") / "below";
  CHECK_EQ(save_cache(place, list_of("m")).size(), 1U);
  CHECK(!load_cache(place, noon).hit);
}

SCENARIO("files are the owner's alone and leave no drafts behind") {
  CHECK(save_cache(at("a"), list_of("m")).empty());
  CHECK(fs::status(at("a").file()).permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write));
  const auto folder = at("a").file().parent_path();
  CHECK_EQ(std::distance(fs::directory_iterator{folder}, fs::directory_iterator{}), 1);
}

SCENARIO("a renewal makes a stale list fresh and keeps the rest") {
  auto x = list_of("m");
  CHECK(save_cache(at(), x).empty());
  CHECK(renew_cache(at(), "e-m", noon + 1h).empty());
  x.fetched_at = noon + 1h;
  CHECK_EQ(text(at().file()), print_cache(x));
  CHECK(load_cache(at(), noon + 1h + 10s).hit == x);
}

SCENARIO("a list that another process has fetched since is not renewed for the old one") {
  CHECK(save_cache(at(), list_of("new")).empty());
  CHECK(renew_cache(at(), "e-old", noon + 1h).empty());
  CHECK_EQ(text(at().file()), print_cache(list_of("new")));
}

SCENARIO("renewing a file that is gone or torn is a warning") {
  CHECK_EQ(renew_cache(at(), "e", noon).size(), 1U);
  home.write("models_cache.json", "{");
  CHECK_EQ(renew_cache(at(), "e", noon).size(), 1U);
}

SCENARIO("a dropped cache is gone, and dropping nothing is fine") {
  CHECK(save_cache(at(), list_of("m")).empty());
  CHECK(drop_cache(at()).empty());
  CHECK(!fs::exists(at().file()));
  CHECK(drop_cache(at()).empty());
}

SCENARIO("the fetched list is cached, not the merged one") {
  const auto body = config::print_catalogue(list_of("m").models);
  const auto taken = take_models(body, "e", at(), noon);
  REQUIRE(taken.models.has_value());
  CHECK_EQ(taken.models->size(), 10U);
  CHECK(taken.etag == "e");
  const auto cached = load_cache(at(), noon);
  REQUIRE(cached.hit.has_value());
  CHECK_EQ(cached.hit->models.size(), 1U);
  const auto loaded = load_models(at(), noon);
  CHECK(loaded.models == taken.models);
  CHECK(loaded.etag == "e");
}

SCENARIO("an answer that nobody understands leaves the cache alone") {
  CHECK(save_cache(at(), list_of("m")).empty());
  const auto taken = take_models("<html>" + std::string(500, 'x'), "e", at(), noon);
  CHECK(!taken.models);
  CHECK_EQ(
    taken.problem.find("the list of models cannot be read: not JSON; it begins with `<html>"), 0U);
  CHECK_LT(taken.problem.size(), 300U);
  CHECK(load_cache(at(), noon).hit == list_of("m"));
}

SCENARIO("processes that share a home never see half a list") {
  constexpr int rounds = 150;
  std::array<pid_t, 2> writers{};
  for (std::size_t i = 0; i < writers.size(); ++i) {
    writers[i] = ::fork();
    REQUIRE(writers[i] >= 0);
    if (writers[i] == 0) {
      const std::string slug = i == 0 ? "a" : "bb";
      int failures = 0;
      for (int round = 0; round < rounds; ++round) {
        failures += save_cache(at(), list_of(slug, 3 + 20 * i)).empty() ? 0 : 1;
        failures += renew_cache(at(), "e-" + slug, noon + 1s).empty() ? 0 : 1;
      }
      ::_exit(failures);
    }
  }
  std::size_t seen = 0;
  std::size_t complaints = 0;
  for (std::size_t running = writers.size(); running > 0;) {
    const auto loaded = load_cache(at(), noon);
    complaints += loaded.remarks.size();
    if (loaded.hit) {
      ++seen;
      const auto count = loaded.hit->models.size();
      complaints +=
        (loaded.hit->etag == "e-a" && count == 3) || (loaded.hit->etag == "e-bb" && count == 23)
          ? 0
          : 1;
    }
    int status = 0;
    if (::waitpid(-1, &status, WNOHANG) > 0) {
      CHECK_EQ(status, 0);
      --running;
    }
  }
  CHECK_EQ(complaints, 0U);
  CHECK_GT(seen, 0U);
  CHECK_EQ(std::distance(fs::directory_iterator{home.path()}, fs::directory_iterator{}), 1);
}

END_FIXTURE_SCOPE()
