// A main for fuzz targets where libFuzzer is not at hand: `prog [--runs N] [--seed S] PATH...`
// feeds every seed (a file, or each file of a directory) and then N mutations of them to the
// target. Deterministic: the same seeds and numbers give the same inputs, so a failure in the test
// suite repeats. A crash is the failure; an empty seed set is exit code 2, because it would test
// nothing.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

using input = std::vector<std::uint8_t>;

constexpr std::size_t max_input_bytes = 64 * 1024; // mutations may not snowball

// Bytes and words that carry structure in the formats we parse: JSON, TOML, SSE, patches, URLs.
// clang-format off
constexpr auto dictionary = std::to_array<std::string_view>({
  "\n", "\r\n", "\n\n", "\r", "{", "}", "[", "]", "[[", "]]", "\"", "\\", "\\u", "\\ud800", ":", ",",
  "=", ".", "#", "'", "\"\"\"", "\xef\xbb\xbf", "\xff", "\xc3", "null", "true", "1e999", "-",
  "99999999999999999999", "data: ", "event: ", "retry: ", "*** ", "@@", "+", "%", "/", "://", "inf",
  "2026-01-01"});
// clang-format on

struct options {
  std::uint64_t runs = 0;
  std::uint64_t seed = 1;
  std::vector<fs::path> paths;
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end)
    return std::nullopt;
  return value;
}

std::optional<options> parse_arguments(int argc, char** argv) {
  options result;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument != "--runs" && argument != "--seed") {
      result.paths.emplace_back(argument);
      continue;
    }
    if (++i == argc)
      return std::nullopt;
    const auto value = number(argv[i]);
    if (!value)
      return std::nullopt;
    (argument == "--runs" ? result.runs : result.seed) = *value;
  }
  if (result.paths.empty())
    return std::nullopt;
  return result;
}

input read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return input(std::istreambuf_iterator<char>(file), {});
}

// Empty when any path is missing: a mistyped seed folder must not pass as a success.
std::vector<input> read_seeds(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const auto& path : paths) {
    if (fs::is_directory(path)) {
      for (const auto& entry : fs::directory_iterator(path))
        if (entry.is_regular_file())
          files.push_back(entry.path());
    } else if (fs::is_regular_file(path)) {
      files.push_back(path);
    } else {
      std::fprintf(stderr, "fuzz: no such seed file or folder: %s\n", path.c_str());
      return {};
    }
  }
  std::sort(files.begin(), files.end()); // the order of a directory is not deterministic
  std::vector<input> seeds;
  for (const auto& file : files)
    seeds.push_back(read_file(file));
  return seeds;
}

/// Makes inputs from seeds. Each is one to eight random edits of a random seed.
class mutator {
public:
  mutator(const std::vector<input>& seeds, std::uint64_t seed) : seeds_(seeds), random_(seed) {}

  input next() {
    input bytes = seeds_[below(seeds_.size())];
    for (auto edits = 1 + below(8); edits > 0; --edits)
      edit(bytes);
    if (bytes.size() > max_input_bytes)
      bytes.resize(max_input_bytes);
    return bytes;
  }

private:
  // Not std::uniform_int_distribution: its results differ between standard libraries.
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }

  std::ptrdiff_t position(const input& bytes) {
    return static_cast<std::ptrdiff_t>(below(bytes.size() + 1));
  }

  void edit(input& bytes) {
    switch (below(8)) {
    case 0: return flip_bit(bytes);
    case 1: return insert_byte(bytes);
    case 2: return delete_block(bytes);
    case 3: return copy_block(bytes);
    case 4: return splice(bytes);
    case 5: return bytes.resize(below(bytes.size() + 1));
    default: return insert_word(bytes);
    }
  }

  void flip_bit(input& bytes) {
    if (!bytes.empty())
      bytes[below(bytes.size())] ^= static_cast<std::uint8_t>(1U << below(8));
  }

  void insert_byte(input& bytes) {
    bytes.insert(bytes.begin() + position(bytes), static_cast<std::uint8_t>(below(256)));
  }

  void delete_block(input& bytes) {
    const auto from = below(bytes.size() + 1);
    const auto count = std::min(bytes.size() - from, 1 + below(16));
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(from);
    bytes.erase(first, first + static_cast<std::ptrdiff_t>(count));
  }

  void copy_block(input& bytes) {
    const auto from = below(bytes.size() + 1);
    const auto count = std::min(bytes.size() - from, 1 + below(64));
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(from);
    const input block(first, first + static_cast<std::ptrdiff_t>(count));
    bytes.insert(bytes.begin() + position(bytes), block.begin(), block.end());
  }

  void splice(input& bytes) {
    const auto& other = seeds_[below(seeds_.size())];
    bytes.resize(below(bytes.size() + 1));
    bytes.insert(bytes.end(), other.begin() + position(other), other.end());
  }

  void insert_word(input& bytes) {
    const auto word = dictionary[below(dictionary.size())];
    bytes.insert(bytes.begin() + position(bytes), word.begin(), word.end());
  }

  const std::vector<input>& seeds_;
  std::mt19937_64 random_;
};

} // namespace

int main(int argc, char** argv) {
  const auto options = parse_arguments(argc, argv);
  if (!options) {
    std::fprintf(stderr, "usage: %s [--runs N] [--seed S] PATH...\n", argv[0]);
    return 2;
  }
  const auto seeds = read_seeds(options->paths);
  if (seeds.empty()) {
    std::fprintf(stderr, "fuzz: no seeds\n");
    return 2;
  }
  for (const auto& seed : seeds)
    LLVMFuzzerTestOneInput(seed.data(), seed.size());
  mutator inputs(seeds, options->seed);
  for (std::uint64_t i = 0; i < options->runs; ++i) {
    const auto bytes = inputs.next();
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("fuzz: %llu inputs, ok\n",
              static_cast<unsigned long long>(seeds.size() + options->runs));
  return 0;
}
