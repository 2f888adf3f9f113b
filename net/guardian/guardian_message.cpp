#include "net/guardian/guardian_message.hpp"

#include <cstring>
#include <type_traits>
#include <utility>

namespace troupe::net {

namespace {

class message_writer {
public:
  template <class T>
  void number(T x) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&x), sizeof(x));
  }

  void text(std::string_view x) {
    number(static_cast<std::uint32_t>(x.size()));
    bytes_ += x;
  }

  void texts(const std::vector<std::string>& x) {
    number(static_cast<std::uint32_t>(x.size()));
    for (const auto& each : x)
      text(each);
  }

  std::string take() { return std::move(bytes_); }

private:
  std::string bytes_;
};

// After the first thing that is not there, everything is empty and `is_whole` false.
class message_reader {
public:
  explicit message_reader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  T number() {
    T x{};
    if (const auto from = take(sizeof(x)); from.size() == sizeof(x))
      std::memcpy(&x, from.data(), sizeof(x));
    return x;
  }

  std::string text() { return std::string{take(number<std::uint32_t>())}; }

  std::vector<std::string> texts() {
    std::vector<std::string> result;
    for (auto count = number<std::uint32_t>(); count > 0 && is_sound_; --count)
      result.push_back(text());
    return result;
  }

  bool is_whole() const { return is_sound_ && rest_.empty(); }

private:
  std::string_view take(std::size_t n) {
    is_sound_ = is_sound_ && n <= rest_.size();
    if (!is_sound_)
      return {};
    const auto result = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return result;
  }

  std::string_view rest_;
  bool is_sound_ = true;
};

} // namespace

std::string encode_plan(const spawn_plan& plan, const process_bounds& bounds) {
  message_writer out;
  out.texts(plan.argv);
  out.texts(plan.environment);
  out.text(plan.cwd);
  out.number(plan.tty);
  out.number(static_cast<std::uint32_t>(plan.descriptors.size()));
  for (const auto& [ours, as] : plan.descriptors)
    out.number(static_cast<std::int32_t>(as));
  out.texts(plan.read_only_files);
  out.number(bounds.max_memory_bytes);
  out.number(bounds.max_processes);
  out.number(bounds.max_file_bytes);
  return out.take();
}

std::optional<received_plan> decode_plan(std::string_view bytes) {
  message_reader in{bytes};
  received_plan result;
  result.plan.argv = in.texts();
  result.plan.environment = in.texts();
  result.plan.cwd = in.text();
  const auto tty = in.number<std::uint8_t>();
  result.plan.tty = static_cast<spawn_plan::terminal>(tty);
  const auto count = in.number<std::uint32_t>();
  if (count > max_child_descriptors || tty > 1)
    return std::nullopt;
  for (std::uint32_t i = 0; i < count; ++i)
    result.plan.descriptors.emplace_back(-1, in.number<std::int32_t>());
  result.plan.read_only_files = in.texts();
  result.bounds.max_memory_bytes = in.number<std::uint64_t>();
  result.bounds.max_processes = in.number<std::uint32_t>();
  result.bounds.max_file_bytes = in.number<std::uint64_t>();
  return in.is_whole() ? std::optional{std::move(result)} : std::nullopt;
}

std::string encode_news(const child_news& x) {
  message_writer out;
  out.number(x.what);
  out.number(x.number);
  out.number(x.bounds);
  out.text(std::string_view{x.text}.substr(0, max_news_bytes - 64));
  return out.take();
}

std::optional<child_news> decode_news(std::string_view bytes) {
  message_reader in{bytes};
  const auto what = in.number<std::uint8_t>();
  child_news result;
  result.number = in.number<std::int32_t>();
  const auto bounds = in.number<std::uint8_t>();
  result.text = in.text();
  if (!in.is_whole() || what > static_cast<std::uint8_t>(child_news::kind::signalled) ||
      bounds > static_cast<std::uint8_t>(child_news::hold::watched))
    return std::nullopt;
  result.what = static_cast<child_news::kind>(what);
  result.bounds = static_cast<child_news::hold>(bounds);
  return result;
}

} // namespace troupe::net
